"""S3 buckets, DynamoDB tables and SSM parameters."""

from typing import Any

from functions.domain.errors import MisconfiguredError
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

RULE_KEYS = frozenset(
    {
        "Id", "Status", "Prefix", "ExpirationInDays", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload",
        "Transitions", "NoncurrentVersionTransitions",
    }
)  # fmt: skip
TABLE_KEYS = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes", "LocalSecondaryIndexes",
              "ProvisionedThroughput", "StreamSpecification")  # fmt: skip


def put_bucket(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    s3 = context.client("s3")
    bucket = properties.get("BucketName") or name.lower().replace("_", "-")
    if existing is None or existing.physical_id != bucket:
        locked = bool(properties.get("ObjectLockEnabled"))
        created(
            lambda: s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=locked),
            "BucketAlreadyOwnedByYou",
            "BucketAlreadyExists",
        )
    if "VersioningConfiguration" in properties:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=properties["VersioningConfiguration"])
    if "BucketEncryption" in properties:
        rules = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        wanted = [_encryption_rule(rule) for rule in rules]
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": wanted})
    if "PublicAccessBlockConfiguration" in properties:
        block = properties["PublicAccessBlockConfiguration"]
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    if "OwnershipControls" in properties:
        s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=properties["OwnershipControls"])
    if "LifecycleConfiguration" in properties:
        lifecycle = {"Rules": [_lifecycle_rule(rule) for rule in properties["LifecycleConfiguration"]["Rules"]]}
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=lifecycle)
    if "ObjectLockConfiguration" in properties:
        lock = properties["ObjectLockConfiguration"]
        s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)
    if tags := tag_list(properties):
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    domain = f"{bucket}.s3.amazonaws.com"
    regional = f"{bucket}.s3.{context.region}.amazonaws.com"
    return Made(bucket, {"Arn": f"arn:aws:s3:::{bucket}", "DomainName": domain, "RegionalDomainName": regional})


def delete_bucket(context: Context, resource: Resource) -> None:
    context.client("s3").delete_bucket(Bucket=resource.physical_id)


def put_bucket_policy(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    """Kept, not given to moto, which passes over conditions: a Deny of calls without TLS would refuse every call."""
    return Made(properties["Bucket"], {})


def delete_bucket_policy(context: Context, resource: Resource) -> None:
    """moto never had it."""


def put_table(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    dynamodb = context.client("dynamodb")
    table = properties.get("TableName") or name
    asked = {key: properties[key] for key in TABLE_KEYS if key in properties}
    if existing is None or existing.physical_id != table:
        if "StreamSpecification" in asked:
            asked["StreamSpecification"] = {"StreamEnabled": True, **asked["StreamSpecification"]}
        created(
            lambda: dynamodb.create_table(TableName=table, Tags=tag_list(properties), **asked), "ResourceInUseException"
        )
    else:
        _change_table(dynamodb, table, existing.properties, properties)
    protected = bool(properties.get("DeletionProtectionEnabled"))
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=protected)
    if recovery := properties.get("PointInTimeRecoverySpecification"):
        dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=recovery)
    if lifetime := properties.get("TimeToLiveSpecification"):
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=lifetime)
    described = dynamodb.describe_table(TableName=table)["Table"]
    attributes = {"Arn": described["TableArn"]}
    if "LatestStreamArn" in described:
        attributes["StreamArn"] = described["LatestStreamArn"]
    return Made(table, attributes)


def _change_table(dynamodb: Any, table: str, before: Properties, now: Properties) -> None:
    """Indexes come and go as in AWS, by their names; keys and capacity stay."""
    had, wanted = (
        {index["IndexName"]: index for index in found.get("GlobalSecondaryIndexes", ())} for found in (before, now)
    )
    kept = had.keys() & wanted.keys()
    fixed = [key for key in TABLE_KEYS if key not in ("AttributeDefinitions", "GlobalSecondaryIndexes")]
    if any(before.get(key) != now.get(key) for key in fixed) or any(had[name] != wanted[name] for name in kept):
        raise MisconfiguredError(f"the local cloud can't change keys, an index or the capacity of table {table}")
    changes = [{"Delete": {"IndexName": name}} for name in had.keys() - kept]
    changes += [{"Create": wanted[name]} for name in wanted.keys() - kept]
    if changes:
        attributes = now["AttributeDefinitions"]
        dynamodb.update_table(TableName=table, AttributeDefinitions=attributes, GlobalSecondaryIndexUpdates=changes)


def delete_table(context: Context, resource: Resource) -> None:
    context.client("dynamodb").delete_table(TableName=resource.physical_id)


def put_parameter(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    ssm = context.client("ssm")
    parameter = properties.get("Name") or name
    ssm.put_parameter(
        Name=parameter,
        Value=properties["Value"],
        Type=properties["Type"],
        Description=properties.get("Description", ""),
        Overwrite=True,
    )
    if tags := [{"Key": key, "Value": value} for key, value in tag_map(properties).items()]:
        ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId=parameter, Tags=tags)
    return Made(parameter, {"Value": properties["Value"], "Type": properties["Type"]})


def delete_parameter(context: Context, resource: Resource) -> None:
    context.client("ssm").delete_parameter(Name=resource.physical_id)


def _encryption_rule(rule: dict[str, Any]) -> dict[str, Any]:
    renamed = {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"}
    return {renamed.get(key, key): value for key, value in rule.items()}


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    unknown = set(rule) - RULE_KEYS
    if unknown:
        raise MisconfiguredError(f"the local cloud does not know {', '.join(sorted(unknown))} in a lifecycle rule")
    made: dict[str, Any] = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "Id" in rule:
        made["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": rule["ExpirationInDays"]}
    for key in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if key in rule:
            made[key] = rule[key]
    for key, days, theirs in (
        ("Transitions", "TransitionInDays", "Days"),
        ("NoncurrentVersionTransitions", "TransitionInDays", "NoncurrentDays"),
    ):
        if key in rule:
            made[key] = [{theirs: step[days], "StorageClass": step["StorageClass"]} for step in rule[key]]
    return made


TYPES = {
    "AWS::S3::Bucket": ResourceType(
        known(
            "BucketName", "BucketEncryption", "LifecycleConfiguration", "LoggingConfiguration", "OwnershipControls",
            "PublicAccessBlockConfiguration", "VersioningConfiguration", "ObjectLockEnabled", "ObjectLockConfiguration",
        ),
        put_bucket,
        delete_bucket,
    ),
    "AWS::S3::BucketPolicy": ResourceType(known("Bucket", "PolicyDocument"), put_bucket_policy, delete_bucket_policy),
    "AWS::DynamoDB::Table": ResourceType(
        known(
            "TableName", *TABLE_KEYS, "DeletionProtectionEnabled", "PointInTimeRecoverySpecification",
            "SSESpecification", "TimeToLiveSpecification",
        ),
        put_table,
        delete_table,
    ),
    "AWS::SSM::Parameter": ResourceType(known("Name", "Type", "Value", "Description"), put_parameter, delete_parameter),
}  # fmt: skip
