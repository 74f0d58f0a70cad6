"""One Lambda function as all of ours are: its asset, its role with what is listed and nothing else, its log group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import AssetHashType, Aws, Duration, Size, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.asset_cache import FunctionCode
from infra.dependencies import Architecture
from infra.findings import accept, accept_lint
from infra.function_code import function_code
from infra.log_group import add_log_group
from infra.stage import StageContext

_ARCHITECTURES = {"x86_64": lambda_.Architecture.X86_64, "arm64": lambda_.Architecture.ARM_64}


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """How a function runs; `memory` in MB, `ephemeral_mib` of /tmp beyond Lambda's own 512 MiB."""

    memory: int
    timeout: Duration
    architecture: Architecture = "x86_64"
    snap_start: bool = False
    reserved_concurrency: int | None = None
    ephemeral_mib: int | None = None


@dataclass(frozen=True, slots=True)
class Packaged:
    """What a function is made of where that is not the zip of its folder alone; `image`: a container image."""

    code: lambda_.Code
    layers: tuple[lambda_.ILayerVersion, ...] = ()
    image: bool = False


class LambdaFunction(Construct):
    """The function of a folder of `functions/`, of one model or of the whole stage.

    `statements` is all that its role may do beside writing to its own log group and sending its traces.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        stage: StageContext,
        verb: str,
        *,
        runs: Runs,
        description: str,
        environment: Mapping[str, str],
        statements: Sequence[iam.PolicyStatement],
        model: str | None = None,
        packaged: Packaged | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        name = stage.names.function(verb, model)
        self.log_group = add_log_group(self, "Logs", stage, f"/aws/lambda/{name}")
        self.role = self._role(name, statements)
        packaged = packaged or Packaged(zip_of(function_code(verb, stage.platform(runs.architecture))))
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=description,
            runtime=lambda_.Runtime.FROM_IMAGE if packaged.image else lambda_.Runtime.PYTHON_3_13,
            architecture=_ARCHITECTURES[runs.architecture],
            handler=lambda_.Handler.FROM_IMAGE if packaged.image else f"functions.{verb}.handler.handler",
            code=packaged.code,
            layers=list(packaged.layers) or None,
            memory_size=runs.memory,
            timeout=runs.timeout,
            environment=dict(environment),
            # As an import, so that CDK adds no right of its own to what stands above.
            role=iam.Role.from_role_arn(self, "RoleAsItStands", self.role.role_arn, mutable=False),
            tracing=lambda_.Tracing.ACTIVE,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if runs.snap_start else None,
            reserved_concurrent_executions=runs.reserved_concurrency,
            ephemeral_storage_size=None if runs.ephemeral_mib is None else Size.mebibytes(runs.ephemeral_mib),
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.TEXT,
        )
        self._accept_findings(runs, packaged)

    def _role(self, name: str, statements: Sequence[iam.PolicyStatement]) -> iam.Role:
        logging = iam.PolicyStatement(
            sid="Logs", actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[self.log_group.log_group_arn]
        )
        tracing = iam.PolicyStatement(
            sid="Traces", actions=["xray:PutTelemetryRecords", "xray:PutTraceSegments"], resources=["*"]
        )
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {name} may do",
            inline_policies={"function": iam.PolicyDocument(statements=[logging, tracing, *statements])},
        )
        accept(role, "AwsSolutions-IAM5[Resource::*]", "X-Ray's actions on traces know no resource.")
        return role

    def _accept_findings(self, runs: Runs, packaged: Packaged) -> None:
        if not packaged.image:
            accept(
                self.function,
                "AwsSolutions-L1",
                "Libraries, bytecode and the local cloud's runtime are of Python 3.13, which AWS supports until 2029.",
            )
        if runs.snap_start:
            accept_lint(self.function, "W2530", "Versions are published by roll_out, not by the template.")


def zip_of(code: FunctionCode) -> lambda_.AssetCode:
    """A built zip as CDK takes it: named by what lies in it."""
    return lambda_.Code.from_asset(str(code.path), asset_hash=code.content, asset_hash_type=AssetHashType.CUSTOM)


def function_arn(scope: Construct, name: str) -> str:
    """The ARN of a function by its name, which may end in `*` or carry a qualifier."""
    return f"arn:{Aws.PARTITION}:lambda:{Stack.of(scope).region}:{Stack.of(scope).account}:function:{name}"
