"""The REST API of one model: its routes, and what each asks of a client."""

from collections.abc import Mapping

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from functions.adapters.model_settings import ModelSettings
from infra.findings import accept
from infra.gateway_responses import SERVING
from infra.rest_api import Backend, Described, RestApi
from infra.routes import Route, routes
from infra.stage import StageContext

# What anybody may call without a key is a load balancer's business, not a client's: a trickle for all callers together.
PUBLIC_RATE, PUBLIC_BURST = 10, 20


class HttpApi(RestApi):
    """A model's REST API, whose routes reach `backends`, by the verb of each function.

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
        self._settings = settings
        self._model = settings.model.name
        self._routes = routes(settings)
        super().__init__(scope, construct_id, stage, self._described(stage))
        accept(self.api, "AwsSolutions-APIG2", "Headers are validated here and bodies by predict: see the class above.")
        self._add_routes(backends)
        for verb, backend in backends.items():
            self.let_invoke("InvokeLive" if verb == "predict" else f"Invoke{verb.title()}", backend)

    def _described(self, stage: StageContext) -> Described:
        public = apigateway.MethodDeploymentOptions(
            throttling_rate_limit=PUBLIC_RATE, throttling_burst_limit=PUBLIC_BURST
        )
        answers = "labels and observations" if self._settings.train.external else "predictions, labels and observations"
        return Described(
            name=stage.names.function("api", self._model),
            description=f"Model {self._model}: {answers}",
            logs=f"/trimtab/{stage.name}/models/{self._model}/access",
            rate=self._settings.api.rate,
            burst=self._settings.api.burst,
            wording=SERVING,
            binary_media_types=("*/*",),
            limits={f"{route.path}/{route.method}": public for route in self._routes if route.asks == "nothing"},
        )

    def _add_routes(self, backends: Mapping[str, Backend]) -> None:
        integrations = {verb: self.integration(backend) for verb, backend in backends.items()}
        validator = self.validator()
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
