"""The two functions that publish: `bootstrap` makes a model's alias `live` once, `roll_out` alone moves it.

`bootstrap` also brings what a deployment knows of a model to the registry.
"""

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.findings import accept_wildcard
from infra.lambda_function import LambdaFunction, Runs, function_arn
from infra.registration import Registration
from infra.registry_rights import AUDIT_CHAIN, EVERY_MODEL, STAGE, registry_statement
from infra.stage import StageContext
from infra.storage import Storage


class Rollout(Construct):
    """`bootstrap` and `roll_out`, one each for all models of a stage."""

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
        self._gate = function_arn(self, stage.names.function("gate"))
        self._predict = function_arn(self, stage.names.function("predict", "*"))
        self._layers = (
            f"arn:{Aws.PARTITION}:lambda:{Stack.of(self).region}:{Stack.of(self).account}"
            f":layer:{stage.names.model_layer('*')}"
        )
        self.bootstrap = LambdaFunction(
            self,
            "Bootstrap",
            stage,
            "bootstrap",
            description="Creates a model's alias live once, and keeps its deployed settings in the registry",
            runs=Runs(memory=256, timeout=Duration.minutes(5)),
            environment={"REGISTRY_TABLE": storage.registry.table_name},
            statements=self._bootstrap_rights(storage),
        )
        self.roll_out = LambdaFunction(
            self,
            "RollOut",
            stage,
            "roll_out",
            description="Publishes releases, and moves the alias live from one to the next and back",
            runs=Runs(memory=1024, timeout=Duration.minutes(15)),
            environment={
                "REGISTRY_TABLE": storage.registry.table_name,
                "ARTIFACT_BUCKET": storage.artifacts.bucket_name,
                "SIGNING_KEY": registration.key.key_arn,
                "STAGE": stage.name,
            },
            statements=[
                *self._release_rights(),
                *self._evidence_rights(bus),
                *self._storage_rights(storage),
                registration.verifying(),
            ],
        )
        self._accept_findings(storage)

    def _bootstrap_rights(self, storage: Storage) -> list[iam.PolicyStatement]:
        return [
            iam.PolicyStatement(
                sid="MakeAlias",
                actions=[
                    "lambda:CreateAlias",
                    "lambda:GetAlias",
                    "lambda:GetFunctionConfiguration",
                    "lambda:PublishVersion",
                ],
                resources=[self._predict],
            ),
            registry_statement(
                storage.registry,
                "KeepSettings",
                ["dynamodb:GetItem", "dynamodb:PutItem"],
                EVERY_MODEL,
                STAGE,
                AUDIT_CHAIN,
            ),
        ]

    def _release_rights(self) -> list[iam.PolicyStatement]:
        return [
            iam.PolicyStatement(
                sid="PublishReleases",
                actions=[
                    "lambda:GetAlias",
                    "lambda:GetFunctionConfiguration",
                    "lambda:ListVersionsByFunction",
                    "lambda:PublishVersion",
                    "lambda:UpdateAlias",
                    "lambda:UpdateFunctionConfiguration",
                ],
                resources=[self._predict],
            ),
            iam.PolicyStatement(
                sid="SmokeTestReleases", actions=["lambda:InvokeFunction"], resources=[f"{self._predict}:*"]
            ),
            iam.PolicyStatement(
                sid="PublishLayers",
                actions=["lambda:ListLayerVersions", "lambda:PublishLayerVersion"],
                resources=[self._layers],
            ),
            iam.PolicyStatement(
                sid="PruneVersions",
                # On versions only: the function itself carries no qualifier.
                actions=["lambda:DeleteFunction"],
                resources=[f"{self._predict}:*"],
            ),
            iam.PolicyStatement(
                sid="ReadAndPruneLayers",
                actions=["lambda:DeleteLayerVersion", "lambda:GetLayerVersion"],
                resources=[f"{self._layers}:*"],
            ),
        ]

    def _evidence_rights(self, bus: events.IEventBus) -> list[iam.PolicyStatement]:
        return [
            iam.PolicyStatement(sid="AskTheGate", actions=["lambda:InvokeFunction"], resources=[self._gate]),
            iam.PolicyStatement(sid="CountRequests", actions=["cloudwatch:GetMetricData"], resources=["*"]),
            iam.PolicyStatement(sid="Tell", actions=["events:PutEvents"], resources=[bus.event_bus_arn]),
        ]

    def _storage_rights(self, storage: Storage) -> list[iam.PolicyStatement]:
        return [
            iam.PolicyStatement(
                sid="ReadArtifacts",
                actions=["s3:GetObject"],
                resources=[storage.artifacts.arn_for_objects("artifacts/*")],
            ),
            iam.PolicyStatement(
                sid="KeepReleases",
                actions=[
                    "dynamodb:ConditionCheckItem",
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:Query",
                ],
                resources=[storage.registry.table_arn],
            ),
        ]

    def _accept_findings(self, storage: Storage) -> None:
        """Wildcards over one family of names each: models come and go without a change of this stack."""
        models = "It serves each model of this stage, also those that come later; no other function is named so."
        layers = "One layer a model, also of those that come later; no other layer is named so."
        accept_wildcard(self.bootstrap.role, self._predict, models)
        for functions in (self._predict, f"{self._predict}:*"):
            accept_wildcard(self.roll_out.role, functions, models)
        for versions in (self._layers, f"{self._layers}:*"):
            accept_wildcard(self.roll_out.role, versions, layers)
        reason = "Artifacts of all models lie under this prefix; what is outside it stays out of reach."
        accept_wildcard(self.roll_out.role, storage.artifacts.arn_for_objects("artifacts/*"), reason)
