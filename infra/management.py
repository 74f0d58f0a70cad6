"""The management API: the function `manage`, and the REST API before it, whose every call is signed with IAM."""

from aws_cdk import Aws, CfnOutput, Duration, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from functions.domain.management_calls import CALLS, Call
from functions.domain.names import AUDIT_INDEX
from infra.audit import Audit
from infra.findings import accept, accept_wildcard
from infra.gateway_responses import MANAGEMENT
from infra.lambda_function import LambdaFunction, Runs, function_arn
from infra.log_group import function_logs_arn
from infra.registration import Registration
from infra.registry_rights import AUDIT_CHAIN, EVERY_MODEL, MODELS, registry_statement
from infra.rest_api import Backend, Described, RestApi
from infra.stage import StageContext
from infra.storage import Storage

# API Gateway waits 29 seconds: the function shall have answered by then, or be ended.
_RUNS = Runs(memory=1_769, timeout=Duration.seconds(29))
# People and pipelines ask here, not clients: of one method, for all callers together.
RATE, BURST = 50, 100
# What it reads below these prefixes: records, frozen references, reports and the log's rows; versions, snapshots and
# decisions.
_DATA_READS, _ARTIFACT_READS = ("raw", "references", "reports", "table"), ("artifacts", "gates", "training")
_UPLOADS = ("incoming", "training")  # where it lets others write, by URLs for one object of one content each
# The functions that do what is not read or noted only.
_ASKS = ("compact", "register", "roll_out")


