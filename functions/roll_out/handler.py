"""`roll_out`: brings releases live and back. Errors that are meant for a person are answered, not raised."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.adapters.artifacts import Artifacts, artifacts_client
from functions.adapters.gate_call import GateCall, gate_client
from functions.adapters.lambda_releases import LambdaReleases, lambda_client
from functions.adapters.metric_sums import cloudwatch_client
from functions.adapters.registry_table import RegistryTable, registry_client
from functions.adapters.release_metrics import LambdaReleaseMetrics
from functions.adapters.signatures import Signatures, kms_client
from functions.adapters.signed_versions import SignedVersions
from functions.adapters.stage_events import StageEvents, events_client
from functions.domain.errors import TrimtabError
from functions.domain.names import Names
from functions.roll_out.commands import obeyed
from functions.roll_out.run import Services, Tools, tools_on
from functions.roll_out.settings import Settings


@cache
def build() -> Tools:
    settings = Settings.from_environment(os.environ)
    names = Names(settings.stage, account="", region="")  # no function's or layer's name has these two
    services = Services(
        LambdaReleases(lambda_client()),
        SignedVersions(
            Artifacts(artifacts_client(), settings.artifact_bucket), Signatures(kms_client(), settings.signing_key)
        ),
        LambdaReleaseMetrics(cloudwatch_client()),
        GateCall(gate_client(), names.function("gate")),
        StageEvents(events_client(), names.event_bus),
    )
    return tools_on(RegistryTable(registry_client(), settings.registry_table), services, names)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Who waits for the answer is told what is wrong; what nobody waits for is raised, and run again by Lambda."""
    try:
        return obeyed(build(), event, context.aws_request_id)
    except TrimtabError as error:
        if "detail-type" in event or event.get("action") == "reconcile":
            raise
        return {"error": str(error), "kind": type(error).__name__}
