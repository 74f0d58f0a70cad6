"""API Gateway: REST APIs and their parts, stages, keys and usage plans.

moto keeps them for whoever asks the API; the gateway itself reads the resolved template, which says more.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from functions.domain.errors import MisconfiguredError
from trimtab.local.resources.resource_type import Context, Made, Properties, ResourceType, known, tag_map
from trimtab.local.stacks import Resource


def _chosen(properties: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {theirs: properties[ours] for ours, theirs in names.items() if ours in properties}


def put_api(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    if existing is not None:
        if existing.properties.get("Name") != properties.get("Name"):
            raise MisconfiguredError("the local cloud can't rename a REST API: delete its state folder")
        return Made(existing.physical_id, existing.attributes)
    names = {"Name": "name", "Description": "description", "BinaryMediaTypes": "binaryMediaTypes",
             "ApiKeySourceType": "apiKeySource"}  # fmt: skip
    types = (properties.get("EndpointConfiguration") or {}).get("Types", ["EDGE"])
    gateway = context.client("apigateway")
    made = gateway.create_rest_api(
        **_chosen(properties, names), endpointConfiguration={"types": types}, tags=tag_map(properties)
    )
    root = gateway.get_resources(restApiId=made["id"])["items"][0]["id"]
    return Made(made["id"], {"RestApiId": made["id"], "RootResourceId": root})


def delete_api(context: Context, resource: Resource) -> None:
    context.client("apigateway").delete_rest_api(restApiId=resource.physical_id)


def put_resource(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    if existing is not None:
        delete_resource(context, existing)
    made = context.client("apigateway").create_resource(
        restApiId=properties["RestApiId"], parentId=properties["ParentId"], pathPart=properties["PathPart"]
    )
    return Made(made["id"], {"ResourceId": made["id"]})


def delete_resource(context: Context, resource: Resource) -> None:
    with suppress(ClientError):  # gone with its parent
        context.client("apigateway").delete_resource(
            restApiId=resource.properties["RestApiId"], resourceId=resource.physical_id
        )


def put_method(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    gateway = context.client("apigateway")
    place = {
        "restApiId": properties["RestApiId"],
        "resourceId": properties["ResourceId"],
        "httpMethod": properties["HttpMethod"],
    }
    if existing is not None:
        delete_method(context, existing)
    integration = properties["Integration"]
    if properties.get("AuthorizationType", "NONE") not in ("NONE", "AWS_IAM") or integration["Type"] != "AWS_PROXY":
        raise MisconfiguredError(
            f"method {properties['HttpMethod']} of {properties['RestApiId']}: the local gateway knows AWS_PROXY "
            "integrations, and no authorization or AWS_IAM"
        )
    names = {"RequestParameters": "requestParameters", "RequestModels": "requestModels",
             "RequestValidatorId": "requestValidatorId"}  # fmt: skip
    gateway.put_method(
        **place,
        authorizationType=properties.get("AuthorizationType", "NONE"),
        apiKeyRequired=bool(properties.get("ApiKeyRequired")),
        **_chosen(properties, names),
    )
    gateway.put_integration(
        **place, type="AWS_PROXY", integrationHttpMethod=integration["IntegrationHttpMethod"], uri=integration["Uri"]
    )
    return Made(name, {})


def delete_method(context: Context, resource: Resource) -> None:
    properties = resource.properties
    with suppress(ClientError):  # gone with its resource
        context.client("apigateway").delete_method(
            restApiId=properties["RestApiId"],
            resourceId=properties["ResourceId"],
            httpMethod=properties["HttpMethod"],
        )


def put_deployment(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    made = context.client("apigateway").create_deployment(
        restApiId=properties["RestApiId"], description=properties.get("Description", "")
    )
    return Made(made["id"], {"DeploymentId": made["id"], "_api": properties["RestApiId"]})


def delete_deployment(context: Context, resource: Resource) -> None:
    with suppress(ClientError):  # gone with its API
        context.client("apigateway").delete_deployment(
            restApiId=resource.properties["RestApiId"], deploymentId=resource.physical_id
        )


def put_stage(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    gateway, api, stage = context.client("apigateway"), properties["RestApiId"], properties["StageName"]
    if existing is not None:
        deployment = {"op": "replace", "path": "/deploymentId", "value": properties["DeploymentId"]}
        gateway.update_stage(restApiId=api, stageName=stage, patchOperations=[deployment])
        return Made(stage, {})
    gateway.create_stage(
        restApiId=api,
        stageName=stage,
        deploymentId=properties["DeploymentId"],
        variables=properties.get("Variables") or {},
        tracingEnabled=bool(properties.get("TracingEnabled")),
        tags=tag_map(properties),
    )
    return Made(stage, {})


def delete_stage(context: Context, resource: Resource) -> None:
    context.client("apigateway").delete_stage(
        restApiId=resource.properties["RestApiId"], stageName=resource.physical_id
    )


def put_validator(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    names = {"Name": "name", "ValidateRequestBody": "validateRequestBody",
             "ValidateRequestParameters": "validateRequestParameters"}  # fmt: skip
    made = context.client("apigateway").create_request_validator(
        restApiId=properties["RestApiId"], **_chosen(properties, names)
    )
    return Made(made["id"], {"RequestValidatorId": made["id"]})


def put_response(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    names = {"StatusCode": "statusCode", "ResponseParameters": "responseParameters",
             "ResponseTemplates": "responseTemplates"}  # fmt: skip
    context.client("apigateway").put_gateway_response(
        restApiId=properties["RestApiId"], responseType=properties["ResponseType"], **_chosen(properties, names)
    )
    return Made(name, {"Id": name})


def delete_response(context: Context, resource: Resource) -> None:
    with suppress(ClientError):  # gone with its API
        context.client("apigateway").delete_gateway_response(
            restApiId=resource.properties["RestApiId"], responseType=resource.properties["ResponseType"]
        )


def put_account(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    role = {"op": "replace", "path": "/cloudwatchRoleArn", "value": properties["CloudWatchRoleArn"]}
    context.client("apigateway").update_account(patchOperations=[role])
    return Made(name, {"Id": name})


def nothing_to_delete(context: Context, resource: Resource) -> None:
    """It goes with what it is part of."""


TYPES = {
    "AWS::ApiGateway::RestApi": ResourceType(
        known("Name", "Description", "BinaryMediaTypes", "EndpointConfiguration", "ApiKeySourceType"),
        put_api,
        delete_api,
    ),
    "AWS::ApiGateway::Resource": ResourceType(
        known("RestApiId", "ParentId", "PathPart"), put_resource, delete_resource
    ),
    "AWS::ApiGateway::Method": ResourceType(
        known(
            "RestApiId", "ResourceId", "HttpMethod", "AuthorizationType", "ApiKeyRequired", "Integration",
            "OperationName", "RequestParameters", "RequestModels", "RequestValidatorId",
        ),
        put_method,
        delete_method,
    ),
    "AWS::ApiGateway::Deployment": ResourceType(known("RestApiId", "Description"), put_deployment, delete_deployment),
    "AWS::ApiGateway::Stage": ResourceType(
        known(
            "RestApiId", "StageName", "DeploymentId", "Description", "Variables", "TracingEnabled", "MethodSettings",
            "AccessLogSetting",
        ),
        put_stage,
        delete_stage,
    ),
    "AWS::ApiGateway::RequestValidator": ResourceType(
        known("RestApiId", "Name", "ValidateRequestBody", "ValidateRequestParameters"), put_validator, nothing_to_delete
    ),
    "AWS::ApiGateway::GatewayResponse": ResourceType(
        known("RestApiId", "ResponseType", "StatusCode", "ResponseParameters", "ResponseTemplates"),
        put_response,
        delete_response,
    ),
    "AWS::ApiGateway::Account": ResourceType(known("CloudWatchRoleArn"), put_account, nothing_to_delete),
}  # fmt: skip
