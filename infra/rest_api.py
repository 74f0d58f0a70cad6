"""A REST API as all of ours are: regional, behind the firewall, with answers of its own, limits and logs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Aws, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_wafv2 as waf
from constructs import Construct, IDependable

from infra.gateway_responses import Wording, gateway_responses
from infra.log_group import add_log_group
from infra.stage import StageContext

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


@dataclass(frozen=True, slots=True)
class Backend:
    """A function that answers: the ARN that is invoked, and what must be there before API Gateway may invoke it."""

    arn: str
    after: IDependable | None = None


@dataclass(frozen=True, slots=True)
class Described:
    """What differs between our APIs beside their routes.

    `logs` is the name under which its access log lies, `rate` and `burst` what one method takes of all callers together
    unless `limits` has others for it by `/path/METHOD`.
    """

    name: str
    description: str
    logs: str
    rate: float
    burst: int
    wording: Wording
    binary_media_types: tuple[str, ...] = ()
    limits: Mapping[str, apigateway.MethodDeploymentOptions] | None = None


class RestApi(Construct):
    """`api` with no routes yet; who makes one adds them, and lets API Gateway invoke what answers."""

    def __init__(self, scope: Construct, construct_id: str, stage: StageContext, described: Described) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=described.name,
            description=described.description,
            endpoint_configuration=apigateway.EndpointConfiguration(types=[apigateway.EndpointType.REGIONAL]),
            binary_media_types=list(described.binary_media_types) or None,
            cloud_watch_role=False,  # the account's, set once by the platform stack
            deploy_options=self._limits_and_logs(described),
        )
        self.api.node.try_remove_child("Endpoint")  # an output with a slash at its end; ours has none
        for response in gateway_responses(described.wording):
            response.add_to(self.api)
        self._keep_execution_log()

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

    def integration(self, backend: Backend) -> apigateway.Integration:
        """A method's way to a function, which gets the request as it is."""
        return apigateway.AwsIntegration(
            service="lambda", path=f"2015-03-31/functions/{backend.arn}/invocations", proxy=True
        )

    def validator(self) -> apigateway.RequestValidator:
        """What asks for the headers that a method needs, before a function is started for nothing."""
        return self.api.add_request_validator(
            "Validator", request_validator_name="headers", validate_request_parameters=True
        )

    def let_invoke(self, construct_id: str, backend: Backend) -> None:
        """Let API Gateway invoke a function for any route of this API."""
        permission = lambda_.CfnPermission(
            self,
            construct_id,
            action="lambda:InvokeFunction",
            function_name=backend.arn,
            principal="apigateway.amazonaws.com",
            source_arn=self.api.arn_for_execute_api("*", "/*", self._stage.name),
        )
        if backend.after is not None:
            permission.node.add_dependency(backend.after)

    def _limits_and_logs(self, described: Described) -> apigateway.StageOptions:
        access_log = add_log_group(self, "AccessLog", self._stage, described.logs)
        return apigateway.StageOptions(
            stage_name=self._stage.name,
            access_log_destination=apigateway.LogGroupLogDestination(access_log),
            access_log_format=apigateway.AccessLogFormat.custom(json.dumps(_ACCESS_LOG)),
            logging_level=apigateway.MethodLoggingLevel[self._stage.settings.gateway_log_level],
            data_trace_enabled=False,  # it would write inputs to the log
            metrics_enabled=True,
            tracing_enabled=True,
            throttling_rate_limit=described.rate,
            throttling_burst_limit=described.burst,
            method_options=described.limits,
        )

    def _keep_execution_log(self) -> None:
        """API Gateway would make this log group itself, and keep it for ever."""
        name = f"API-Gateway-Execution-Logs_{self.api.rest_api_id}/{self._stage.name}"
        group = add_log_group(self, "ExecutionLog", self._stage, name)
        self.api.deployment_stage.node.add_dependency(group)
