"""API Gateway's keys, usage plans and request models."""

import json
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from trimtab.local.resources.resource_type import Context, Made, Properties, ResourceType, known, tag_map
from trimtab.local.resources.rest_api import nothing_to_delete
from trimtab.local.stacks import Resource


def put_key(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    gateway = context.client("apigateway")
    enabled = bool(properties.get("Enabled"))
    described = {"name": properties.get("Name") or name, "description": properties.get("Description") or ""}
    if existing is not None:
        wanted = {**described, "enabled": str(enabled).lower()}
        operations = [{"op": "replace", "path": f"/{key}", "value": value} for key, value in wanted.items()]
        gateway.update_api_key(apiKey=existing.physical_id, patchOperations=operations)
        return Made(existing.physical_id, existing.attributes)
    value = {"value": properties["Value"]} if "Value" in properties else {}
    made = gateway.create_api_key(**described, **value, enabled=enabled, tags=tag_map(properties))
    return Made(made["id"], {"APIKeyId": made["id"]})


def delete_key(context: Context, resource: Resource) -> None:
    context.client("apigateway").delete_api_key(apiKey=resource.physical_id)


def put_plan(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    gateway = context.client("apigateway")
    throttle, quota = _throttle(properties.get("Throttle")), _quota(properties.get("Quota"))
    if existing is not None:
        values = {f"/throttle/{key}": value for key, value in throttle.items()}
        values |= {f"/quota/{key}": value for key, value in quota.items()}
        operations = [{"op": "replace", "path": path, "value": str(value)} for path, value in values.items()]
        gateway.update_usage_plan(usagePlanId=existing.physical_id, patchOperations=operations)
        return Made(existing.physical_id, existing.attributes)
    stages = [_stage(stage) for stage in properties.get("ApiStages") or []]
    limits: dict[str, Any] = {**({"throttle": throttle} if throttle else {}), **({"quota": quota} if quota else {})}
    made = gateway.create_usage_plan(
        name=properties.get("UsagePlanName") or name,
        description=properties.get("Description") or "",
        apiStages=stages,
        **limits,
        tags=tag_map(properties),
    )
    return Made(made["id"], {"Id": made["id"]})


def delete_plan(context: Context, resource: Resource) -> None:
    context.client("apigateway").delete_usage_plan(usagePlanId=resource.physical_id)


def _stage(stage: dict[str, Any]) -> dict[str, Any]:
    methods = {method: _throttle(limits) for method, limits in (stage.get("Throttle") or {}).items()}
    return {"apiId": stage["ApiId"], "stage": stage["Stage"], **({"throttle": methods} if methods else {})}


def _throttle(throttle: dict[str, Any] | None) -> dict[str, Any]:
    names = {"RateLimit": "rateLimit", "BurstLimit": "burstLimit"}
    return {names[key]: value for key, value in (throttle or {}).items()}


def _quota(quota: dict[str, Any] | None) -> dict[str, Any]:
    names = {"Limit": "limit", "Period": "period", "Offset": "offset"}
    return {names[key]: value for key, value in (quota or {}).items()}


def put_plan_key(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    if existing is not None:
        delete_plan_key(context, existing)
    made = context.client("apigateway").create_usage_plan_key(
        usagePlanId=properties["UsagePlanId"], keyId=properties["KeyId"], keyType=properties["KeyType"]
    )
    return Made(made["id"], {"Id": made["id"]})


def delete_plan_key(context: Context, resource: Resource) -> None:
    properties = resource.properties
    with suppress(ClientError):  # gone with its plan
        context.client("apigateway").delete_usage_plan_key(
            usagePlanId=properties["UsagePlanId"], keyId=properties["KeyId"]
        )


def put_model(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    gateway, model = context.client("apigateway"), properties.get("Name") or name.replace("-", "")
    if existing is not None:
        with suppress(ClientError):
            gateway.delete_model(restApiId=properties["RestApiId"], modelName=existing.physical_id)
    schema = properties["Schema"]
    gateway.create_model(
        restApiId=properties["RestApiId"],
        name=model,
        contentType=properties.get("ContentType", "application/json"),
        schema=schema if isinstance(schema, str) else json.dumps(schema),
    )
    return Made(model, {})


TYPES = {
    "AWS::ApiGateway::ApiKey": ResourceType(known("Name", "Description", "Enabled", "Value"), put_key, delete_key),
    "AWS::ApiGateway::UsagePlan": ResourceType(
        known("UsagePlanName", "Description", "ApiStages", "Throttle", "Quota"), put_plan, delete_plan
    ),
    "AWS::ApiGateway::UsagePlanKey": ResourceType(
        known("UsagePlanId", "KeyId", "KeyType"), put_plan_key, delete_plan_key
    ),
    "AWS::ApiGateway::Model": ResourceType(
        known("RestApiId", "Name", "ContentType", "Schema", "Description"), put_model, nothing_to_delete
    ),
}
