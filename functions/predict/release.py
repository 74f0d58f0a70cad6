"""One release's calls: from a request to its answer, by way of its record."""

from collections.abc import Mapping
from time import perf_counter_ns
from typing import Any, Final

import orjson

from functions.adapters.gateway_answer import Answer, binary_answer, json_answer
from functions.adapters.gateway_request import Request
from functions.domain.contract import Contract
from functions.domain.errors import NotFoundError
from functions.predict import named_rows
from functions.predict.model import Model
from functions.predict.named_rows import Predictions
from functions.predict.open_inference import Codec
from functions.predict.records import Recorder

SERVER_VERSION: Final = "0.1.0"


class OpenRelease:
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


def flags_parameter(flags: list[list[str]]) -> str:
    """Flags by row as the protocol takes a parameter: one text, of JSON."""
    return orjson.dumps({str(row): found for row, found in enumerate(flags) if found}).decode()
