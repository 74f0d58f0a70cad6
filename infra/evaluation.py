"""The two functions that judge: `compact` makes a table of the log, `evaluate` says of it how a model is doing."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.findings import accept_wildcard
from infra.lambda_function import LambdaFunction, Runs
from infra.log_group import function_logs_arn
from infra.registry_rights import EVERY_MODEL, MODELS, registry_statement
from infra.stage import StageContext
from infra.storage import Storage

_COMPACT_RUNS = Runs(memory=2_048, timeout=Duration.minutes(15), ephemeral_mib=4_096)
_EVALUATE_RUNS = Runs(memory=3_008, timeout=Duration.minutes(15), ephemeral_mib=4_096)


class Evaluation(Construct):
    """`compact` and `evaluate`, one each for all models of a stage; a schedule of each model's stack invokes them."""

    def __init__(
        self, scope: Construct, construct_id: str, stage: StageContext, storage: Storage, bus: events.IEventBus
    ) -> None:
        super().__init__(scope, construct_id)
        self._storage = storage
        self._function_logs = [function_logs_arn(self, stage.names.function(v, "*")) for v in ("predict", "ingest")]
        environment = {
            "STAGE": stage.name,
            "REGISTRY_TABLE": storage.registry.table_name,
            "DATA_BUCKET": storage.data.bucket_name,
            "ARTIFACT_BUCKET": storage.artifacts.bucket_name,
            "HOME": "/tmp",  # noqa: S108 - the one place that a Lambda function may write to; DuckDB looks for HOME
        }
        self.compact = LambdaFunction(
            self,
            "Compact",
            stage,
            "compact",
            description="Merges new predictions, labels and observations of a model into its table",
            runs=_COMPACT_RUNS,
            environment=environment,
            statements=self._compact_rights(),
        )
        self.evaluate = LambdaFunction(
            self,
            "Evaluate",
            stage,
            "evaluate",
            description="Judges a model by its table: report, metrics, verdict",
            runs=_EVALUATE_RUNS,
            environment={**environment, "EVENT_BUS": bus.event_bus_name},
            statements=self._evaluate_rights(bus),
        )
        self._accept_findings()

    def _compact_rights(self) -> list[iam.PolicyStatement]:
        return [
            *self._data_rights(read=("raw", "table"), write=("rejected", "table")),
            *self._artifact_rights(),
            iam.PolicyStatement(
                sid="RescueRecords", actions=["logs:FilterLogEvents"], resources=list(self._function_logs)
            ),
            registry_statement(self._storage.registry, "ReadSettings", ["dynamodb:GetItem"], EVERY_MODEL),
        ]

    def _evaluate_rights(self, bus: events.IEventBus) -> list[iam.PolicyStatement]:
        registry = self._storage.registry
        return [
            *self._data_rights(read=("references", "reports", "table"), write=("references", "reports")),
            *self._artifact_rights(),
            registry_statement(registry, "ReadModels", ["dynamodb:GetItem", "dynamodb:Query"], EVERY_MODEL, MODELS),
            registry_statement(registry, "KeepEvaluations", ["dynamodb:PutItem"], EVERY_MODEL),
            iam.PolicyStatement(sid="PublishVerdicts", actions=["events:PutEvents"], resources=[bus.event_bus_arn]),
            iam.PolicyStatement(sid="CountRequests", actions=["cloudwatch:GetMetricData"], resources=["*"]),
        ]

    def _data_rights(self, *, read: tuple[str, ...], write: tuple[str, ...]) -> list[iam.PolicyStatement]:
        """Rights on objects below these prefixes. The whole bucket may be listed: else a missing object is a 403."""
        bucket = self._storage.data
        return [
            iam.PolicyStatement(sid="ListData", actions=["s3:ListBucket"], resources=[bucket.bucket_arn]),
            iam.PolicyStatement(
                sid="ReadData", actions=["s3:GetObject"], resources=[bucket.arn_for_objects(f"{top}/*") for top in read]
            ),
            iam.PolicyStatement(
                sid="WriteData",
                actions=["s3:PutObject"],
                resources=[bucket.arn_for_objects(f"{top}/*") for top in write],
            ),
        ]

    def _artifact_rights(self) -> list[iam.PolicyStatement]:
        """A record may name a version that is not there, which a missing right to list would hide behind a 403."""
        bucket = self._storage.artifacts
        return [
            iam.PolicyStatement(sid="ListArtifacts", actions=["s3:ListBucket"], resources=[bucket.bucket_arn]),
            iam.PolicyStatement(
                sid="ReadArtifacts", actions=["s3:GetObject"], resources=[bucket.arn_for_objects("artifacts/*")]
            ),
        ]

    def _accept_findings(self) -> None:
        data, artifacts = self._storage.data, self._storage.artifacts
        below = "What of all models lies under this prefix, also of those that come later, and nothing beside it."
        for role, prefixes in (
            (self.compact.role, ("raw", "table", "rejected")),
            (self.evaluate.role, ("table", "reports", "references")),
        ):
            for prefix in prefixes:
                accept_wildcard(role, data.arn_for_objects(f"{prefix}/*"), below)
            accept_wildcard(role, artifacts.arn_for_objects("artifacts/*"), below)
        for logs in self._function_logs:
            reason = "A record that no stream took lies in the log of the function of its model, whichever that is."
            accept_wildcard(self.compact.role, logs, reason)
