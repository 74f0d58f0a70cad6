"""IAM's customer-managed policies: what users, roles and sessions may do, judged where requests are signed."""

import json
from typing import Any

from botocore.exceptions import ClientError

from trimtab.local.iam_policy import read_policy
from trimtab.local.resources.resource_type import Context, Made, Properties, ResourceType, known
from trimtab.local.stacks import Resource


def put_managed_policy(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    """A changed document becomes the policy's default version, whoever holds the policy; the version before goes."""
    iam = context.client("iam")
    read_policy(properties["PolicyDocument"])
    document = json.dumps(properties["PolicyDocument"])
    called, path = properties.get("ManagedPolicyName") or name, properties.get("Path") or "/"
    arn = f"arn:aws:iam::{context.account}:policy{path}{called}"
    if existing is None or existing.physical_id != arn:
        described = {"Description": properties.get("Description") or ""}
        try:
            iam.create_policy(PolicyName=called, Path=path, PolicyDocument=document, **described)
        except ClientError as error:  # left by a deployment that was killed
            if error.response["Error"]["Code"] != "EntityAlreadyExists":
                raise
            _replace(iam, arn, document)
    else:
        _replace(iam, arn, document)
    return Made(arn, {"PolicyArn": arn})


def delete_managed_policy(context: Context, resource: Resource) -> None:
    """Also from those who hold it: CloudFormation would leave it there and fail, and somebody would have to look."""
    iam, arn = context.client("iam"), resource.physical_id
    held = iam.list_entities_for_policy(PolicyArn=arn)
    for user in held["PolicyUsers"]:
        iam.detach_user_policy(UserName=user["UserName"], PolicyArn=arn)
    for group in held["PolicyGroups"]:
        iam.detach_group_policy(GroupName=group["GroupName"], PolicyArn=arn)
    for role in held["PolicyRoles"]:
        iam.detach_role_policy(RoleName=role["RoleName"], PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)


def _replace(iam: Any, arn: str, document: str) -> None:
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])


TYPES = {
    "AWS::IAM::ManagedPolicy": ResourceType(
        known("ManagedPolicyName", "PolicyDocument", "Description", "Path"), put_managed_policy, delete_managed_policy
    ),
}
