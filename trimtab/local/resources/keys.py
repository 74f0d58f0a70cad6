"""KMS keys that sign, and their aliases."""

from typing import Any

from functions.domain.errors import MisconfiguredError
from trimtab.local.resources.resource_type import Context, Made, Properties, ResourceType, created, known, tag_map
from trimtab.local.stacks import Resource

_LOGICAL = "trimtab:resource"  # a key has no name: it is found by this tag where a deployment was killed
_FIXED = ("KeySpec", "KeyUsage")


def put_key(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    kms = context.client("kms")
    if existing is not None and any(existing.properties.get(key) != properties.get(key) for key in _FIXED):
        raise MisconfiguredError("the local cloud can't change the kind of a key: `trimtab down --clean` starts anew")
    key = _found(kms, name) if existing is None else existing.physical_id
    if key is None:
        made = kms.create_key(
            KeySpec=properties["KeySpec"],
            KeyUsage=properties["KeyUsage"],
            Tags=[{"TagKey": _LOGICAL, "TagValue": name}],
        )
        key = str(made["KeyMetadata"]["KeyId"])
    kms.update_key_description(KeyId=key, Description=properties.get("Description", ""))
    if tags := tag_map(properties):
        kms.tag_resource(KeyId=key, Tags=[{"TagKey": tag, "TagValue": value} for tag, value in tags.items()])
    return Made(key, {"Arn": context.arn("kms", f"key/{key}"), "KeyId": key})


def delete_key(context: Context, resource: Resource) -> None:
    window = resource.properties.get("PendingWindowInDays", 30)
    context.client("kms").schedule_key_deletion(KeyId=resource.physical_id, PendingWindowInDays=window)


def put_alias(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    kms = context.client("kms")
    alias, target = properties["AliasName"], properties["TargetKeyId"].rpartition("/")[2]
    if not created(lambda: kms.create_alias(AliasName=alias, TargetKeyId=target), "AlreadyExistsException"):
        kms.update_alias(AliasName=alias, TargetKeyId=target)
    return Made(alias, {})


def delete_alias(context: Context, resource: Resource) -> None:
    context.client("kms").delete_alias(AliasName=resource.physical_id)


def _found(kms: Any, name: str) -> str | None:
    """The key that was made for a resource of this name, and is not deleted."""
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            tags = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
            there = {"TagKey": _LOGICAL, "TagValue": name} in tags
            if there and kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled":
                return str(key["KeyId"])
    return None


TYPES = {
    # The policy is kept with the stack and not given to moto, which judges only some of its statements.
    "AWS::KMS::Key": ResourceType(
        known("Description", "KeyPolicy", "KeySpec", "KeyUsage", "PendingWindowInDays"), put_key, delete_key
    ),
    "AWS::KMS::Alias": ResourceType(known("AliasName", "TargetKeyId"), put_alias, delete_alias),
}
