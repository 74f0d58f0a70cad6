"""Whether whoever signed a request may make it: execute-api:Invoke on the request's method and path."""

import re
import sys
from urllib.parse import unquote

from functions.domain.errors import MisconfiguredError
from trimtab.local.credentials import Key
from trimtab.local.gateway_responses import refusal
from trimtab.local.principal_rights import PrincipalRights

INVOKE = "execute-api:Invoke"


def check_invoke(rights: PrincipalRights, key: Key, prefix: str, raw_path: str) -> None:
    """`prefix` is the ARN up to the path, `raw_path` the request's own without the slash before it.

    Which reading of an encoded path API Gateway holds against a policy isn't documented: each of them must be allowed.

    Raises:
        Refusal: this caller may not do it, or its policies cannot be judged.
    """
    try:
        for path in dict.fromkeys((raw_path, unquote(raw_path))):
            decision = rights.decide(key, INVOKE, prefix + path)
            if decision != "allowed":
                raise refusal("ACCESS_DENIED", _text(key, prefix + path, decision == "denied"))
    except MisconfiguredError as error:
        sys.stderr.write(f"gateway: the policies of {key.principal}: {error}\n")
        raise refusal("AUTHORIZER_CONFIGURATION_ERROR") from error


def _text(key: Key, resource: str, explicitly: bool) -> str:
    """API Gateway's own words; of the account it shows the last four digits."""
    masked = re.sub(r"(:execute-api:[^:]*:)\d{8}(\d{4}:)", r"\1********\2", resource)
    denied = " with an explicit deny" if explicitly else ""
    return f"User: {key.principal} is not authorized to perform: {INVOKE} on resource: {masked}{denied}"
