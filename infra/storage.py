"""What a stage keeps: the data lake, the models' artifacts, the access logs of both, and the registry."""

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from functions.domain.names import ABOUT, AUDIT_INDEX
from infra.stage import StageContext


class Storage(Construct):
    """Buckets and registry table.

    The buckets are encrypted with S3's own key: a customer key would add a grant to each reader and a price to each
    request, and protect from nobody who isn't already kept out by IAM.
    """

    def __init__(self, scope: Construct, construct_id: str, stage: StageContext) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        names = stage.names
        self.access_logs = self._bucket("AccessLogs", names.access_log_bucket, [_expire_after(days=365)])
        self.data = self._bucket("Data", names.data_bucket, _data_rules(), logged=True)
        self.artifacts = self._bucket("Artifacts", names.artifact_bucket, _artifact_rules(), logged=True)
        self._write_artifacts_once()
        self.registry = dynamodb.Table(
            self,
            "Registry",
            table_name=names.registry_table,
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.DEFAULT,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=stage.settings.keep_data,
            removal_policy=stage.removal,
        )
        # Only entries of the audit chain have the attribute: what has none is not in the index.
        self.registry.add_global_secondary_index(
            index_name=AUDIT_INDEX,
            partition_key=dynamodb.Attribute(name=ABOUT, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            projection_type=dynamodb.ProjectionType.ALL,
        )

    def _bucket(
        self, construct_id: str, name: str, rules: list[s3.LifecycleRule], *, logged: bool = False
    ) -> s3.Bucket:
        return s3.Bucket(
            self,
            construct_id,
            bucket_name=name,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=[_abort_unfinished(), *rules],
            server_access_logs_bucket=self.access_logs if logged else None,
            server_access_logs_prefix=f"{construct_id.lower()}/" if logged else None,
            removal_policy=self._stage.removal,
        )

    def _write_artifacts_once(self) -> None:
        """Nobody overwrites a registered artifact, nor what one was learnt from; where the stage keeps its data nobody
        deletes one either.

        Whoever must, removes this policy from the bucket first, which is an act of its own in CloudTrail.
        """
        registered = [self.artifacts.arn_for_objects(f"{top}/*") for top in ("artifacts", "training")]
        self.artifacts.add_to_resource_policy(
            iam.PolicyStatement(
                sid="WriteOnce",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:PutObject"],
                resources=registered,
                # s3:ObjectCreationOperation spares the parts of a multipart upload, which take no condition.
                conditions={"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}},
            )
        )
        if self._stage.settings.keep_data:
            self.artifacts.add_to_resource_policy(
                iam.PolicyStatement(
                    sid="KeepForGood",
                    effect=iam.Effect.DENY,
                    principals=[iam.AnyPrincipal()],
                    actions=["s3:DeleteObject", "s3:DeleteObjectVersion"],
                    resources=registered,
                )
            )


def _abort_unfinished() -> s3.LifecycleRule:
    return s3.LifecycleRule(id="abort-unfinished-uploads", abort_incomplete_multipart_upload_after=Duration.days(7))


def _expire_after(*, days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        id="expire", expiration=Duration.days(days), noncurrent_version_expiration=Duration.days(30)
    )


def _data_rules() -> list[s3.LifecycleRule]:
    """Raw records are read within days, then once for an audit; nothing of them expires while it is current."""
    return [
        s3.LifecycleRule(id="expire-overwritten", noncurrent_version_expiration=Duration.days(90)),
        s3.LifecycleRule(
            id="cool-raw-records",
            prefix="raw/",
            transitions=[
                s3.Transition(storage_class=s3.StorageClass.INFREQUENT_ACCESS, transition_after=Duration.days(90)),
                s3.Transition(
                    storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, transition_after=Duration.days(365)
                ),
            ],
        ),
    ]


def _artifact_rules() -> list[s3.LifecycleRule]:
    """`artifacts/` and `training/` never expire; `incoming/` and `candidates/` are doors, where nothing stays."""
    return [
        s3.LifecycleRule(
            id="empty-incoming",
            prefix="incoming/",
            expiration=Duration.days(30),
            noncurrent_version_expiration=Duration.days(7),
        ),
        s3.LifecycleRule(
            id="empty-candidates",
            prefix="candidates/",
            expiration=Duration.days(90),
            noncurrent_version_expiration=Duration.days(7),
        ),
    ]
