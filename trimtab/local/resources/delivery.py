"""Firehose streams, and the web ACL with what it stands before."""

import base64
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from functions.domain.errors import MisconfiguredError
from trimtab.local.firehose import COMPRESSIONS
from trimtab.local.firehose_prefix import check_prefix
from trimtab.local.resources.resource_type import Context, Made, Properties, ResourceType, created, known, tags_if_any
from trimtab.local.stacks import Resource

DESTINATION = frozenset(
    {
        "BucketARN", "RoleARN", "Prefix", "ErrorOutputPrefix", "BufferingHints", "CompressionFormat", "FileExtension",
        "CloudWatchLoggingOptions", "CustomTimeZone", "EncryptionConfiguration", "S3BackupMode",
    }
)  # fmt: skip


def put_stream(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    firehose = context.client("firehose")
    stream = properties.get("DeliveryStreamName") or name
    destination = properties.get("ExtendedS3DestinationConfiguration")
    if destination is None or properties.get("DeliveryStreamType", "DirectPut") != "DirectPut":
        raise MisconfiguredError(f"stream {stream}: the local cloud delivers direct puts to S3 only")
    _check_destination(stream, destination)
    if existing is not None and existing.physical_id == stream:
        firehose.delete_delivery_stream(DeliveryStreamName=existing.physical_id)
    created(
        lambda: firehose.create_delivery_stream(
            DeliveryStreamName=stream,
            DeliveryStreamType="DirectPut",
            ExtendedS3DestinationConfiguration=destination,
            **tags_if_any(properties),
        ),
        "ResourceInUseException",
    )
    return Made(stream, {"Arn": context.arn("firehose", f"deliverystream/{stream}")})


def delete_stream(context: Context, resource: Resource) -> None:
    context.client("firehose").delete_delivery_stream(DeliveryStreamName=resource.physical_id)


def _check_destination(stream: str, destination: Properties) -> None:
    unknown = {key for key, value in destination.items() if key not in DESTINATION and not _is_off(value)}
    if unknown:
        raise MisconfiguredError(f"stream {stream}: the local cloud does not do {', '.join(sorted(unknown))}")
    if destination.get("CompressionFormat", "UNCOMPRESSED") not in COMPRESSIONS:
        raise MisconfiguredError(f"stream {stream}: the local cloud compresses with GZIP or not at all")
    if destination.get("CustomTimeZone", "UTC") != "UTC":
        raise MisconfiguredError(f"stream {stream}: the local cloud dates objects in UTC only")
    for key in ("Prefix", "ErrorOutputPrefix"):
        check_prefix(destination.get(key) or "")


def _is_off(value: Any) -> bool:
    return isinstance(value, dict) and value.get("Enabled") is False


def put_web_acl(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    waf = context.client("wafv2")
    acl_name, scope = properties.get("Name") or name, properties["Scope"]
    asked = {
        "Name": acl_name,
        "Scope": scope,
        "DefaultAction": properties["DefaultAction"],
        "Description": properties.get("Description") or acl_name,
        "Rules": [_with_blobs(rule) for rule in properties.get("Rules") or []],
        "VisibilityConfig": properties["VisibilityConfig"],
    }
    if properties.get("CustomResponseBodies"):
        asked["CustomResponseBodies"] = properties["CustomResponseBodies"]
    if existing is not None and existing.attributes["_name"] == acl_name:
        identity = {"Name": acl_name, "Scope": scope, "Id": existing.attributes["Id"]}
        lock = waf.get_web_acl(**identity)["LockToken"]
        waf.update_web_acl(**asked, Id=existing.attributes["Id"], LockToken=lock)
        return Made(existing.physical_id, existing.attributes)
    tags = tags_if_any(properties)
    created(lambda: waf.create_web_acl(**asked, **tags), "WAFDuplicateItemException")
    summary = next(acl for acl in waf.list_web_acls(Scope=scope)["WebACLs"] if acl["Name"] == acl_name)
    attributes = {"Arn": summary["ARN"], "Id": summary["Id"], "_name": acl_name}
    return Made(f"{acl_name}|{summary['Id']}|{scope}", attributes)


def delete_web_acl(context: Context, resource: Resource) -> None:
    waf = context.client("wafv2")
    identity = {"Name": resource.attributes["_name"], "Scope": resource.properties["Scope"]}
    lock = waf.get_web_acl(**identity, Id=resource.attributes["Id"])["LockToken"]
    waf.delete_web_acl(**identity, Id=resource.attributes["Id"], LockToken=lock)


def _with_blobs(value: Any) -> Any:
    """Search strings as the API takes them: bytes."""
    if isinstance(value, list):
        return [_with_blobs(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for key, item in value.items():
        if key == "SearchString":
            made[key] = item.encode()
        elif key == "SearchStringBase64":
            made["SearchString"] = base64.b64decode(item)
        else:
            made[key] = _with_blobs(item)
    return made


def put_association(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    context.client("wafv2").associate_web_acl(WebACLArn=properties["WebACLArn"], ResourceArn=properties["ResourceArn"])
    return Made(f"{properties['WebACLArn']}|{properties['ResourceArn']}", {})


def delete_association(context: Context, resource: Resource) -> None:
    with suppress(ClientError):  # gone with its stage
        context.client("wafv2").disassociate_web_acl(ResourceArn=resource.properties["ResourceArn"])


TYPES = {
    "AWS::KinesisFirehose::DeliveryStream": ResourceType(
        known(
            "DeliveryStreamName", "DeliveryStreamType", "DeliveryStreamEncryptionConfigurationInput",
            "ExtendedS3DestinationConfiguration",
        ),
        put_stream,
        delete_stream,
    ),
    "AWS::WAFv2::WebACL": ResourceType(
        known(
            "Name", "Scope", "Description", "DefaultAction", "Rules", "CustomResponseBodies", "VisibilityConfig",
        ),
        put_web_acl,
        delete_web_acl,
    ),
    "AWS::WAFv2::WebACLAssociation": ResourceType(
        known("WebACLArn", "ResourceArn"), put_association, delete_association
    ),
}  # fmt: skip
