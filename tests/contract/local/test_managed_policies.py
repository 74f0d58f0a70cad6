"""AWS::IAM::ManagedPolicy and a role's boundary, as the local cloud makes them in moto."""

from collections.abc import Iterator
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws

from functions.domain.errors import MisconfiguredError
from trimtab.local.resources.catalogue import TYPES
from trimtab.local.resources.resource_type import Context
from trimtab.local.stacks import Resource

ACCOUNT = "123456789012"
POLICY, ROLE = TYPES["AWS::IAM::ManagedPolicy"], TYPES["AWS::IAM::Role"]
ARN = f"arn:aws:iam::{ACCOUNT}:policy/reader"
TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}}],
}


class Here:
    """Where resources are made: moto in this process."""

    account = ACCOUNT

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name="us-east-1")


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield cast(Context, Here())


def properties(action: str, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*", **more}
    return {
        "ManagedPolicyName": "reader",
        "Path": "/",
        "Description": "",
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }


def put(context: Context, wanted: dict[str, Any], existing: Resource | None = None) -> Resource:
    made = POLICY.put(context, "generated", wanted, existing)
    return Resource("AWS::IAM::ManagedPolicy", made.physical_id, made.attributes, wanted, False)


def default(context: Context) -> tuple[list[str], str]:
    """The numbers of the versions, and the action of the one that counts."""
    iam = context.client("iam")
    versions = iam.list_policy_versions(PolicyArn=ARN)["Versions"]
    (counts,) = [one["VersionId"] for one in versions if one["IsDefaultVersion"]]
    document = iam.get_policy_version(PolicyArn=ARN, VersionId=counts)["PolicyVersion"]["Document"]
    return [one["VersionId"] for one in versions], document["Statement"][0]["Action"]


def test_a_policy_is_its_arn_and_has_one_version(context: Context) -> None:
    assert put(context, properties("s3:GetObject")).physical_id == ARN
    assert default(context) == (["v1"], "s3:GetObject")


def test_a_change_counts_for_whoever_holds_the_policy_however_often_it_is_changed(context: Context) -> None:
    made, iam = put(context, properties("s3:GetObject")), context.client("iam")
    iam.create_user(UserName="alice")
    iam.attach_user_policy(UserName="alice", PolicyArn=ARN)
    for number in range(7):  # IAM keeps five versions
        made = put(context, properties(f"s3:Get{number}"), made)
    versions, action = default(context)
    assert (len(versions), action) == (1, "s3:Get6")
    assert iam.list_attached_user_policies(UserName="alice")["AttachedPolicies"][0]["PolicyArn"] == ARN


def test_one_that_a_killed_deployment_left_is_brought_up_to_date(context: Context) -> None:
    put(context, properties("s3:GetObject"))
    put(context, properties("s3:PutObject"))
    assert default(context)[1] == "s3:PutObject"


def test_it_goes_also_from_those_who_hold_it(context: Context) -> None:
    made, iam = put(context, properties("s3:GetObject")), context.client("iam")
    iam.create_user(UserName="alice")
    iam.attach_user_policy(UserName="alice", PolicyArn=ARN)
    ROLE.put(context, "role", {"AssumeRolePolicyDocument": TRUST, "ManagedPolicyArns": [ARN]}, None)
    POLICY.delete(context, made)
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert iam.list_attached_user_policies(UserName="alice")["AttachedPolicies"] == []


def test_what_could_not_be_judged_is_not_made(context: Context) -> None:
    unknown = {"Condition": {"DateGreaterThan": {"aws:CurrentTime": "2013-01-01T00:00:00Z"}}}
    with pytest.raises(MisconfiguredError, match="DateGreaterThan"):
        put(context, properties("s3:GetObject", **unknown))
    trust = {"Statement": [{**TRUST["Statement"][0], **unknown}]}
    with pytest.raises(MisconfiguredError, match="DateGreaterThan"):
        ROLE.put(context, "role", {"AssumeRolePolicyDocument": trust}, None)
    assert context.client("iam").list_policies(Scope="Local")["Policies"] == []


def test_a_role_gets_its_boundary_and_loses_it_again(context: Context) -> None:
    put(context, properties("s3:GetObject"))
    wanted = {"AssumeRolePolicyDocument": TRUST, "PermissionsBoundary": ARN}
    made = ROLE.put(context, "role", wanted, None)
    iam = context.client("iam")
    assert iam.get_role(RoleName="role")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == ARN
    before = Resource("AWS::IAM::Role", made.physical_id, made.attributes, wanted, False)
    after = {"AssumeRolePolicyDocument": TRUST}
    ROLE.put(context, "role", after, before)
    assert "PermissionsBoundary" not in iam.get_role(RoleName="role")["Role"]
