"""The gateway: what API Gateway does with a request before and after the function, as the template declares it."""

import json
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import perf_counter
from uuid import uuid4

from trimtab.local.client_keys import Client, ClientKeys
from trimtab.local.clock import Clock
from trimtab.local.credentials import Credentials
from trimtab.local.exchange import Exchange, log_variables
from trimtab.local.gateway_metrics import GatewayMetrics
from trimtab.local.gateway_responses import Refusal, fill, refusal, shaped
from trimtab.local.http_message import BadMessageError, BodyTooLargeError, Request, Response
from trimtab.local.iam_auth import signed_by
from trimtab.local.invocation import Result
from trimtab.local.invoke_rights import check_invoke
from trimtab.local.invoker import Invoker
from trimtab.local.lambda_errors import LambdaError
from trimtab.local.lambda_policies import service_may_invoke
from trimtab.local.lambda_records import FunctionFiles
from trimtab.local.log_sink import LogSink
from trimtab.local.principal_rights import PrincipalRights
from trimtab.local.proxy_event import MalformedAnswerError, proxy_event, proxy_response
from trimtab.local.request_validation import validate
from trimtab.local.routes import Api, Method
from trimtab.local.throttle import Quotas, Throttles

BODY_LIMIT = 10 * 1024 * 1024
TIME_HEADER = "x-trimtab-time"


