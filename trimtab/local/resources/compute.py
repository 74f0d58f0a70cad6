"""Lambda functions, layers and permissions, IAM roles and policies, log groups."""

import json
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from functions.domain.errors import MisconfiguredError
from trimtab.local.iam_policy import read_policy
from trimtab.local.resources.resource_type import (
    Context,
    Made,
    Properties,
    ResourceType,
    created,
    known,
    tag_list,
    tag_map,
)
from trimtab.local.stacks import Resource

CONFIGURATION = (
    "Description", "Environment", "EphemeralStorage", "Handler", "ImageConfig", "Layers", "LoggingConfig", "MemorySize",
    "Role", "Runtime", "SnapStart", "Timeout", "TracingConfig",
)  # fmt: skip


def put_function(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    """As CloudFormation, an update sends code or settings only where the template's changed: never what drifted."""
    lambda_ = context.client("lambda")
    function = properties.get("FunctionName") or name
    settings = {key: properties[key] for key in CONFIGURATION if key in properties}
    is_new = (existing is None or existing.physical_id != function) and created(
        lambda: lambda_.create_function(
            FunctionName=function,
            Code=properties["Code"],
            PackageType=properties.get("PackageType") or "Zip",
            Architectures=properties.get("Architectures", ["x86_64"]),
            Tags=tag_map(properties),
            **settings,
        ),
        "ResourceConflictException",
    )
    if not is_new:
        before = existing.properties if existing is not None else {"Code": None}
        if (before["Code"], before.get("Architectures")) != (properties["Code"], properties.get("Architectures")):
            architectures = properties.get("Architectures", ["x86_64"])
            lambda_.update_function_code(FunctionName=function, Architectures=architectures, **properties["Code"])
        if any(before.get(key) != properties.get(key) for key in CONFIGURATION):
            lambda_.update_function_configuration(FunctionName=function, **settings)
    reserved = properties.get("ReservedConcurrentExecutions")
    if reserved is not None:
        lambda_.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=int(reserved))
    elif existing is not None:
        lambda_.delete_function_concurrency(FunctionName=function)
    return Made(function, {"Arn": context.arn("lambda", f"function:{function}")})


def delete_function(context: Context, resource: Resource) -> None:
    context.client("lambda").delete_function(FunctionName=resource.physical_id)


