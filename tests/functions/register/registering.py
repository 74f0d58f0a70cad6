"""`register` as other functions reach it, without Lambda between: its real code on a world's own clients."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from functions.adapters.approval_registry import ApprovalRegistry
from functions.adapters.artifacts import Artifacts
from functions.adapters.registry import Registry
from functions.adapters.registry_store import Store
from functions.adapters.signatures import Signatures
from functions.adapters.signed_versions import SignedVersions
from functions.register.register import register
from functions.register.request import RegisterRequest
from functions.register.tools import Tools
from tests.contract.fake_kms import KEY

Pause = Callable[[float], None]


def at_once(_: float) -> None:
    """Retries wait for nothing."""


def register_tools(store: Store, s3: Any, bucket: str, kms: Any, key: str = KEY, pause: Pause = at_once) -> Tools:
    """What a cold process works with."""
    uploads = Artifacts(s3, bucket)
    versions = SignedVersions(uploads, Signatures(kms, key))
    return Tools(Registry(store, pause), ApprovalRegistry(store, pause), uploads, versions)


class Registering:
    """`RegisterCall` on tools."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def register(
        self,
        model: str,
        artifact: str,
        author: str,
        person: str | None,
        time: str,
        evidence: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        event: dict[str, Any] = {"action": "register", "model": model, "artifact": artifact, "author": author}
        event |= {"person": person, "time": time, "evidence": evidence}
        request = RegisterRequest.from_event(json.loads(json.dumps(event)))
        answer: dict[str, Any] = json.loads(json.dumps(register(request, self._tools)))
        return answer
