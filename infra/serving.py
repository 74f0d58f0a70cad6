"""What answers: a model's predict function, its log of predictions, and the alias that clients reach."""

from aws_cdk import CustomResource, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from functions.adapters.model_settings import ModelSettings
from infra.lambda_function import LambdaFunction, Runs, function_arn
from infra.record_stream import RecordStream
from infra.stage import StageContext


class Serving(Construct):
    """predict without a model: `roll_out` brings the model as a layer when it publishes a release.

    The template makes no version and no alias. `bootstrap` creates `live` once; from then on it belongs to `roll_out`,
    so that a deployment never moves it.
    """

    def __init__(
        self, scope: Construct, construct_id: str, stage: StageContext, settings: ModelSettings, data: s3.IBucket
    ) -> None:
        super().__init__(scope, construct_id)
        model = settings.model.name
        self.log = RecordStream(self, "Log", stage, "predictions", model, data)
        self.predict = LambdaFunction(
            self,
            "Predict",
            stage,
            "predict",
            model=model,
            description=f"Answers predictions of model {model}",
            runs=Runs(
                memory=settings.lambda_.memory,
                timeout=Duration.seconds(settings.lambda_.timeout),
                architecture=settings.lambda_.architecture,
                snap_start=settings.lambda_.snap_start,
                reserved_concurrency=settings.lambda_.reserved_concurrency,
            ),
            environment={"MODEL": model, "STREAM": self.log.name, "MODEL_DIR": "/opt/model"},
            statements=[
                iam.PolicyStatement(
                    sid="LogPredictions",
                    actions=["firehose:PutRecord", "firehose:PutRecordBatch"],
                    resources=[self.log.arn],
                )
            ],
        )
        self.alias = CustomResource(
            self,
            "LiveAlias",
            resource_type="Custom::LiveAlias",
            service_token=function_arn(self, stage.names.function("bootstrap")),
            properties={"FunctionName": self.predict.function.function_name},
            removal_policy=RemovalPolicy.RETAIN,
        )
        # Rights first: a release that can't write its log must not be published.
        self.alias.node.add_dependency(self.predict.role)

    @property
    def live_arn(self) -> str:
        """The alias that clients reach; whoever uses it depends on `alias`."""
        return f"{self.predict.function.function_arn}:live"
