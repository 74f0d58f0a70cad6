"""Registers versions, and is the only one that signs. Errors that are meant for the caller are answered."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.adapters.approval_registry import ApprovalRegistry
from functions.adapters.artifacts import Artifacts, artifacts_client
from functions.adapters.registry import Registry
from functions.adapters.registry_table import RegistryTable, registry_client
from functions.adapters.signatures import Signatures, kms_client
from functions.adapters.signed_versions import SignedVersions
from functions.domain.errors import TrimtabError
from functions.register.register import register
from functions.register.request import RegisterRequest
from functions.register.settings import Settings
from functions.register.tools import Tools


@cache
def build() -> Tools:
    settings = Settings.from_environment(os.environ)
    store = RegistryTable(registry_client(), settings.registry_table)
    artifacts = Artifacts(artifacts_client(), settings.artifact_bucket)
    signatures = Signatures(kms_client(), settings.signing_key)
    return Tools(Registry(store), ApprovalRegistry(store), artifacts, SignedVersions(artifacts, signatures))


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """`register_call` turns what is answered here into the same error again."""
    try:
        return register(RegisterRequest.from_event(event), build())
    except TrimtabError as error:
        return {"error": str(error), "kind": type(error).__name__}
