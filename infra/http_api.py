"""The REST API of one model: its routes, what each asks of a client, its limits, its logs."""

import json
from collections.abc import Mapping
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
from infra.routes import Route, routes
from infra.stage import StageContext

# What anybody may call without a key is a load balancer's business, not a client's: a trickle for all callers together.
PUBLIC_RATE, PUBLIC_BURST = 10, 20


@dataclass(frozen=True, slots=True)
class Backend:
    """A function that answers: the ARN that is invoked, and what must be there before API Gateway may invoke it."""

    arn: str
    after: IDependable | None = None


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
    """A regional REST API whose routes reach `backends`, by the verb of each function.

    Bodies are not validated here: API Gateway takes them as binary (`*/*`), for the tensor extension's sake, and what
    its models do then isn't documented; predict validates each value and says more.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        stage: StageContext,
        settings: ModelSettings,
        backends: Mapping[str, Backend],
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._settings = settings
        self._model = settings.model.name
        self._routes = routes(settings)
        self.api = self._rest_api()
        self._add_routes(backends)
        for response in gateway_responses():
            response.add_to(self.api)
        self._keep_execution_log()
        for verb, backend in backends.items():
            self._let_invoke(verb, backend)

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
            description=f"Model {self._model}: "
            + ("labels and observations" if self._settings.train.external else "predictions, labels and observations"),
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
            method_options={
                f"{route.path}/{route.method}": public for route in self._routes if route.asks == "nothing"
            },
        )

    def _add_routes(self, backends: Mapping[str, Backend]) -> None:
        integrations = {
            verb: apigateway.AwsIntegration(
                service="lambda", path=f"2015-03-31/functions/{backend.arn}/invocations", proxy=True
            )
            for verb, backend in backends.items()
        }
        validator = self.api.add_request_validator(
            "Validator", request_validator_name="headers", validate_request_parameters=True
        )
        for route in self._routes:
            resource = self.api.root.resource_for_path(route.path.replace("{model}", self._model))
            signed = self._is_signed(route)
            method = resource.add_method(
                route.method,
                integrations[route.verb],
                api_key_required=route.asks == "client" and not signed,
                authorization_type=apigateway.AuthorizationType.IAM if signed else apigateway.AuthorizationType.NONE,
                request_parameters={"method.request.header.Content-Type": True} if route.needs_content_type else None,
                request_validator=validator,
            )
            self._accept_findings(route, method)

    def _is_signed(self, route: Route) -> bool:
        return route.asks == "signature" or (route.asks == "client" and self._settings.api.auth == "iam")

    def _accept_findings(self, route: Route, method: apigateway.Method) -> None:
        if route.asks == "nothing":
            reason = "Health and the API's description hold nothing of a client's; throttled for all callers together."
        elif self._is_signed(route):
            reason = "Callers sign with IAM."
        else:
            reason = "Callers are programs with an API key, behind the firewall; [api] auth = iam is there for more."
        if not self._is_signed(route):
            accept(method, "AwsSolutions-APIG4", reason)
        accept(method, "AwsSolutions-COG4", reason)

    def _let_invoke(self, verb: str, backend: Backend) -> None:
        permission = lambda_.CfnPermission(
            self,
            "InvokeLive" if verb == "predict" else f"Invoke{verb.title()}",
            action="lambda:InvokeFunction",
            function_name=backend.arn,
            principal="apigateway.amazonaws.com",
            source_arn=self.api.arn_for_execute_api("*", "/*", self._stage.name),
        )
        if backend.after is not None:
            permission.node.add_dependency(backend.after)

    def _keep_execution_log(self) -> None:
        """API Gateway would make this log group itself, and keep it for ever."""
        name = f"API-Gateway-Execution-Logs_{self.api.rest_api_id}/{self._stage.name}"
        group = add_log_group(self, "ExecutionLog", self._stage, name)
        self.api.deployment_stage.node.add_dependency(group)
