"""The REST API of one model: its routes, what each asks of a client, its limits, its logs."""

import json
from dataclasses import dataclass

from aws_cdk import Aws, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_wafv2 as waf
from constructs import Construct, IDependable

from functions.adapters.model_settings import ModelSettings
from infra.findings import accept
from infra.gateway_responses import gateway_responses
from infra.log_group import add_log_group
from infra.stage import StageContext

# What anybody may call without a key is a load balancer's business, not a client's: a trickle for all callers together.
PUBLIC_RATE, PUBLIC_BURST = 10, 20


@dataclass(frozen=True, slots=True)
class Route:
    """A path with its method; `{model}` stands for the model's own name."""

    method: str
    path: str
    public: bool = False

    @property
    def needs_content_type(self) -> bool:
        """Named rows do; Triton's own client names none when it infers."""
        return self.path.endswith("/predict")


ROUTES = (
    Route("GET", "/v2"),
    Route("GET", "/v2/health/live", public=True),
    Route("GET", "/v2/health/ready"),
    Route("GET", "/v2/models/{model}"),
    Route("GET", "/v2/models/{model}/ready"),
    Route("POST", "/v2/models/{model}/infer"),
    Route("GET", "/v2/models/{model}/versions/{version}"),
    Route("GET", "/v2/models/{model}/versions/{version}/ready"),
    Route("POST", "/v2/models/{model}/versions/{version}/infer"),
    Route("POST", "/models/{model}/predict"),
    Route("GET", "/openapi.json", public=True),
)

_ACCESS_LOG = {
    "time": "$context.requestTimeEpoch",
    "request_id": "$context.requestId",
    "trace": "$context.xrayTraceId",
    "ip": "$context.identity.sourceIp",
    "api_key_id": "$context.identity.apiKeyId",
    "caller": "$context.identity.userArn",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
    "function_milliseconds": "$context.integrationLatency",
    "refused_as": "$context.error.responseType",
    "firewall": "$context.waf.status",
}


class HttpApi(Construct):
    """A regional REST API whose every route reaches `target`, the qualified ARN of predict's alias.

    Bodies are not validated here: API Gateway takes them as binary (`*/*`), for the tensor extension's sake, and what
    its models do then isn't documented; predict validates each value and says more.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        stage: StageContext,
        settings: ModelSettings,
        *,
        target: str,
        alias: IDependable,
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._settings = settings
        self._model = settings.model.name
        self.api = self._rest_api()
        self._add_routes(target)
        for response in gateway_responses(settings.api.auth):
            response.add_to(self.api)
        self._keep_execution_log()
        permission = lambda_.CfnPermission(
            self,
            "InvokeLive",
            action="lambda:InvokeFunction",
            function_name=target,
            principal="apigateway.amazonaws.com",
            source_arn=self.api.arn_for_execute_api("*", "/*", stage.name),
        )
        permission.node.add_dependency(alias)

    @property
    def url(self) -> str:
        """The URL before each path, without a slash at its end."""
        host = f"{self.api.rest_api_id}.execute-api.{Stack.of(self).region}.{Aws.URL_SUFFIX}"
        return f"https://{host}/{self.api.deployment_stage.stage_name}"

    def stand_behind(self, web_acl_arn: str) -> None:
        """Let the firewall see each request first."""
        waf.CfnWebACLAssociation(
            self, "Firewall", resource_arn=self.api.deployment_stage.stage_arn, web_acl_arn=web_acl_arn
        )

    def _rest_api(self) -> apigateway.RestApi:
        api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=self._stage.names.function("api", self._model),
            description=f"Model {self._model}: Open Inference Protocol V2 and named rows",
            endpoint_configuration=apigateway.EndpointConfiguration(types=[apigateway.EndpointType.REGIONAL]),
            binary_media_types=["*/*"],
            cloud_watch_role=False,  # the account's, set once by the platform stack
            deploy_options=self._limits_and_logs(),
        )
        api.node.try_remove_child("Endpoint")  # an output with a slash at its end; ours has none
        accept(api, "AwsSolutions-APIG2", "Headers are validated here and bodies by predict: see the class above.")
        return api

    def _limits_and_logs(self) -> apigateway.StageOptions:
        name = f"/trimtab/{self._stage.name}/models/{self._model}/access"
        access_log = add_log_group(self, "AccessLog", self._stage, name)
        public = apigateway.MethodDeploymentOptions(
            throttling_rate_limit=PUBLIC_RATE, throttling_burst_limit=PUBLIC_BURST
        )
        return apigateway.StageOptions(
            stage_name=self._stage.name,
            access_log_destination=apigateway.LogGroupLogDestination(access_log),
            access_log_format=apigateway.AccessLogFormat.custom(json.dumps(_ACCESS_LOG)),
            logging_level=apigateway.MethodLoggingLevel[self._stage.settings.gateway_log_level],
            data_trace_enabled=False,  # it would write inputs to the log
            metrics_enabled=True,
            tracing_enabled=True,
            throttling_rate_limit=self._settings.api.rate,
            throttling_burst_limit=self._settings.api.burst,
            method_options={f"{route.path}/{route.method}": public for route in ROUTES if route.public},
        )

    def _add_routes(self, target: str) -> None:
        integration = apigateway.AwsIntegration(
            service="lambda", path=f"2015-03-31/functions/{target}/invocations", proxy=True
        )
        validator = self.api.add_request_validator(
            "Validator", request_validator_name="headers", validate_request_parameters=True
        )
        for route in ROUTES:
            resource = self.api.root.resource_for_path(route.path.replace("{model}", self._model))
            method = resource.add_method(
                route.method,
                integration,
                api_key_required=not route.public and self._settings.api.auth == "api_key",
                authorization_type=self._authorization(route),
                request_parameters={"method.request.header.Content-Type": True} if route.needs_content_type else None,
                request_validator=validator,
            )
            self._accept_findings(route, method)

    def _authorization(self, route: Route) -> apigateway.AuthorizationType:
        by_iam = self._settings.api.auth == "iam" and not route.public
        return apigateway.AuthorizationType.IAM if by_iam else apigateway.AuthorizationType.NONE

    def _accept_findings(self, route: Route, method: apigateway.Method) -> None:
        if route.public:
            reason = "Health and the API's description hold nothing of a client's; throttled for all callers together."
        elif self._settings.api.auth == "iam":
            reason = "Callers sign with IAM."
        else:
            reason = "Callers are programs with an API key, behind the firewall; [api] auth = iam is there for more."
        if route.public or self._settings.api.auth == "api_key":
            accept(method, "AwsSolutions-APIG4", reason)
        accept(method, "AwsSolutions-COG4", reason)

    def _keep_execution_log(self) -> None:
        """API Gateway would make this log group itself, and keep it for ever."""
        name = f"API-Gateway-Execution-Logs_{self.api.rest_api_id}/{self._stage.name}"
        group = add_log_group(self, "ExecutionLog", self._stage, name)
        self.api.deployment_stage.node.add_dependency(group)
