"""Which call answers which path, and what becomes of errors."""

from collections.abc import Callable, Mapping
from time import perf_counter_ns
from typing import Any, Protocol

from functions.adapters.gateway_answer import Answer, error_answer, json_answer, method_not_allowed
from functions.adapters.gateway_request import Request
from functions.domain.contract import Contract
from functions.domain.errors import InvalidRequestError, InvalidValuesError, NoReleaseError, NotFoundError
from functions.predict.rejections import count_rejected

Call = Callable[[Request, int], Answer]

_BAD_REQUESTS = (InvalidRequestError, InvalidValuesError)  # themselves, not what is too large or of another type


class Calls(Protocol):
    """What answers the serving calls: a release, or what stands in for one. Each call raises TrimtabErrors."""

    contract: Contract | None

    def infer(self, request: Request, started: int) -> Answer: ...
    def predict(self, request: Request, started: int) -> Answer: ...
    def server(self, request: Request, started: int) -> Answer: ...
    def ready(self, request: Request, started: int) -> Answer: ...
    def metadata(self, request: Request, started: int) -> Answer: ...
    def model_ready(self, request: Request, started: int) -> Answer: ...

    def check_version(self, version: str) -> None:
        """Raise NotFoundError for another model version than the one that is served."""
        ...


class ClosedRelease:
    """What stands in for a release where there is none, or a broken one: everything of it is 503, with the reason."""

    contract: Contract | None = None

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def refuse(self, request: Request, started: int) -> Answer:
        raise NoReleaseError(self._reason)

    infer = predict = metadata = ready = server = model_ready = refuse

    def check_version(self, version: str) -> None:
        """Without a release no version is the wrong one."""


class Api:
    """Finds the call for a request and turns errors into answers."""

    def __init__(self, model: str, release: Calls) -> None:
        self._model = model
        self._release = release
        base = f"/v2/models/{model}"
        self._versions = f"{base}/versions/"
        self._base = base
        self._routes: dict[str, tuple[str, Call]] = {
            f"{base}/infer": ("POST", release.infer),
            f"/models/{model}/predict": ("POST", release.predict),
            "/v2": ("GET", release.server),
            "/v2/health/live": ("GET", _live),
            "/v2/health/ready": ("GET", release.ready),
            base: ("GET", release.metadata),
            f"{base}/ready": ("GET", release.model_ready),
            "/openapi.json": ("GET", self._openapi),
        }

    def answer(self, event: Mapping[str, Any]) -> Answer:
        """The answer to one API Gateway event. What is wrong with the request is in the answer, never raised."""
        started = perf_counter_ns()
        request = None
        try:
            request = Request(event)
            path = request.path
            route = self._routes.get(path) or self._routes.get(self._without_version(path))
            if route is None:
                raise NotFoundError(
                    f"there is no {path[:100]!r} here; see /openapi.json for the calls of {self._model!r}"
                )
            method, call = route
            if request.method != method:
                return method_not_allowed(request.method, method)
            return call(request, started)
        except (InvalidRequestError, NotFoundError, NoReleaseError) as error:
            if request is not None and isinstance(error, InvalidRequestError) and type(error) in _BAD_REQUESTS:
                count_rejected(self._model, request.time, error)
            return error_answer(error)

    def _without_version(self, path: str) -> str:
        """`/v2/models/M/versions/V/infer` as `/v2/models/M/infer`, if V is served."""
        if not path.startswith(self._versions):
            return path
        version, _, call = path.removeprefix(self._versions).partition("/")
        self._release.check_version(version)
        return f"{self._base}/{call}" if call else self._base

    def _openapi(self, request: Request, started: int) -> Answer:
        from functions.predict.openapi import document  # once in a long while; not on the way to a prediction

        return json_answer(document(self._model, self._release.contract))


def _live(request: Request, started: int) -> Answer:
    return json_answer({"live": True})
