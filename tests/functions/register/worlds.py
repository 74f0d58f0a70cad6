"""An upload, and a stage in memory to register it in."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.signed_versions import SignedVersions
from functions.domain.approval import ApprovalConfig, Mode
from functions.register.register import register
from functions.register.request import RegisterRequest
from functions.register.tools import Tools
from tests.contract.fake_kms import FakeKms
from tests.contract.fake_s3 import FakeS3
from tests.contract.fake_table import FakeTable
from tests.functions.register.registering import register_tools
from tests.functions.roll_out.around import settings_of
from tests.functions.roll_out.trained import MODEL, prefix_of, trained

BUCKET, TIME = "artifacts", "2013-03-01T00:00:00Z"
ARTIFACT = trained()
VERSION = f"artifacts/model={MODEL}/version=1/"
EVENT: dict[str, Any] = {
    "action": "register",
    "model": MODEL,
    "artifact": prefix_of(ARTIFACT),
    "author": "Ann",
    "person": "ann",
    "time": TIME,
    "evidence": None,
}


class World:
    """An upload, and a model whose versions are approved as `mode` says."""

    def __init__(self, mode: Mode = "auto") -> None:
        self.table, self.s3, self.kms = FakeTable(), FakeS3(), FakeKms()
        config = replace(settings_of(MODEL), approval=ApprovalConfig(mode))
        MonitoringRegistry(self.table).configure(config, "a deployment", TIME)
        for name, body in ARTIFACT.files.items():
            self.s3.objects[BUCKET, prefix_of(ARTIFACT) + name] = body

    def tools(self, watched: Callable[[Any], Any] = lambda fake: fake) -> Tools:
        return register_tools(watched(self.table), watched(self.s3), BUCKET, watched(self.kms))

    def registers(self, tools: Tools | None = None, **changes: Any) -> dict[str, Any]:
        return register(RegisterRequest.from_event(EVENT | changes), tools or self.tools())

    @property
    def versions(self) -> SignedVersions:
        return self.tools().versions
