"""What all models share."""

import json
from typing import Any

import pytest

from tests.infra.conftest import Assembly, Template, flat


def buckets(template: Template) -> dict[str, dict[str, Any]]:
    """The buckets by the short word in their name."""
    names = {flat(bucket["BucketName"]): bucket for bucket in template.all("AWS::S3::Bucket")}
    return {name.removeprefix("trimtab-prod-").partition("-<")[0]: bucket for name, bucket in names.items()}


def test_four_buckets_hold_data_artifacts_sealed_heads_and_access_logs(platform: Template) -> None:
    assert sorted(buckets(platform)) == ["access-logs", "artifacts", "audit", "data"]


@pytest.mark.parametrize("name", ["data", "artifacts", "audit", "access-logs"])
def test_each_bucket_is_encrypted_versioned_and_shut_to_the_public(platform: Template, name: str) -> None:
    bucket = buckets(platform)[name]
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert bucket["VersioningConfiguration"]["Status"] == "Enabled"
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_each_bucket_refuses_plain_http_and_old_tls(platform: Template) -> None:
    policies = platform.all("AWS::S3::BucketPolicy")
    assert len(policies) == 4
    for policy in policies:
        denied = [each.get("Condition") for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in denied
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in denied


def test_who_read_data_and_artifacts_is_logged(platform: Template) -> None:
    found = buckets(platform)
    logged = ("data", "artifacts", "audit")
    prefixes = {name: found[name]["LoggingConfiguration"]["LogFilePrefix"] for name in logged}
    assert prefixes == {"data": "data/", "artifacts": "artifacts/", "audit": "audit/"}
    assert "LoggingConfiguration" not in found["access-logs"]


def test_unfinished_uploads_and_old_versions_expire(platform: Template) -> None:
    for name, bucket in buckets(platform).items():
        if name == "audit":
            continue  # nothing in it may expire
        rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
        assert rules["abort-unfinished-uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}, name
        assert any("NoncurrentVersionExpiration" in rule for rule in rules.values()), name


def test_no_current_record_and_no_registered_artifact_ever_expires(platform: Template) -> None:
    for name in ("data", "artifacts"):
        for rule in buckets(platform)[name]["LifecycleConfiguration"]["Rules"]:
            door = rule.get("Prefix") in ("incoming/", "candidates/")
            assert "ExpirationInDays" not in rule or door, rule
            assert "NoncurrentVersionExpiration" not in rule or name == "data" or door, rule


def _statement(template: Template, sid: str) -> list[dict[str, Any]]:
    policies = template.all("AWS::S3::BucketPolicy")
    return [each for policy in policies for each in policy["PolicyDocument"]["Statement"] if each.get("Sid") == sid]


def test_a_registered_artifact_and_what_it_was_learnt_from_are_written_once(platform: Template) -> None:
    (statement,) = _statement(platform, "WriteOnce")
    assert statement["Effect"] == "Deny"
    assert statement["Action"] == "s3:PutObject"
    written_once = [f"<StorageArtifacts.Arn>/{top}/*" for top in ("artifacts", "training")]
    assert [flat(resource) for resource in statement["Resource"]] == written_once
    assert statement["Condition"]["Null"] == {"s3:if-none-match": "true"}


def test_where_data_are_kept_nobody_deletes_an_artifact(platform: Template, local: Assembly) -> None:
    (statement,) = _statement(platform, "KeepForGood")
    assert statement["Action"] == ["s3:DeleteObject", "s3:DeleteObjectVersion"]
    assert _statement(local.template("trimtab-local-platform"), "KeepForGood") == []


def test_the_registry_can_be_restored_and_not_be_deleted(platform: Template) -> None:
    table = platform.only("AWS::DynamoDB::Table")
    assert table["TableName"] == "trimtab-prod-registry"
    assert [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]] == [("pk", "HASH"), ("sk", "RANGE")]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] is True


def test_the_registry_has_an_index_over_the_audit_chain_alone(platform: Template) -> None:
    (index,) = platform.only("AWS::DynamoDB::Table")["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "audit-by-model"
    assert [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]] == [
        ("about", "HASH"),
        ("sk", "RANGE"),
    ]
    assert index["Projection"] == {"ProjectionType": "ALL"}


@pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "AWS::DynamoDB::Table"])
def test_what_is_kept_stays_when_a_stack_goes_and_only_there(platform: Template, local: Assembly, kind: str) -> None:
    kept = {each["DeletionPolicy"] for each in platform.of_type(kind).values()}
    gone = {each["DeletionPolicy"] for each in local.template("trimtab-local-platform").of_type(kind).values()}
    assert (kept, gone) == ({"Retain"}, {"Delete"})


def test_roll_out_knows_where_registry_and_artifacts_are(platform: Template) -> None:
    function = platform.function("roll_out")
    variables = {key: flat(value) for key, value in function["Environment"]["Variables"].items()}
    assert variables == {
        "REGISTRY_TABLE": "<StorageRegistry>",
        "ARTIFACT_BUCKET": "<StorageArtifacts>",
        "SIGNING_KEY": "<RegistrationKey.Arn>",
        "STAGE": "prod",
    }
    assert (function["FunctionName"], function["Timeout"]) == ("trimtab-prod-roll-out", 900)


def test_api_gateway_may_log_and_the_accounts_setting_outlives_the_stage(platform: Template) -> None:
    (account,) = platform.of_type("AWS::ApiGateway::Account").values()
    assert flat(account["Properties"]["CloudWatchRoleArn"]) == "<ApiGatewayLogs.Arn>"
    (role,) = [each for key, each in platform.of_type("AWS::IAM::Role").items() if key.startswith("ApiGatewayLogs")]
    assert {account["DeletionPolicy"], role["DeletionPolicy"]} == {"Retain"}


def test_stacks_say_what_they_are(production: Assembly) -> None:
    for stack in production.stacks:
        assert production.template(stack).document["Description"].startswith("Trimtab, stage prod: ")
    tags = {
        tag["Key"]: tag["Value"]
        for tag in production.template(production.stacks[0]).all("AWS::Logs::LogGroup")[0]["Tags"]
    }
    assert tags == {"application": "trimtab", "stage": "prod", "model": "flights"}


def test_stacks_that_keep_data_are_protected(production: Assembly, local: Assembly) -> None:
    def protected(assembly: Assembly) -> set[bool]:
        artifacts = json.loads((assembly.folder / "manifest.json").read_text())["artifacts"].values()
        stacks = [each for each in artifacts if each["type"] == "aws:cloudformation:stack"]
        return {each["properties"].get("terminationProtection", False) for each in stacks}

    assert (protected(production), protected(local)) == ({True}, {False})
