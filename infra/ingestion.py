"""What takes in the truth: a model's ingest function, and the streams of the labels and observations that it takes."""

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from functions.adapters.model_settings import ModelSettings
from infra.lambda_function import LambdaFunction, Runs
from infra.record_stream import RecordStream
from infra.registry_rights import registry_statement
from infra.stage import StageContext


class Ingestion(Construct):
    """ingest of one model: it writes two streams, and reads what the registry says of this model alone."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        stage: StageContext,
        settings: ModelSettings,
        data: s3.IBucket,
        registry: dynamodb.ITable,
    ) -> None:
        super().__init__(scope, construct_id)
        model = settings.model.name
        self.labels = RecordStream(self, "Labels", stage, "labels", model, data)
        self.observations = RecordStream(self, "Observations", stage, "observations", model, data)
        self.ingest = LambdaFunction(
            self,
            "Ingest",
            stage,
            "ingest",
            model=model,
            description=f"Takes labels and observations of model {model}",
            runs=Runs(memory=1_024, timeout=Duration.seconds(15)),
            environment={
                "MODEL": model,
                "STAGE": stage.name,
                "REGISTRY_TABLE": registry.table_name,
                "LABEL_STREAM": self.labels.name,
                "OBSERVATION_STREAM": self.observations.name,
            },
            statements=[
                iam.PolicyStatement(
                    sid="KeepRecords",
                    actions=["firehose:PutRecord", "firehose:PutRecordBatch"],
                    resources=[self.labels.arn, self.observations.arn],
                ),
                registry_statement(registry, "ReadSettings", ["dynamodb:GetItem"], f"MODEL#{model}"),
            ],
        )
