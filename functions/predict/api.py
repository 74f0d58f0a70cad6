"""The serving calls: from one HTTP request to its answer."""

from collections.abc import Callable, Mapping
from time import perf_counter_ns
from typing import Any, Final

from functions.domain.contract import Contract
from functions.domain.errors import (
    InvalidRequestError,
    NoReleaseError,
    NotFoundError,
    RequestTooLargeError,
    UnsupportedContentTypeError,
)
from functions.predict import named_rows
from functions.predict.answers import Answer, binary_answer, error_answer, json_answer, method_not_allowed
from functions.predict.model import Model
from functions.predict.named_rows import Predictions
from functions.predict.open_inference import Codec
from functions.predict.records import Recorder
from functions.predict.requests import Request

SERVER_VERSION: Final = "0.1.0"
CLIENT_ERRORS: Final = (InvalidRequestError, NotFoundError, NoReleaseError)

Call = Callable[[Request, int], Answer]


class Closed:
    """What stands in for a release where there is none, or a broken one: everything of it is 503, with the reason."""

    contract: Contract | None = None

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def refuse(self, request: Request, started: int) -> Answer:
        raise NoReleaseError(self._reason)

    infer = predict = metadata = ready = server = model_ready = refuse

    def check_version(self, version: str) -> None:
        """Without a release no version is the wrong one."""


class Release:
    """A model version and a code version, live together: answers and records."""

    def __init__(self, model: Model, version: int, release: int, recorder: Recorder) -> None:
        self.contract: Contract | None = model.contract
        self._contract = model.contract
        self._model = model
        self._version = version
        self._release = release
        self._recorder = recorder
        self._codec = Codec(model.contract, model.columns)
        self._predictions = Predictions(model.contract)

    def infer(self, request: Request, started: int) -> Answer:
        document, binary = request.parts(self._contract.max_body)
        asked = self._codec.read(document, binary)
        results, flags = self._model.predict(asked.columns, asked.rows)
        self._record(request, asked.columns, results, flags, started)
        outputs, blobs = self._codec.tensors(asked.outputs, results)
        parameters: dict[str, Any] = {"request_id": request.id, "release": self._release}
        answer = {
            "model_name": self._contract.model,
            "model_version": str(self._version),
            "parameters": parameters,
            "outputs": outputs,
        }
        if asked.id is not None:
            answer["id"] = asked.id
        if flags:
            parameters["flags"] = flags_parameter(flags)
        return binary_answer(answer, blobs) if blobs else json_answer(answer)

    def predict(self, request: Request, started: int) -> Answer:
        columns, rows = named_rows.read(request.json(self._contract.max_body), self._contract)
        results, flags = self._model.predict(columns, rows)
        self._record(request, columns, results, flags, started)
        return json_answer(
            {
                "model": self._contract.model,
                "model_version": self._version,
                "release": self._release,
                "predictions": self._predictions.write(request.id, results, flags),
            }
        )

    def _record(
        self,
        request: Request,
        columns: Mapping[str, list[Any]],
        results: Mapping[str, Any],
        flags: list[list[str]],
        started: int,
    ) -> None:
        outputs = {name: array.tolist() for name, array in results.items()}
        self._recorder.record(request, columns, outputs, flags, (perf_counter_ns() - started) // 1000)

    def server(self, request: Request, started: int) -> Answer:
        return json_answer({"name": "trimtab", "version": SERVER_VERSION, "extensions": ["binary_tensor_data"]})

    def ready(self, request: Request, started: int) -> Answer:
        return json_answer({"live": True, "ready": True})

    def model_ready(self, request: Request, started: int) -> Answer:
        return json_answer({"name": self._contract.model, "ready": True})

    def metadata(self, request: Request, started: int) -> Answer:
        contract = self._contract
        inputs = [
            {"name": name, "datatype": column.datatype, "shape": [-1, column.width]}
            for name, column in self._model.columns.items()
        ]
        outputs = [
            {"name": output.name, "datatype": output.datatype, "shape": [-1, *output.shape]}
            for output in contract.outputs
        ]
        return json_answer(
            {
                "name": contract.model,
                "versions": [str(self._version)],
                "platform": "onnxruntime_onnx",
                "inputs": inputs,
                "outputs": outputs,
            }
        )

    def check_version(self, version: str) -> None:
        """Raise NotFoundError for another model version than the one that is served."""
        if version != str(self._version):
            raise NotFoundError(
                f"version {version[:20]!r} of {self._contract.model!r} is not served here; {self._version} is"
            )


class Api:
    """Finds the call for a request and turns errors into answers."""

    def __init__(self, model: str, release: Release | Closed) -> None:
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
        except (InvalidRequestError, RequestTooLargeError, UnsupportedContentTypeError) as error:
            return error_answer(error)
        except (NotFoundError, NoReleaseError) as error:
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


def flags_parameter(flags: list[list[str]]) -> str:
    """Flags by row as the protocol takes a parameter: one text, of JSON."""
    import orjson

    return orjson.dumps({str(row): found for row, found in enumerate(flags) if found}).decode()


def _live(request: Request, started: int) -> Answer:
    return json_answer({"live": True})