def put_permission(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    if existing is not None:
        delete_permission(context, existing)
    conditions = {key: properties[key] for key in ("SourceArn", "SourceAccount") if key in properties}
    created(
        lambda: context.client("lambda").add_permission(
            FunctionName=properties["FunctionName"],
            StatementId=name,
            Action=properties["Action"],
            Principal=properties["Principal"],
            **conditions,
        ),
        "ResourceConflictException",
    )
    return Made(name, {})


def delete_permission(context: Context, resource: Resource) -> None:
    function = resource.properties["FunctionName"]
    with suppress(ClientError):  # gone with its function or alias
        context.client("lambda").remove_permission(FunctionName=function, StatementId=resource.physical_id)


def put_layer(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    keys = ("Description", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo")
    described = {key: properties[key] for key in keys if key in properties}
    published = context.client("lambda").publish_layer_version(
        LayerName=properties.get("LayerName") or name, Content=properties["Content"], **described
    )
    return Made(published["LayerVersionArn"], {"LayerVersionArn": published["LayerVersionArn"]})


def delete_layer(context: Context, resource: Resource) -> None:
    arn, _, version = resource.physical_id.rpartition(":")
    context.client("lambda").delete_layer_version(LayerName=arn, VersionNumber=int(version))


def put_role(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    iam = context.client("iam")
    role = properties.get("RoleName") or name
    trust = json.dumps(properties["AssumeRolePolicyDocument"])
    boundary = properties.get("PermissionsBoundary")
    for document in (trust, *(policy["PolicyDocument"] for policy in properties.get("Policies") or [])):
        read_policy(document)  # what could not be judged later is an error now
    if existing is None or existing.physical_id != role:
        described = {"Description": properties.get("Description", ""), "Tags": tag_list(properties)}
        created(
            lambda: iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust, **described), "EntityAlreadyExists"
        )
    else:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust)
        if boundary is None and existing.properties.get("PermissionsBoundary"):
            iam.delete_role_permissions_boundary(RoleName=role)
        _remove_policies(iam, existing)
    if boundary is not None:
        iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=boundary)
    for policy in properties.get("Policies") or []:
        document = json.dumps(policy["PolicyDocument"])
        iam.put_role_policy(RoleName=role, PolicyName=policy["PolicyName"], PolicyDocument=document)
    for arn in properties.get("ManagedPolicyArns") or []:
        _attach(iam, role, arn)
    found = iam.get_role(RoleName=role)["Role"]
    return Made(role, {"Arn": found["Arn"], "RoleId": found["RoleId"]})


def delete_role(context: Context, resource: Resource) -> None:
    iam = context.client("iam")
    _remove_policies(iam, resource)
    iam.delete_role(RoleName=resource.physical_id)


def _remove_policies(iam: Any, resource: Resource) -> None:
    for policy in resource.properties.get("Policies") or []:
        iam.delete_role_policy(RoleName=resource.physical_id, PolicyName=policy["PolicyName"])
    for arn in resource.properties.get("ManagedPolicyArns") or []:
        iam.detach_role_policy(RoleName=resource.physical_id, PolicyArn=arn)


def _attach(iam: Any, role: str, arn: str) -> None:
    try:
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity" or ":iam::aws:policy/" not in arn:
            raise
        raise MisconfiguredError(
            f"moto does not have AWS's managed policy {arn}: write out what {role} may do"
        ) from None


def put_policy(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    if properties.get("Users") or properties.get("Groups"):
        raise MisconfiguredError(f"policy {properties['PolicyName']}: the local cloud attaches policies to roles only")
    if existing is not None:
        delete_policy(context, existing)
    read_policy(properties["PolicyDocument"])
    iam, document = context.client("iam"), json.dumps(properties["PolicyDocument"])
    for role in properties["Roles"]:
        iam.put_role_policy(RoleName=role, PolicyName=properties["PolicyName"], PolicyDocument=document)
    return Made(name, {"Id": name})


def delete_policy(context: Context, resource: Resource) -> None:
    for role in resource.properties["Roles"]:
        with suppress(ClientError):  # gone with its role
            context.client("iam").delete_role_policy(RoleName=role, PolicyName=resource.properties["PolicyName"])


def put_log_group(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    logs = context.client("logs")
    group = properties.get("LogGroupName") or name
    if existing is None or existing.physical_id != group:
        tags = tag_map(properties)
        created(lambda: logs.create_log_group(logGroupName=group, tags=tags), "ResourceAlreadyExistsException")
    if "RetentionInDays" in properties:
        logs.put_retention_policy(logGroupName=group, retentionInDays=int(properties["RetentionInDays"]))
    return Made(group, {"Arn": context.arn("logs", f"log-group:{group}:*")})


def delete_log_group(context: Context, resource: Resource) -> None:
    context.client("logs").delete_log_group(logGroupName=resource.physical_id)


def put_log_stream(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    stream = properties.get("LogStreamName") or name
    if existing is None or existing.properties != properties:
        place = {"logGroupName": properties["LogGroupName"], "logStreamName": stream}
        created(lambda: context.client("logs").create_log_stream(**place), "ResourceAlreadyExistsException")
    return Made(stream, {})


def delete_log_stream(context: Context, resource: Resource) -> None:
    group = resource.properties["LogGroupName"]
    with suppress(ClientError):  # gone with its group
        context.client("logs").delete_log_stream(logGroupName=group, logStreamName=resource.physical_id)


TYPES = {
    "AWS::Lambda::Function": ResourceType(
        known("FunctionName", "Code", "PackageType", "Architectures", "ReservedConcurrentExecutions", *CONFIGURATION),
        put_function,
        delete_function,
    ),
    "AWS::Lambda::Permission": ResourceType(
        known("FunctionName", "Action", "Principal", "SourceArn", "SourceAccount"), put_permission, delete_permission
    ),
    "AWS::Lambda::LayerVersion": ResourceType(
        known("LayerName", "Content", "Description", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo"),
        put_layer,
        delete_layer,
    ),
    "AWS::IAM::Role": ResourceType(
        known(
            "RoleName",
            "AssumeRolePolicyDocument",
            "Description",
            "Policies",
            "ManagedPolicyArns",
            "PermissionsBoundary",
        ),
        put_role,
        delete_role,
    ),
    "AWS::IAM::Policy": ResourceType(
        known("PolicyName", "PolicyDocument", "Roles", "Users", "Groups"), put_policy, delete_policy
    ),
    "AWS::Logs::LogGroup": ResourceType(known("LogGroupName", "RetentionInDays"), put_log_group, delete_log_group),
    "AWS::Logs::LogStream": ResourceType(known("LogGroupName", "LogStreamName"), put_log_stream, delete_log_stream),
}
