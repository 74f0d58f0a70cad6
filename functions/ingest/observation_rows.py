"""`{"observations": [{"id"?, "time", "version", "inputs", "prediction"}, …]}` to an observation record."""

from typing import Any, Final, NamedTuple

from functions.domain.errors import InvalidRequestError
from functions.domain.model_config import ModelConfig
from functions.domain.prediction_id import predicted_at, prediction_id, request_id
from functions.ingest.fields import entry, moment, text
from functions.ingest.input_columns import InputColumns
from functions.ingest.outputs import Output, OutputReader
from functions.ingest.row_errors import RowErrors

KEY: Final = "observations"
NEEDED: Final = frozenset({"time", "version", "inputs", "prediction"})
OPTIONAL: Final = frozenset({"id"})


class ObservationRow(NamedTuple):
    """One good row; `place` is its number in the request."""

    place: int
    id: str
    time_ms: int
    version: str
    inputs: dict[str, Any]
    output: Output


class Reader:
    """Reads one request's rows. `gateway_id` names the request; ids that we give are made of it."""

    def __init__(self, config: ModelConfig, gateway_id: str, arrived_ms: int) -> None:
        self._inputs = InputColumns(config.features)
        self._outputs = OutputReader(config)
        self._gateway_id, self._arrived_ms = gateway_id, arrived_ms
        self._taken: dict[str, int] = {}

    def read(self, rows: list[Any], errors: RowErrors) -> tuple[dict[str, Any], list[int]]:
        """The columns of an observation record, one entry for each good row, and those rows' numbers."""
        good: list[ObservationRow] = []
        for place, row in enumerate(rows):
            try:
                good.append(self._row(place, row))
            except InvalidRequestError as error:
                errors.add(place, str(error))
        inputs, flags = self._read_inputs(good, errors)
        if any(row.place in errors for row in good):
            good = [row for row in good if row.place not in errors]
            inputs, flags = self._read_inputs(good, errors)
        return {
            "ids": [row.id for row in good],
            "times": [row.time_ms for row in good],
            "versions": [row.version for row in good],
            "inputs": inputs,
            "predictions": [row.output.prediction for row in good],
            "scores": [row.output.score for row in good],
            "probabilities": [row.output.probabilities for row in good],
            "flags": flags,
        }, [row.place for row in good]

    def _read_inputs(
        self, good: list[ObservationRow], errors: RowErrors
    ) -> tuple[dict[str, list[Any]], list[list[str]]]:
        if not good:
            return {}, []
        return self._inputs.read([row.inputs for row in good], [row.place for row in good], errors)

    def _row(self, place: int, row: Any) -> ObservationRow:
        given = entry(row, NEEDED, OPTIONAL)
        time_ms = moment(given["time"], "time", self._arrived_ms)
        version = text(given["version"], "version")
        output = self._outputs.read(given["prediction"])
        inputs = self._inputs.check_names(given["inputs"])
        return ObservationRow(place, self._id(place, given.get("id"), time_ms), time_ms, version, inputs, output)

    def _id(self, place: int, given: Any, time_ms: int) -> str:
        """The sender's own id, or one of ours that says the observation's own time: so its label finds its hour."""
        if given is None:
            return prediction_id(request_id(self._gateway_id, time_ms), place)
        own = text(given, "id")
        said = predicted_at(own)
        if said is not None and said != time_ms:
            raise InvalidRequestError("id: is one of ours, made at another time than this; send your own, or none")
        first = self._taken.setdefault(own, place)
        if first != place:
            raise InvalidRequestError(f"id: row {first} has the same one; send each observation once")
        return own
