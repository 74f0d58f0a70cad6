"""The policies of KMS keys, as in moto: with a key its own policy counts before a role's does."""

import json
from typing import Any

from trimtab.local.moto_app import Moto


def key_policies(moto: Moto, account: str, region: str) -> dict[str, Any]:
    """Each key's policy by the key's ARN."""
    with moto.lock:
        keys = list(moto.backend("kms", account, region).keys.values())
        return {str(key.arn): json.loads(key.policy) for key in keys}