class Gateway:
    """`answer` serves the gateway's port. `serve` takes the APIs of a deployment."""

    def __init__(
        self,
        *,
        account: str,
        region: str,
        functions: FunctionFiles,
        invoker: Invoker,
        keys: ClientKeys,
        credentials: Credentials,
        rights: PrincipalRights,
        quotas: Quotas,
        clock: Clock,
        metrics: GatewayMetrics,
        sink: LogSink,
        say: Callable[[str], None],
    ) -> None:
        self._account, self._region, self._functions, self._invoker = account, region, functions, invoker
        self._keys, self._credentials, self._rights, self._quotas = keys, credentials, rights, quotas
        self._clock, self._metrics, self._sink, self._say = clock, metrics, sink, say
        self._throttles = Throttles()
        self._apis: Mapping[str, Api] = {}

    def serve(self, apis: Mapping[str, Api]) -> None:
        """Use these APIs from now on."""
        self._apis = apis

    def answer(self, request: Request) -> Response:
        """The response to any request."""
        exchange = Exchange(request, self._clock.now_ms())
        try:
            response = self._through(exchange)
        except Refusal as refused:
            response = self._refused(exchange, refused)
        return self._finish(exchange, response)

    def malformed(self, error: BadMessageError) -> Response:
        """The response to what is no request, or has too large a body."""
        request = error.head if isinstance(error, BodyTooLargeError) else Request("-", "/", [])
        exchange = Exchange(request, self._clock.now_ms())
        exchange.api = self._apis.get(_prefix(request))
        kind = "REQUEST_TOO_LARGE" if error.status == 413 else "DEFAULT_4XX"
        response = self._refused(exchange, refusal(kind, None if error.status == 413 else str(error), error.status))
        return self._finish(exchange, response)

    def _take_time(self, exchange: Exchange) -> None:
        """In virtual time a request may say when it is made; the header goes no further."""
        if not self._clock.is_virtual or (text := exchange.request.header(TIME_HEADER)) is None:
            return
        if not (text.isascii() and text.isdigit() and len(text) <= 15):
            raise refusal("BAD_REQUEST_PARAMETERS", f"{TIME_HEADER} must be milliseconds since 1970, not {text[:40]}")
        exchange.epoch_ms = int(text)
        kept = [(name, value) for name, value in exchange.request.headers if name.lower() != TIME_HEADER]
        exchange.request.headers = kept

    def _through(self, exchange: Exchange) -> Response:
        request = exchange.request
        api = exchange.api = self._apis.get(_prefix(request))
        if api is None:
            there = ", ".join(f"/{prefix}" for prefix in sorted(self._apis)) or "none yet"
            body = json.dumps({"error": f"no API at {request.raw_path[:200]}: those here are {there}"}).encode()
            return Response(404, body, [("Content-Type", "application/json")])
        self._take_time(exchange)
        if api.firewall and (verdict := api.firewall.judge(request, exchange.begun)):
            exchange.firewall = exchange.refused = verdict.rule
            if verdict.response is not None:
                return Response(verdict.response.status, verdict.response.body, list(verdict.response.headers))
            raise refusal("WAF_FILTERED")
        found = api.find(request.method, "/" + request.raw_path.lstrip("/").partition("/")[2])
        if found is None:
            raise refusal("MISSING_AUTHENTICATION_TOKEN")
        exchange.method, parameters = found
        self._admit(exchange, api, found[0])
        validate(request, found[0])
        event = proxy_event(
            request, api, found[0], parameters, exchange.identity,
            account=self._account, request_id=exchange.request_id, trace_id=exchange.trace_id,
            epoch_ms=exchange.epoch_ms,
        )  # fmt: skip
        result = self._integrate(exchange, api, found[0], json.dumps(event).encode())
        try:
            return proxy_response(result.payload, api.binary_types)
        except MalformedAnswerError as error:
            sys.stderr.write(f"gateway: {request.method} {request.raw_path}: malformed proxy response: {error}\n")
            raise refusal("DEFAULT_5XX", status=502) from error

    def _admit(self, exchange: Exchange, api: Api, method: Method) -> None:
        """Who asks, and whether there is room."""
        request = exchange.request
        if method.by_iam:
            key = signed_by(request, self._credentials.find, datetime.now(UTC))
            exchange.identity |= {"userArn": key.principal, "caller": key.principal, "user": key.principal,
                                  "accessKey": key.id, "accountId": self._account}  # fmt: skip
            prefix = f"arn:aws:execute-api:{self._region}:{self._account}:{api.id}/{api.stage}/{request.method}/"
            check_invoke(self._rights, key, prefix, request.raw_path.lstrip("/").partition("/")[2])
        client: Client | None = None
        if method.key_required:
            value = request.header("x-api-key")
            client = self._keys.find(value, api.id, api.stage) if value else None
            if client is None:
                raise refusal("INVALID_API_KEY")
            exchange.identity |= {"apiKey": value, "apiKeyId": client.key_id}
        if client is not None:
            own = client.method_limits.get(f"{method.resource_path}/{method.http_method}")
            limits, place = (own, method.resource_path + method.http_method) if own else (client.limits, "")
            self._take(("client", client.plan_id, client.key_id, place), limits.rate, limits.burst, exchange.begun)
        place = f"{method.resource_path}/{method.http_method}"
        self._take(("method", api.id, place), method.limits.rate, method.limits.burst, exchange.begun)
        if client is not None and client.quota is not None:
            now = datetime.fromtimestamp(self._clock.now_s(), UTC)
            if not self._quotas.take(f"{client.plan_id}-{client.key_id}", client.quota, client.period, now):
                raise refusal("QUOTA_EXCEEDED")

    def _take(self, key: tuple[str, ...], rate: float | None, burst: int | None, now: float) -> None:
        if not self._throttles.take(key, rate, burst, now):
            raise refusal("THROTTLED")

    def _integrate(self, exchange: Exchange, api: Api, method: Method, event: bytes) -> Result:
        """Invoke the function; its errors become the gateway's."""
        function = self._functions.find(method.function)
        source = f"arn:aws:execute-api:{self._region}:{self._account}:{api.id}/{api.stage}/{exchange.request.method}"
        if function is None or not service_may_invoke(
            function, method.qualifier, "apigateway.amazonaws.com", source + method.resource_path
        ):
            sys.stderr.write(f"gateway: no permission to invoke {method.function}:{method.qualifier}\n")
            raise refusal("API_CONFIGURATION_ERROR")
        begun = perf_counter()

        def invoke() -> Result:
            return self._invoker.invoke(
                function, method.qualifier, event, request_id=str(uuid4()), trace_id=exchange.trace_id,
                at_ms=exchange.epoch_ms,
            )  # fmt: skip

        try:
            longest = float(function.configuration(method.qualifier)["Timeout"])
            result = invoke() if longest < method.timeout_s else _within(invoke, method.timeout_s)
        except LambdaError as error:
            if error.status == 413:
                raise refusal("REQUEST_TOO_LARGE") from error
            raise refusal("DEFAULT_5XX") from error
        finally:
            exchange.function_ms = (perf_counter() - begun) * 1000
        exchange.release = result.version or "-"
        if result.error:
            sys.stderr.write(f"gateway: {method.function}: {result.payload[:500].decode(errors='replace')}\n")
            raise refusal("DEFAULT_5XX", status=502)
        return result

    def _refused(self, exchange: Exchange, refused: Refusal) -> Response:
        exchange.refused = refused.kind
        responses = exchange.api.responses if exchange.api else {}
        if exchange.api is None:
            body = json.dumps({"error": refused.message}).encode()
            return Response(refused.status, body, [("Content-Type", "application/json")])
        return shaped(refused, responses, {"requestId": exchange.request_id})

    def _finish(self, exchange: Exchange, response: Response) -> Response:
        response.headers += [("x-amzn-RequestId", exchange.request_id), ("X-Amzn-Trace-Id", exchange.trace_id)]
        took = (perf_counter() - exchange.begun) * 1000
        request = exchange.request
        path = "".join(char if char.isprintable() else "?" for char in request.raw_path[:200])
        refused = "" if exchange.refused == "-" else f" {exchange.refused}"
        self._say(
            f"{request.method} {path} {response.status} {took:.1f} ms request={exchange.request_id} "
            f"release={exchange.release}{refused}"
        )
        self._metrics.count(exchange, response.status, took)
        if exchange.api and exchange.api.access_log:
            group, template = exchange.api.access_log
            self._sink.write(
                group, exchange.api.id, exchange.received_ms, fill(template, log_variables(exchange, response, took))
            )
        return response


def _prefix(request: Request) -> str:
    return request.raw_path.lstrip("/").partition("/")[0]


def _within(invoke: Callable[[], Result], seconds: float) -> Result:
    """An invocation that may take longer than the gateway waits: it goes on, the client gets a 504."""
    answers: list[Result | LambdaError] = []

    def run() -> None:
        try:
            answers.append(invoke())
        except LambdaError as error:
            answers.append(error)

    thread = threading.Thread(target=run, name="slow-integration", daemon=True)
    thread.start()
    thread.join(seconds)
    if not answers:
        raise refusal("INTEGRATION_TIMEOUT")
    if isinstance(answers[0], LambdaError):
        raise answers[0]
    return answers[0]
