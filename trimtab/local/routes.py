"""The gateway's routes: each REST API of the stacks with its methods, limits, validators and answers of its own."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from functions.domain.errors import MisconfiguredError
from trimtab.local.firewall import Firewall
from trimtab.local.stacks import Resource, Stack

INTEGRATION = re.compile(r":lambda:path/2015-03-31/functions/arn:aws:lambda:[^:]+:\d+:function:([^:/]+)(?::([^/]+))?/")
TIMEOUT_S = 29.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests a second and at once; None is no limit."""

    rate: float | None = None
    burst: int | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """One method of one path."""

    http_method: str
    resource_id: str
    resource_path: str
    key_required: bool
    by_iam: bool
    function: str
    qualifier: str | None
    timeout_s: float
    required_parameters: tuple[str, ...]
    body_schemas: Mapping[str, Any]
    limits: Limits


@dataclass(frozen=True, slots=True)
class Api:
    """One REST API behind its prefix: `http://127.0.0.1:8080/<prefix>` is its stage."""

    id: str
    name: str
    prefix: str
    stage: str
    detailed_metrics: bool
    deployment_id: str
    binary_types: tuple[str, ...]
    paths: Mapping[tuple[str, ...], Mapping[str, Method]]
    responses: Mapping[str, Mapping[str, Any]]
    variables: Mapping[str, str] | None
    access_log: tuple[str, str] | None
    firewall: Firewall | None

    def find(self, method: str, raw_path: str) -> tuple[Method, dict[str, str]] | None:
        """The method for a path below the stage, and its path parameters; literal parts count before parameters."""
        parts = [unquote(part) for part in raw_path.split("/")[1:]] if raw_path not in ("", "/") else []
        best: tuple[tuple[int, ...], Method, dict[str, str]] | None = None
        for pattern, methods in self.paths.items():
            found = methods.get(method) or methods.get("ANY")
            if found is None or (matched := _match(pattern, parts)) is None:
                continue
            rank, parameters = matched
            if best is None or rank < best[0]:
                best = (rank, found, parameters)
        return (best[1], best[2]) if best else None


def _match(pattern: tuple[str, ...], parts: list[str]) -> tuple[tuple[int, ...], dict[str, str]] | None:
    parameters: dict[str, str] = {}
    rank: list[int] = []
    for index, expected in enumerate(pattern):
        if expected.endswith("+}"):
            if index >= len(parts):
                return None
            parameters[expected[1:-2]] = "/".join(parts[index:])
            return (*rank, 2), parameters
        if index >= len(parts) or not parts[index]:
            return None
        if expected.startswith("{"):
            parameters[expected[1:-1]] = parts[index]
            rank.append(1)
        elif expected == parts[index]:
            rank.append(0)
        else:
            return None
    return ((*rank,), parameters) if len(pattern) == len(parts) else None


def api_prefix(stack: str) -> str:
    """The path before an API's own: the model's name, or for other stacks the last word of theirs behind a _."""
    match = re.match(r"^trimtab-[a-z0-9]+-model-(.+)$", stack)
    return match[1] if match else "_" + stack.rpartition("-")[2]


def read_apis(stacks: Iterable[Stack]) -> dict[str, Api]:
    """All APIs by their prefix."""
    stacks = list(stacks)
    acls = {r.attributes["Arn"]: r for stack in stacks for _, r in stack.of_type("AWS::WAFv2::WebACL")}
    apis = {}
    for stack in stacks:
        found = [resource for _, resource in stack.of_type("AWS::ApiGateway::RestApi")]
        if len(found) > 1:
            raise MisconfiguredError(f"{stack.name}: the local gateway serves one REST API a stack, not {len(found)}")
        for api in found:
            for _, stage in stack.of_type("AWS::ApiGateway::Stage"):
                apis[api_prefix(stack.name)] = _api(stack, api, stage, acls)
    return apis


