"""How a model is corrected: its own `retrain`, the state machine around it, and what sets that off."""

import json
from pathlib import Path

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct, IDependable

from functions.adapters.model_settings import ModelSettings
from infra.caller_role import caller_role, schedule_group
from infra.correction_states import definition
from infra.findings import accept, accept_wildcard
from infra.lambda_function import LambdaFunction, Packaged, Runs, function_arn, zip_of
from infra.log_group import add_log_group
from infra.stage import StageContext
from infra.training_code import image_folder, retrain_code, training_layer

# It asks each Monday, after the night's evaluations; `snapshot` skips what comes too soon, as in a month's other weeks.
_MONDAYS = "cron(30 1 ? * MON *)"


def is_retrained(settings: ModelSettings) -> bool:
    """Whether there is anything to fit: a model that is hosted elsewhere or came ready-made has nothing."""
    return settings.train.estimator is not None or settings.train.export is not None


class Retraining(Construct):
    """The functions `snapshot` and `gate` are the platform's; this model's fit, libraries and code are its own."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        stage: StageContext,
        settings: ModelSettings,
        folder: Path,
        after: IDependable,
    ) -> None:
        """`after` is what must be there before the clock starts a training: the model's settings in the registry."""
        super().__init__(scope, construct_id)
        self._stage, self._settings, self._model = stage, settings, settings.model.name
        self._bucket = s3.Bucket.from_bucket_name(self, "Artifacts", stage.names.artifact_bucket)
        self.retrain = LambdaFunction(
            self,
            "Retrain",
            stage,
            "retrain",
            model=self._model,
            description=f"Fits model {self._model} anew on the rows of a snapshot",
            runs=Runs(memory=settings.train.memory, timeout=Duration.minutes(15)),
            environment={
                "MODEL": self._model,
                "ARTIFACT_BUCKET": stage.names.artifact_bucket,
                "HOME": "/tmp",  # noqa: S108 - the one place that a Lambda function may write to
                "JOBLIB_MULTIPROCESSING": "0",  # Lambda has no shared memory, and joblib would warn of that
            },
            statements=self._fit_rights(),
            packaged=self._packaged(folder),
        )
        self._accept_fit_findings()
        self.machine = self._state_machine()
        self._on_verdict()
        if settings.train.schedule != "off":
            self._on_schedule(after)

    def _packaged(self, folder: Path) -> Packaged:
        if self._settings.train.package == "image":
            return Packaged(lambda_.Code.from_asset_image(str(image_folder(folder))), image=True)
        platform = self._stage.platform("x86_64")
        layer = lambda_.LayerVersion(
            self,
            "Libraries",
            code=zip_of(training_layer(platform)),
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
            compatible_architectures=[lambda_.Architecture.X86_64],
            description="scikit-learn, skl2onnx and what they need: the same for all models",
        )
        return Packaged(zip_of(retrain_code(folder, platform)), (layer,))

    def _fit_rights(self) -> list[iam.PolicyStatement]:
        """The bucket may be listed: else a missing object is a 403."""
        bucket, of_model = self._bucket, f"model={self._model}"
        return [
            iam.PolicyStatement(sid="ListArtifacts", actions=["s3:ListBucket"], resources=[bucket.bucket_arn]),
            iam.PolicyStatement(sid="ReadRows", actions=["s3:GetObject"], resources=[self._objects("training", "*")]),
            iam.PolicyStatement(
                sid="KeepCandidates",
                actions=["s3:GetObject", "s3:PutObject"],  # what lies there already is compared
                resources=[bucket.arn_for_objects(f"candidates/{of_model}/*")],
            ),
            iam.PolicyStatement(
                sid="KeepCode",
                actions=["s3:PutObject"],
                resources=[bucket.arn_for_objects(f"training/{of_model}/*.zip")],
            ),
        ]

    def _objects(self, top: str, names: str) -> str:
        return self._bucket.arn_for_objects(f"{top}/model={self._model}/{names}")

    def _accept_fit_findings(self) -> None:
        reason = "What of this model alone lies there is named by its content, which nobody knows beforehand."
        for top, names in (("training", "*"), ("candidates", "*"), ("training", "*.zip")):
            accept_wildcard(self.retrain.role, self._objects(top, names), reason)

    def _state_machine(self) -> sfn.CfnStateMachine:
        names = self._stage.names
        snapshot, gate = (function_arn(self, names.function(verb)) for verb in ("snapshot", "gate"))
        functions = [snapshot, self.retrain.function.function_arn, gate]
        logs = add_log_group(self, "Logs", self._stage, f"/aws/vendedlogs/states/{names.state_machine(self._model)}")
        role = self._machine_role(functions)
        return sfn.CfnStateMachine(
            self,
            "StateMachine",
            state_machine_name=names.state_machine(self._model),
            state_machine_type="STANDARD",
            definition_string=Stack.of(self).to_json_string(definition(*functions)),
            role_arn=role.role_arn,
            logging_configuration=sfn.CfnStateMachine.LoggingConfigurationProperty(
                level="ALL",
                include_execution_data=True,
                destinations=[
                    sfn.CfnStateMachine.LogDestinationProperty(
                        cloud_watch_logs_log_group=sfn.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                            log_group_arn=logs.log_group_arn
                        )
                    )
                ],
            ),
            tracing_configuration=sfn.CfnStateMachine.TracingConfigurationProperty(enabled=True),
        )

    def _machine_role(self, functions: list[str]) -> iam.Role:
        deliver = ["CreateLogDelivery", "DeleteLogDelivery", "GetLogDelivery", "ListLogDeliveries", "UpdateLogDelivery"]
        deliver += ["DescribeLogGroups", "DescribeResourcePolicies", "PutResourcePolicy"]
        trace = ["GetSamplingRules", "GetSamplingTargets", "PutTelemetryRecords", "PutTraceSegments"]
        statements = [
            iam.PolicyStatement(sid="Steps", actions=["lambda:InvokeFunction"], resources=functions),
            iam.PolicyStatement(sid="Logs", actions=[f"logs:{action}" for action in deliver], resources=["*"]),
            iam.PolicyStatement(sid="Traces", actions=[f"xray:{action}" for action in trace], resources=["*"]),
        ]
        role = iam.Role(
            self,
            "MachineRole",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            description=f"What the correction of {self._model} may do",
            inline_policies={"correction": iam.PolicyDocument(statements=statements)},
        )
        accept(role, "AwsSolutions-IAM5[Resource::*]", "Log deliveries and traces know no resource.")
        return role

    def _on_verdict(self) -> None:
        events.CfnRule(
            self,
            "OnVerdict",
            event_bus_name=self._stage.names.event_bus,
            description=f"Retrains {self._model} where a verdict says so",
            event_pattern={
                "source": ["trimtab"],
                "detail-type": ["Verdict"],
                "detail": {"model": [self._model], "retrain": [True]},
            },
            state="ENABLED",
            targets=[
                events.CfnRule.TargetProperty(
                    id="correct",
                    arn=self.machine.attr_arn,
                    role_arn=self._starter("VerdictRole", "events", self._rule_source()).role_arn,
                    input_transformer=events.CfnRule.InputTransformerProperty(
                        input_paths_map={"time": "$.time"}, input_template=self._input("verdict", "<time>")
                    ),
                )
            ],
        )

    def _on_schedule(self, after: IDependable) -> None:
        schedule = scheduler.CfnSchedule(
            self,
            "Schedule",
            name=self._stage.names.function("retrain", self._model),
            description=f"Retrains {self._model} by the clock",
            schedule_expression=_MONDAYS,
            schedule_expression_timezone="UTC",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self.machine.attr_arn,
                role_arn=self._starter("ScheduleRole", "scheduler", schedule_group(self)).role_arn,
                input=self._input("schedule", "<aws.scheduler.scheduled-time>"),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=10, maximum_event_age_in_seconds=3_600
                ),
            ),
        )
        schedule.node.add_dependency(after)

    def _input(self, cause: str, time: str) -> str:
        """The state machine's input; inside a text, EventBridge puts a value without quotes of its own."""
        return json.dumps({"model": self._model, "cause": cause, "by": cause, "time": time})

    def _starter(self, construct_id: str, service: str, source: str) -> iam.Role:
        """A role that starts this state machine and can do nothing else."""
        return caller_role(
            self,
            construct_id,
            service=service,
            source=source,
            description=f"Starts the correction of {self._model}",
            may=iam.PolicyStatement(sid="Start", actions=["states:StartExecution"], resources=[self.machine.attr_arn]),
        )

    def _rule_source(self) -> str:
        stack = Stack.of(self)
        bus = self._stage.names.event_bus
        return f"arn:{Aws.PARTITION}:events:{stack.region}:{stack.account}:rule/{bus}/*"
