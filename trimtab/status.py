"""What is deployed in a stage, and what its registry knows."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from botocore.exceptions import ClientError

from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry import Registry
from functions.adapters.registry_table import RegistryTable
from functions.domain.errors import NotFoundError
from functions.domain.model_version import ModelRecord
from trimtab import local_process
from trimtab.correction_status import correction_status
from trimtab.endpoint import find_endpoint
from trimtab.monitoring_status import monitoring_status
from trimtab.stage import Stage

NOT_HOSTED: Mapping[str, Any] = {
    "release": None,
    "model_version": None,
    "alias": None,
    "versions": [],
    "releases": [],
}
BOOTSTRAP_VERSION = 1  # the Lambda version that the stack itself published, with no model in it


def deployed_models(stage: Stage) -> list[str]:
    """The models that have a stack in the stage, by name."""
    prefix = stage.names.model_parameter("", "").rstrip("/")
    pages = stage.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=prefix, Recursive=True)
    found = {
        parameter["Name"].removeprefix(prefix).strip("/").split("/")[0] for p in pages for parameter in p["Parameters"]
    }
    return sorted(found)


def model_status(stage: Stage, model: str) -> dict[str, Any]:
    """One model as a document: endpoint, what `live` points to, versions and releases, how it is judged and corrected.

    `api_key` is told for the local cloud only. A model that is hosted elsewhere has no release, alias or correction.

    Raises:
        NotFoundError: the model is not deployed in the stage.
    """
    endpoint = find_endpoint(stage, model)
    store = RegistryTable(stage.client("dynamodb"), stage.names.registry_table)
    external = MonitoringRegistry(store).config(model).external
    return {
        "model": model,
        "stage": stage.name,
        "url": endpoint.url,
        "api_key": endpoint.api_key if stage.is_local else None,
        "external": external,
        **(NOT_HOSTED if external else _hosted(stage, model, Registry(store))),
        "monitoring": monitoring_status(stage, model),
        "correction": None if external else correction_status(stage, model),
    }


def cloud_status(stage: Stage) -> dict[str, Any] | None:
    """The local cloud's clock, schedules and alarms; None in AWS."""
    if not stage.is_local:
        return None
    found = local_process.control(str(stage.endpoint), "status")
    return {key: found[key] for key in ("clock", "schedules", "alarms")}


def _hosted(stage: Stage, model: str, registry: Registry) -> dict[str, Any]:
    known = registry.status(model)
    alias = _alias(stage, model)
    live = next((release for release in known.releases if str(release.number) == alias["FunctionVersion"]), None)
    return {
        "release": live.number if live else None,
        "model_version": live.model_version if live else None,
        "alias": {"version": int(alias["FunctionVersion"]), "as_registered": _as_registered(alias, known.record)},
        "versions": [asdict(version) for version in known.versions],
        "releases": [asdict(release) for release in known.releases],
    }


def _alias(stage: Stage, model: str) -> dict[str, Any]:
    try:
        alias: dict[str, Any] = stage.client("lambda").get_alias(
            FunctionName=stage.names.function("predict", model), Name="live"
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise NotFoundError(f"{model} has no alias `live` in stage {stage.name}: deploy its stack again") from None
    return alias


def _as_registered(alias: dict[str, Any], record: ModelRecord) -> bool:
    """Whether the alias sends the traffic where the registry says; if not, somebody moved it by hand."""
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    if record.live is None:
        return int(alias["FunctionVersion"]) == BOOTSTRAP_VERSION and not weights
    return record.confirmed.is_that_of(alias["FunctionVersion"], weights)