def _api(stack: Stack, api: Resource, stage: Resource, acls: Mapping[str, Resource]) -> Api:
    log = stage.properties.get("AccessLogSetting")
    return Api(
        id=api.physical_id,
        name=api.properties.get("Name") or api.physical_id,
        prefix=api_prefix(stack.name),
        stage=stage.physical_id,
        detailed_metrics=any(one.get("MetricsEnabled") for one in stage.properties.get("MethodSettings") or []),
        deployment_id=stage.properties["DeploymentId"],
        binary_types=tuple(api.properties.get("BinaryMediaTypes") or ()),
        paths=_paths(stack, api, stage),
        responses={
            r.properties["ResponseType"]: r.properties for _, r in stack.of_type("AWS::ApiGateway::GatewayResponse")
        },
        variables=stage.properties.get("Variables"),
        access_log=(log["DestinationArn"].split(":log-group:")[1].removesuffix(":*"), log["Format"]) if log else None,
        firewall=_firewall(stack, api, acls),
    )


def _firewall(stack: Stack, api: Resource, acls: Mapping[str, Resource]) -> Firewall | None:
    for _, association in stack.of_type("AWS::WAFv2::WebACLAssociation"):
        if f"/restapis/{api.physical_id}/" in association.properties["ResourceArn"]:
            return Firewall(acls[association.properties["WebACLArn"]].properties)
    return None


def _paths(stack: Stack, api: Resource, stage: Resource) -> dict[tuple[str, ...], dict[str, Method]]:
    parts = {api.attributes["RootResourceId"]: ()}
    resources = [resource for _, resource in stack.of_type("AWS::ApiGateway::Resource")]
    by_id = {resource.physical_id: resource.properties for resource in resources}

    def path(resource_id: str) -> tuple[str, ...]:
        if resource_id in parts:
            return parts[resource_id]
        properties = by_id[resource_id]
        return (*path(properties["ParentId"]), properties["PathPart"])

    validators = {r.physical_id: r.properties for _, r in stack.of_type("AWS::ApiGateway::RequestValidator")}
    models = {r.physical_id: r.properties["Schema"] for _, r in stack.of_type("AWS::ApiGateway::Model")}
    limits = _limits(stage.properties.get("MethodSettings") or [])
    found: dict[tuple[str, ...], dict[str, Method]] = {}
    for _, method in stack.of_type("AWS::ApiGateway::Method"):
        place = path(method.properties["ResourceId"])
        made = _method(method.properties, "/" + "/".join(place), validators, models, limits)
        found.setdefault(place, {})[made.http_method] = made
    return found


def _method(
    properties: Mapping[str, Any],
    path: str,
    validators: Mapping[str, Any],
    models: Mapping[str, Any],
    limits: Mapping[tuple[str, str], Limits],
) -> Method:
    validator = validators.get(properties.get("RequestValidatorId", ""), {})
    asked = properties.get("RequestParameters") or {}
    integration = properties["Integration"]
    target = INTEGRATION.search(integration["Uri"])
    if target is None:
        raise MisconfiguredError(f"{properties['HttpMethod']} {path}: {integration['Uri']} is no Lambda function")
    schemas = {kind: models[name] for kind, name in (properties.get("RequestModels") or {}).items()}
    http_method = properties["HttpMethod"]
    required = tuple(name for name, needed in asked.items() if needed)
    return Method(
        http_method=http_method,
        resource_id=properties["ResourceId"],
        resource_path=path,
        key_required=bool(properties.get("ApiKeyRequired")),
        by_iam=properties.get("AuthorizationType") == "AWS_IAM",
        function=target[1],
        qualifier=target[2],
        timeout_s=float(integration.get("TimeoutInMillis", TIMEOUT_S * 1000)) / 1000,
        required_parameters=required if validator.get("ValidateRequestParameters") else (),
        body_schemas=schemas if validator.get("ValidateRequestBody") else {},
        limits=limits.get((path, http_method)) or limits.get(("/*", "*")) or Limits(),
    )


def _limits(settings: list[dict[str, Any]]) -> dict[tuple[str, str], Limits]:
    """Limits by path and method; `/*` and `*` stand for all that have none of their own."""
    found = {}
    for setting in settings:
        path = setting["ResourcePath"]
        if path != "/*":
            path = "/" + path.lstrip("/").replace("~1", "/").lstrip("/")
        rate, burst = setting.get("ThrottlingRateLimit"), setting.get("ThrottlingBurstLimit")
        found[path, setting["HttpMethod"]] = Limits(None if rate is None else float(rate), burst)
    return found
