"""A model's clients: their API key, how much it may ask for, and where a client finds both."""

from aws_cdk import CfnOutput
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from functions.adapters.model_settings import ModelSettings
from infra.http_api import HttpApi
from infra.stage import StageContext


class ClientKey(Construct):
    """One API key with the rate, burst and quota of model.toml; none of it where callers sign with IAM."""

    def __init__(
        self, scope: Construct, construct_id: str, stage: StageContext, settings: ModelSettings, http: HttpApi
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._model = settings.model.name
        self._publish("url", http.url, "Where the model is called")
        if settings.api.auth == "api_key" and not settings.train.external:  # there all that is asked is signed
            key = self._key(settings, http)
            self._publish("api_key_id", key.key_id, "The API key's id: its value is read with apigateway get-api-key")

    def _key(self, settings: ModelSettings, http: HttpApi) -> apigateway.ApiKey:
        name = self._stage.names.function("clients", self._model)
        key = apigateway.ApiKey(self, "Key", api_key_name=name, description=f"Clients of model {self._model}")
        plan = apigateway.UsagePlan(
            self,
            "Plan",
            name=name,
            description=f"What one client of model {self._model} may ask for",
            throttle=apigateway.ThrottleSettings(rate_limit=settings.api.rate, burst_limit=settings.api.burst),
            quota=apigateway.QuotaSettings(limit=settings.api.quota, period=apigateway.Period.DAY),
            api_stages=[apigateway.UsagePlanPerApiStage(api=http.api, stage=http.api.deployment_stage)],
        )
        plan.add_api_key(key)
        return key

    def _publish(self, key: str, value: str, description: str) -> None:
        """Where the command line and later stacks find it."""
        title = "".join(part.title() for part in key.split("_"))
        ssm.StringParameter(
            self,
            f"{title}Parameter",
            parameter_name=self._stage.names.model_parameter(self._model, key),
            string_value=value,
            description=description,
        )
        CfnOutput(self, title, value=value, description=description).override_logical_id(title)
