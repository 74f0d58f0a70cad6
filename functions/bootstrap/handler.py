"""CloudFormation's custom resources: a model's `live` alias, its settings in the registry, and who may do what.

The alias is created once and never moved (DESIGN rule 7.1); settings and policies are noted at each deployment, with an
entry in the audit chain where they changed. None is deleted: what answers or judges a model must not lose them to a
stack that is replaced.

Whatever happens, CloudFormation gets an answer: without one a stack hangs for an hour.
"""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from functions.adapters.access_registry import AccessRegistry
from functions.adapters.environment import required
from functions.adapters.lambda_releases import LambdaReleases, lambda_client
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry_table import RegistryTable, registry_client
from functions.bootstrap.access import KnownAccess, record_access
from functions.bootstrap.alias import ensure_live
from functions.bootstrap.answer import send
from functions.bootstrap.deployment import Deployment
from functions.bootstrap.settings import DeployedSettings, keep_settings
from functions.domain.errors import InvalidRequestError
from functions.domain.release_function import LIVE, Releases

Properties = Mapping[str, Any]


@cache
def releases() -> Releases:
    return LambdaReleases(lambda_client())


@cache
def registry() -> DeployedSettings:
    table = required(os.environ, "REGISTRY_TABLE")
    return MonitoringRegistry(RegistryTable(registry_client(), table))


@cache
def access() -> KnownAccess:
    table = required(os.environ, "REGISTRY_TABLE")
    return AccessRegistry(RegistryTable(registry_client(), table))


def now() -> datetime:
    """The clock, which logic never reads elsewhere: CloudFormation's events tell no time."""
    return datetime.now(UTC)


def handler(event: Mapping[str, Any], context: Any) -> None:
    answer: dict[str, Any] = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    kind = event.get("ResourceType")
    answer["PhysicalResourceId"] = event.get("PhysicalResourceId") or f"{event['LogicalResourceId']}: not made"
    try:
        if event["RequestType"] != "Delete":
            by = Deployment.of(event, now())
            answer |= _make(kind, event.get("ResourceProperties", {}), event.get("PhysicalResourceId"), by)
        answer |= {"Status": "SUCCESS"}
    except Exception as error:  # whatever it is: an unanswered stack hangs
        answer |= {"Status": "FAILED", "Reason": f"{type(error).__name__}: {error}"[:1000]}
    physical = answer["PhysicalResourceId"]
    print(f"{kind} {physical}: {event.get('RequestType')}: {answer['Status']} {answer.get('Reason', '')}")
    send(event["ResponseURL"], answer)


def _make(kind: str | None, properties: Properties, known_as: str | None, by: Deployment) -> dict[str, Any]:
    """Bring a resource about; what the answer says of it. A resource keeps the name that it is `known_as`."""
    kinds: Mapping[str | None, Callable[[Properties, Deployment], tuple[str, dict[str, str]]]] = {
        "Custom::LiveAlias": _alias,
        "Custom::ModelConfig": _settings,
        "Custom::AccessTable": _access,
    }
    if kind not in kinds:
        raise InvalidRequestError(f"there is no custom resource {kind!r}")
    name, data = kinds[kind](properties, by)
    return {"PhysicalResourceId": known_as or name, "Data": data}


def _alias(properties: Properties, by: Deployment) -> tuple[str, dict[str, str]]:
    function = properties.get("FunctionName", "")
    return f"{function}:{LIVE}", {"AliasArn": ensure_live(releases(), function).arn}


def _settings(properties: Properties, by: Deployment) -> tuple[str, dict[str, str]]:
    config = keep_settings(registry(), properties, by)
    return f"settings of {config.model}", {}


def _access(properties: Properties, by: Deployment) -> tuple[str, dict[str, str]]:
    return record_access(access(), properties, by), {}
