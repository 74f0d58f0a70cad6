"""What seals the audit chain: its bucket, its function and its schedule."""

import json
from typing import Any

from tests.infra.conftest import Assembly, Template, flat
from tests.infra.test_rights import rights


def bucket(template: Template) -> dict[str, Any]:
    (found,) = (each for each in template.all("AWS::S3::Bucket") if "-audit-" in flat(each["BucketName"]))
    return found


def denials(template: Template) -> dict[str, dict[str, Any]]:
    """What the bucket's policy forbids everybody, by its name."""
    policies = [each for each in template.all("AWS::S3::BucketPolicy") if flat(each["Bucket"]) == "<AuditBucket>"]
    (policy,) = policies
    return {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"] if "Sid" in each}


def test_what_is_sealed_is_locked_for_thirteen_months_and_not_even_root_can_shorten_it(platform: Template) -> None:
    lock = bucket(platform)["ObjectLockConfiguration"]
    assert bucket(platform)["ObjectLockEnabled"] is True
    assert lock["Rule"]["DefaultRetention"] == {"Mode": "COMPLIANCE", "Days": 395}
    assert bucket(platform)["VersioningConfiguration"]["Status"] == "Enabled"
    assert "LifecycleConfiguration" not in bucket(platform), "nothing in it may expire"


def test_seal_alone_writes_each_hour_once_and_nobody_deletes_one(platform: Template) -> None:
    denied = denials(platform)
    assert {each["Effect"] for each in denied.values()} == {"Deny"}
    assert denied["SealAlone"]["Action"] == "s3:PutObject"
    assert flat(denied["SealAlone"]["Resource"]) == "<AuditBucket.Arn>/*"
    assert flat(denied["SealAlone"]["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]) == "<AuditSealRole.Arn>"
    assert denied["SealOnce"]["Condition"] == {"Null": {"s3:if-none-match": "true"}}
    assert denied["KeepSealed"]["Action"] == ["s3:DeleteObject", "s3:DeleteObjectVersion"]
    assert flat(denied["KeepSealed"]["Resource"]) == "<AuditBucket.Arn>/heads/*"


def test_seal_reads_the_head_and_puts_sealed_ones_and_nothing_else(platform: Template) -> None:
    found = rights(platform.role_of("lambda", "trimtab-prod-seal may do"))
    own = {resource: actions for resource, actions in found.items() if "logs:" not in str(actions)}
    own.pop("*")  # traces
    assert own == {
        "<StorageRegistry.Arn> of AUDIT": ["dynamodb:GetItem"],
        "<AuditBucket.Arn>/heads/*": ["s3:PutObject"],
    }


def test_a_head_is_sealed_each_hour_and_locally_once_a_day(platform: Template, local: Assembly) -> None:
    def schedule(template: Template, name: str) -> dict[str, Any]:
        (found,) = (each for each in template.all("AWS::Scheduler::Schedule") if each["Name"] == name)
        return found

    hourly = schedule(platform, "trimtab-prod-seal")
    assert hourly["ScheduleExpression"] == "cron(0 */1 * * ? *)"
    assert json.loads(hourly["Target"]["Input"]) == {"time": "<aws.scheduler.scheduled-time>", "every_hours": 1}
    daily = schedule(local.template("trimtab-local-platform"), "trimtab-local-seal")
    assert daily["ScheduleExpression"] == "cron(0 0 * * ? *)"
    assert json.loads(daily["Target"]["Input"])["every_hours"] == 24


def test_the_bucket_stays_when_the_stack_goes(platform: Template) -> None:
    kept = [each for name, each in platform.of_type("AWS::S3::Bucket").items() if name.startswith("AuditBucket")]
    assert [each["DeletionPolicy"] for each in kept] == ["Retain"]
