"""The correction's two functions that all models share: `snapshot` says what is learnt from, `gate` what may take over.

Between them a model's own state machine runs its own `retrain`; that is the model stack's.
"""

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.findings import accept_wildcard
from infra.lambda_function import LambdaFunction, Runs
from infra.registration import Registration
from infra.registry_rights import AUDIT_CHAIN, EVERY_MODEL, MODELS, registry_statement
from infra.stage import StageContext
from infra.storage import Storage

_SNAPSHOT_RUNS = Runs(memory=3_008, timeout=Duration.minutes(15), ephemeral_mib=4_096)
_GATE_RUNS = Runs(memory=3_008, timeout=Duration.minutes(15), ephemeral_mib=4_096)
# What each may read and write below these prefixes of the artifact bucket.
_SNAPSHOT_READS, _SNAPSHOT_WRITES = ("artifacts", "training"), ("training",)
_GATE_READS = ("artifacts", "candidates", "gates", "incoming", "training")
_GATE_WRITES = ("gates", "incoming")


class Correction(Construct):
    """`snapshot` and `gate`, one each for all models of a stage."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        stage: StageContext,
        storage: Storage,
        bus: events.IEventBus,
        registration: Registration,
    ) -> None:
        super().__init__(scope, construct_id)
        self._storage = storage
        # Every model's state machine, also of those that come later.
        stack = Stack.of(self)
        prefix = f"arn:{Aws.PARTITION}:states:{stack.region}:{stack.account}:execution"
        self._executions = f"{prefix}:{stage.names.state_machine('*')}:*"
        environment = {
            "REGISTRY_TABLE": storage.registry.table_name,
            "DATA_BUCKET": storage.data.bucket_name,
            "ARTIFACT_BUCKET": storage.artifacts.bucket_name,
            "HOME": "/tmp",  # noqa: S108 - the one place that a Lambda function may write to; DuckDB looks for HOME
        }
        self.snapshot = LambdaFunction(
            self,
            "Snapshot",
            stage,
            "snapshot",
            description="Decides whether a model is retrained, and from which rows; lists them with their digests",
            runs=_SNAPSHOT_RUNS,
            environment={
                **environment,
                "EXECUTIONS": f"{prefix}:{stage.names.state_machine('{model}')}:{{execution}}",
            },
            statements=self._snapshot_rights(),
        )
        self.gate = LambdaFunction(
            self,
            "Gate",
            stage,
            "gate",
            description="Judges what was retrained against the live version, and what a canary has shown",
            runs=_GATE_RUNS,
            environment={
                **environment,
                "EVENT_BUS": bus.event_bus_name,
                "REGISTER_FUNCTION": registration.register.function.function_name,
            },
            statements=[*self._gate_rights(bus), registration.asking()],
        )
        self._accept_findings()

    def _snapshot_rights(self) -> list[iam.PolicyStatement]:
        return [
            *self._bucket_rights(_SNAPSHOT_READS, _SNAPSHOT_WRITES),
            *self._registry_rights(),
            iam.PolicyStatement(
                sid="AskExecutions", actions=["states:DescribeExecution"], resources=[self._executions]
            ),
        ]

    def _gate_rights(self, bus: events.IEventBus) -> list[iam.PolicyStatement]:
        return [
            *self._bucket_rights(_GATE_READS, _GATE_WRITES),
            *self._registry_rights(),
            iam.PolicyStatement(sid="PublishDecisions", actions=["events:PutEvents"], resources=[bus.event_bus_arn]),
        ]

    def _bucket_rights(self, read: tuple[str, ...], write: tuple[str, ...]) -> list[iam.PolicyStatement]:
        """The log's table, and these prefixes. Buckets may be listed whole: else a missing object is a 403."""
        data, artifacts = self._storage.data, self._storage.artifacts
        return [
            iam.PolicyStatement(
                sid="ListBuckets", actions=["s3:ListBucket"], resources=[data.bucket_arn, artifacts.bucket_arn]
            ),
            iam.PolicyStatement(sid="ReadTable", actions=["s3:GetObject"], resources=[data.arn_for_objects("table/*")]),
            iam.PolicyStatement(
                sid="ReadArtifacts",
                actions=["s3:GetObject"],
                resources=[artifacts.arn_for_objects(f"{top}/*") for top in read],
            ),
            iam.PolicyStatement(
                sid="WriteArtifacts",
                actions=["s3:PutObject"],
                resources=[artifacts.arn_for_objects(f"{top}/*") for top in write],
            ),
        ]

    def _registry_rights(self) -> list[iam.PolicyStatement]:
        """A change is one transaction with its entry in the audit chain, which nothing here may rewrite."""
        actions = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
        registry = self._storage.registry
        return [
            registry_statement(registry, "RecordTrainings", actions, EVERY_MODEL, AUDIT_CHAIN),
            registry_statement(registry, "SeeWhatIsLive", ["dynamodb:GetItem"], MODELS),
        ]

    def _accept_findings(self) -> None:
        data, artifacts = self._storage.data, self._storage.artifacts
        below = "What of all models lies under this prefix, also of those that come later, and nothing beside it."
        for role, prefixes in (
            (self.snapshot.role, {*_SNAPSHOT_READS, *_SNAPSHOT_WRITES}),
            (self.gate.role, {*_GATE_READS, *_GATE_WRITES}),
        ):
            accept_wildcard(role, data.arn_for_objects("table/*"), below)
            for prefix in sorted(prefixes):
                accept_wildcard(role, artifacts.arn_for_objects(f"{prefix}/*"), below)
        executions = "The executions of each model's own state machine, also of those that come later."
        accept_wildcard(self.snapshot.role, self._executions, executions)
