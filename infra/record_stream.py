"""One kind of records of one model: a Firehose stream that writes JSON lines, gzipped, into the stage's data bucket."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from functions.domain.names import RecordKind
from infra.findings import accept_wildcard
from infra.log_group import add_log_group
from infra.stage import StageContext

_HOUR = "!{timestamp:yyyy/MM/dd/HH}"  # of arrival, UTC


class RecordStream(Construct):
    """Records arrive by direct put, each with its own line feed, and lie in S3 after a minute or some megabytes."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        stage: StageContext,
        kind: RecordKind,
        model: str,
        bucket: s3.IBucket,
    ) -> None:
        super().__init__(scope, construct_id)
        name = stage.names.record_stream(kind, model)
        log_group = add_log_group(self, "Logs", stage, f"/aws/kinesisfirehose/{name}")
        log_stream = logs.LogStream(
            self, "LogStream", log_group=log_group, log_stream_name="delivery", removal_policy=RemovalPolicy.DESTROY
        )
        role = self._role(kind, model, bucket, log_group)
        self.stream = firehose.CfnDeliveryStream(
            self,
            "Stream",
            delivery_stream_name=name,
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=(
                firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty(key_type="AWS_OWNED_CMK")
            ),
            extended_s3_destination_configuration=firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
                bucket_arn=bucket.bucket_arn,
                role_arn=role.role_arn,
                prefix=f"raw/{kind}/model={model}/{_HOUR}/",
                error_output_prefix=f"failed/{kind}/model={model}/!{{firehose:error-output-type}}/{_HOUR}/",
                compression_format="GZIP",
                buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                    interval_in_seconds=stage.settings.stream_seconds, size_in_m_bs=stage.settings.stream_mib
                ),
                cloud_watch_logging_options=firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
                    enabled=True, log_group_name=log_group.log_group_name, log_stream_name=log_stream.log_stream_name
                ),
            ),
        )

    @property
    def name(self) -> str:
        return self.stream.ref

    @property
    def arn(self) -> str:
        return self.stream.attr_arn

    def _role(self, kind: RecordKind, model: str, bucket: s3.IBucket, log_group: logs.LogGroup) -> iam.Role:
        places = [bucket.arn_for_objects(f"{top}/{kind}/model={model}/*") for top in ("raw", "failed")]
        statements = [
            iam.PolicyStatement(
                sid="WriteObjects",
                actions=["s3:AbortMultipartUpload", "s3:PutObject"],
                resources=places,
            ),
            iam.PolicyStatement(
                sid="FindBucket",
                actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
                resources=[bucket.bucket_arn],
            ),
            iam.PolicyStatement(sid="Logs", actions=["logs:PutLogEvents"], resources=[log_group.log_group_arn]),
        ]
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("firehose.amazonaws.com"),
            description=f"What the stream of {kind} of {model} may do",
            inline_policies={"delivery": iam.PolicyDocument(statements=statements)},
        )
        for place in places:
            accept_wildcard(role, place, "Firehose names the objects; all lie under this model's own prefix.")
        return role
