"""What seals the audit chain: a bucket that nobody can rewrite, and the function that puts the chain's head there."""

import json
from datetime import timedelta

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from functions.domain.sealed_head import PREFIX
from infra.caller_role import caller_role, schedule_group
from infra.findings import accept_wildcard
from infra.lambda_function import LambdaFunction, Runs
from infra.registry_rights import AUDIT_CHAIN, registry_statement
from infra.schedules import cron
from infra.stage import StageContext
from infra.storage import Storage

_ATTEMPTS, _LONGEST_S = 10, 3_600  # an hour is sealed once: an attempt after it would seal nothing new


class Audit(Construct):
    """The bucket under Object Lock, `seal` with the right to read the chain's head and to put one object, its schedule.

    The bucket stays when the stack goes: what lies in it can't be deleted before its retention is over.
    """

    def __init__(self, scope: Construct, construct_id: str, stage: StageContext, storage: Storage) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self.bucket = self._bucket(storage)
        objects = self.bucket.arn_for_objects(f"{PREFIX}*")
        self.seal = LambdaFunction(
            self,
            "Seal",
            stage,
            "seal",
            description="Seals the head of the audit chain where nobody can rewrite it",
            runs=Runs(memory=256, timeout=Duration.minutes(1)),
            environment={
                "STAGE": stage.name,
                "REGISTRY_TABLE": storage.registry.table_name,
                "AUDIT_BUCKET": self.bucket.bucket_name,
            },
            statements=[
                registry_statement(storage.registry, "ReadHead", ["dynamodb:GetItem"], AUDIT_CHAIN),
                iam.PolicyStatement(sid="SealHeads", actions=["s3:PutObject"], resources=[objects]),
            ],
        )
        accept_wildcard(self.seal.role, objects, "One object an hour: their names are their hours.")
        self._keep_all_others_out(objects)
        self._on_schedule()

    def _bucket(self, storage: Storage) -> s3.Bucket:
        days = Duration.days(self._stage.settings.audit_retention_days)
        return s3.Bucket(
            self,
            "Bucket",
            bucket_name=self._stage.names.audit_bucket,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            object_lock_enabled=True,
            object_lock_default_retention=s3.ObjectLockRetention.compliance(days),
            server_access_logs_bucket=storage.access_logs,
            server_access_logs_prefix="audit/",
            removal_policy=self._stage.removal if self._stage.settings.is_local else RemovalPolicy.RETAIN,
        )

    def _keep_all_others_out(self, objects: str) -> None:
        """The lock keeps what was written; this keeps anybody from writing over it, or a delete marker, as verification
        would find. Whoever must, removes this policy first, which is an act of its own in CloudTrail.
        """
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="SealAlone",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:PutObject"],
                resources=[self.bucket.arn_for_objects("*")],
                conditions={"ArnNotEquals": {"aws:PrincipalArn": self.seal.role.role_arn}},
            )
        )
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="SealOnce",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:PutObject"],
                resources=[objects],
                conditions={"Null": {"s3:if-none-match": "true"}},
            )
        )
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="KeepSealed",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:DeleteObject", "s3:DeleteObjectVersion"],
                resources=[objects],
            )
        )

    def _on_schedule(self) -> None:
        hours = self._stage.settings.seal_hours
        function = self.seal.function.function_arn
        role = caller_role(
            self,
            "Role",
            service="scheduler",
            source=schedule_group(self),
            description="What the schedule of seal may do",
            may=iam.PolicyStatement(sid="Seal", actions=["lambda:InvokeFunction"], resources=[function]),
        )
        scheduler.CfnSchedule(
            self,
            "Schedule",
            name=self._stage.names.function("seal"),
            description="Seals the head of the audit chain",
            schedule_expression=cron(0, timedelta(hours=hours)),
            schedule_expression_timezone="UTC",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function,
                role_arn=role.role_arn,
                input=json.dumps({"time": "<aws.scheduler.scheduled-time>", "every_hours": hours}),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=_ATTEMPTS, maximum_event_age_in_seconds=_LONGEST_S
                ),
            ),
        )