class Management(Construct):
    """`manage`, one for all models of a stage, its API and where both are found."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        stage: StageContext,
        storage: Storage,
        audit: Audit,
        registration: Registration,
        web_acl_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self._storage, self._stage = storage, stage
        self._sealed, self._key = audit.bucket, registration.key
        self._logs = function_logs_arn(self, stage.names.function("predict", "*"))
        self._asked = [function_arn(self, stage.names.function(verb)) for verb in _ASKS]
        stack = Stack.of(self)
        machines = f"arn:{Aws.PARTITION}:states:{stack.region}:{stack.account}:stateMachine"
        self._machines = f"{machines}:{stage.names.state_machine('*')}"
        self._parameters = (
            f"arn:{Aws.PARTITION}:ssm:{stack.region}:{stack.account}:parameter/trimtab/{stage.name}/models"
        )
        self.manage = LambdaFunction(
            self,
            "Manage",
            stage,
            "manage",
            description="Answers who runs models: what there is, what became of it, and what shall be done",
            runs=_RUNS,
            environment={
                "STAGE": stage.name,
                "REGISTRY_TABLE": storage.registry.table_name,
                "DATA_BUCKET": storage.data.bucket_name,
                "ARTIFACT_BUCKET": storage.artifacts.bucket_name,
                "STATE_MACHINE": f"{machines}:{stage.names.state_machine('{model}')}",
                "AUDIT_BUCKET": audit.bucket.bucket_name,
                "SIGNING_KEY": registration.key.key_arn,
                "HOME": "/tmp",  # noqa: S108 - the one place that a Lambda function may write to; DuckDB looks for HOME
            },
            statements=[*self._storage_rights(), *self._audit_rights(), *self._command_rights()],
        )
        self._accept_findings()
        self.http = ManagementApi(self, "Http", stage, Backend(self.manage.function.function_arn))
        self.http.stand_behind(web_acl_arn)
        self._publish_url()

    def _storage_rights(self) -> list[iam.PolicyStatement]:
        """Buckets may be listed whole: else a missing object is a 403. Uploads are signed here, and made by others."""
        data, artifacts, registry = self._storage.data, self._storage.artifacts, self._storage.registry
        change = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
        return [
            registry_statement(registry, "ChangeModels", change, EVERY_MODEL, MODELS, AUDIT_CHAIN),
            iam.PolicyStatement(
                sid="ListBuckets", actions=["s3:ListBucket"], resources=[data.bucket_arn, artifacts.bucket_arn]
            ),
            iam.PolicyStatement(
                sid="ReadObjects",
                actions=["s3:GetObject"],
                resources=[
                    *(data.arn_for_objects(f"{top}/*") for top in _DATA_READS),
                    *(artifacts.arn_for_objects(f"{top}/*") for top in _ARTIFACT_READS),
                ],
            ),
            iam.PolicyStatement(
                sid="SignUploads",
                actions=["s3:PutObject"],
                resources=[artifacts.arn_for_objects(f"{top}/*") for top in _UPLOADS],
            ),
        ]

    def _audit_rights(self) -> list[iam.PolicyStatement]:
        """Whether anything was tampered with is seen from all of the table, and from every version of a sealed head."""
        return [
            # A scan names no partition: it reads all of them.
            iam.PolicyStatement(
                sid="ScanRegistry", actions=["dynamodb:Scan"], resources=[self._storage.registry.table_arn]
            ),
            iam.PolicyStatement(
                sid="FindEntries",
                actions=["dynamodb:Query"],
                resources=[f"{self._storage.registry.table_arn}/index/{AUDIT_INDEX}"],
            ),
            iam.PolicyStatement(
                sid="ListHeads", actions=["s3:ListBucketVersions"], resources=[self._sealed.bucket_arn]
            ),
            iam.PolicyStatement(
                sid="ReadHeads", actions=["s3:GetObjectVersion"], resources=[self._sealed.arn_for_objects("*")]
            ),
            iam.PolicyStatement(
                sid="UsePublicKey", actions=["kms:GetPublicKey", "kms:Verify"], resources=[self._key.key_arn]
            ),
            iam.PolicyStatement(sid="FindRecords", actions=["logs:FilterLogEvents"], resources=[self._logs]),
        ]

    def _command_rights(self) -> list[iam.PolicyStatement]:
        return [
            iam.PolicyStatement(sid="Ask", actions=["lambda:InvokeFunction"], resources=self._asked),
            iam.PolicyStatement(sid="Retrain", actions=["states:StartExecution"], resources=[self._machines]),
            iam.PolicyStatement(sid="FindModels", actions=["ssm:GetParametersByPath"], resources=[self._parameters]),
        ]

    def _publish_url(self) -> None:
        """Where the command line and pipelines find it."""
        ssm.StringParameter(
            self,
            "UrlParameter",
            parameter_name=self._stage.names.management_url_parameter,
            string_value=self.http.url,
            description="Where models are managed",
        )
        output = CfnOutput(self, "Url", value=self.http.url, description="Where models are managed")
        output.override_logical_id("ManagementUrl")

    def _accept_findings(self) -> None:
        below = "What of all models lies under this prefix, also of those that come later, and nothing beside it."
        for top in _DATA_READS:
            accept_wildcard(self.manage.role, self._storage.data.arn_for_objects(f"{top}/*"), below)
        for top in sorted({*_ARTIFACT_READS, *_UPLOADS}):
            accept_wildcard(self.manage.role, self._storage.artifacts.arn_for_objects(f"{top}/*"), below)
        sealed = "What was sealed is verified as a whole, whatever it is called."
        accept_wildcard(self.manage.role, self._sealed.arn_for_objects("*"), sealed)
        lost = "A record that no stream took lies in the log of the function of its model, whichever that is."
        accept_wildcard(self.manage.role, self._logs, lost)
        machines = "Each model's own state machine, also of those that come later; no other one is named so."
        accept_wildcard(self.manage.role, self._machines, machines)


class ManagementApi(RestApi):
    """A route for each call of `functions/domain/management_calls.py`. All ask for a signature, the API's description
    too: what may be called is itself what a policy says.
    """

    def __init__(self, scope: Construct, construct_id: str, stage: StageContext, backend: Backend) -> None:
        described = Described(
            name=stage.names.function("manage"),
            description="Who runs models: versions, approvals, rollouts, audit",
            logs=f"/trimtab/{stage.name}/manage/access",
            rate=RATE,
            burst=BURST,
            wording=MANAGEMENT,
        )
        super().__init__(scope, construct_id, stage, described)
        accept(self.api, "AwsSolutions-APIG2", "Headers are validated here and bodies by manage, which says more.")
        integration, validator = self.integration(backend), self.validator()
        for call in CALLS:
            self._add_route(call, integration, validator)
        self.let_invoke("InvokeManage", backend)

    def _add_route(
        self, call: Call, integration: apigateway.Integration, validator: apigateway.RequestValidator
    ) -> None:
        method = self.api.root.resource_for_path(call.path).add_method(
            call.method,
            integration,
            authorization_type=apigateway.AuthorizationType.IAM,
            request_parameters={"method.request.header.Content-Type": True} if call.method == "POST" else None,
            request_validator=validator,
        )
        accept(method, "AwsSolutions-COG4", "Callers sign with IAM: access is policy.")
