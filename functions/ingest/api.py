"""Which call answers which path, and what becomes of errors."""

from collections.abc import Callable, Mapping
from typing import Any

from functions.adapters.gateway_answer import Answer, error_answer, json_answer, method_not_allowed
from functions.adapters.gateway_request import Request
from functions.domain.errors import InvalidRequestError, NotFoundError, UnavailableError
from functions.domain.model_config import ModelConfig
from functions.ingest.calls import Calls

Call = Callable[[Request], Answer]


class Api:
    """Finds the call for a request and turns errors into answers."""

    def __init__(self, model: str, config: Callable[[int], ModelConfig], calls: Calls) -> None:
        self._model = model
        self._config = config
        self._routes: dict[str, tuple[str, Call]] = {
            f"/models/{model}/labels": ("POST", calls.labels),
            f"/models/{model}/observations": ("POST", calls.observations),
            "/openapi.json": ("GET", self._openapi),
        }

    def answer(self, event: Mapping[str, Any]) -> Answer:
        """The answer to one API Gateway event. What is wrong with the request is in the answer, never raised."""
        try:
            request = Request(event)
            route = self._routes.get(request.path)
            if route is None:
                raise NotFoundError(f"there is no {request.path[:100]!r} here; see /openapi.json for what there is")
            method, call = route
            if request.method != method:
                return method_not_allowed(request.method, method)
            return call(request)
        except (InvalidRequestError, NotFoundError, UnavailableError) as error:
            return error_answer(error)

    def _openapi(self, request: Request) -> Answer:
        from functions.ingest.openapi import document  # once in a long while

        return json_answer(document(self._config(request.time)))
