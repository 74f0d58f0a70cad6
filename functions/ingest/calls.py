"""The two calls: from a request's rows to records, acknowledged, and to the answer."""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from functions.adapters.gateway_answer import Answer, json_answer
from functions.adapters.gateway_request import Request
from functions.adapters.metric_line import metric_line
from functions.domain import label_record, observation_record
from functions.domain.errors import InvalidRequestError, RequestTooLargeError
from functions.domain.findings import shown
from functions.domain.model_config import ModelConfig
from functions.domain.prediction_record import MAX_RECORD_BYTES
from functions.domain.truth_limits import MAX_BODY, MAX_ROWS
from functions.ingest import label_rows, observation_rows
from functions.ingest.delivery import Delivery, Part, parts
from functions.ingest.row_errors import RowErrors

REJECTED: Final = "RejectedRows"


class Calls:
    """Takes labels and observations of one model. `config` gives the model's settings at a moment."""

    def __init__(self, config: Callable[[int], ModelConfig], labels: Delivery, observations: Delivery) -> None:
        self._config = config
        self._label_delivery = labels
        self._observation_delivery = observations

    def labels(self, request: Request) -> Answer:
        rows = _rows(request, label_rows.KEY)
        config = self._config(request.time)
        errors = RowErrors()
        columns = label_rows.read_labels(rows, config, request.time, errors)
        places = [place for place in range(len(rows)) if place not in errors]
        document = {**_head(request, config.model, label_record.SCHEMA_VERSION), **columns}
        records = _records(document, places, errors)
        if records:
            self._label_delivery.deliver(records, request.id, request.time)
        _count(request, config.model, "Labels", records, errors)
        return _answer(records, errors, {})

    def observations(self, request: Request) -> Answer:
        rows = _rows(request, observation_rows.KEY)
        config = self._config(request.time)
        errors = RowErrors()
        reader = observation_rows.Reader(config, request.event["requestContext"]["requestId"], request.time)
        columns, places = reader.read(rows, errors)
        document = {**_head(request, config.model, observation_record.SCHEMA_VERSION), **columns}
        records = _records(document, places, errors)
        if records:
            self._observation_delivery.deliver(records, request.id, request.time)
        _count(request, config.model, "Observations", records, errors)
        ids: list[str | None] = [None] * len(rows)
        for place, own in zip(places, columns["ids"], strict=True):
            ids[place] = None if place in errors else own
        return _answer(records, errors, {"ids": ids})


def _rows(request: Request, key: str) -> list[Any]:
    """The rows of a request's body.

    Raises:
        InvalidRequestError: the body is not `{key: [row, …]}`.
        RequestTooLargeError: it has too many rows.
    """
    document = request.json(MAX_BODY)
    if type(document) is not dict or list(document) != [key]:
        raise InvalidRequestError(f'the body should be {{"{key}": [{{…}}, …]}} and nothing else; see /openapi.json')
    rows = document[key]
    if type(rows) is not list or not rows:
        raise InvalidRequestError(f'"{key}" should be a list of at least one row, not {shown(rows)}')
    if len(rows) > MAX_ROWS:
        raise RequestTooLargeError(
            f"the request has {len(rows)} rows; at most {MAX_ROWS} are allowed: split it into several"
        )
    return rows


def _head(request: Request, model: str, version: int) -> dict[str, Any]:
    return {
        "v": version,
        "model": model,
        "request_id": request.id,
        "time": request.time,
        "sender": request.signer,
    }


def _records(document: dict[str, Any], places: Sequence[int], errors: RowErrors) -> list[Part]:
    """The document as records; a row that is too large for any becomes an error of the row that it was."""
    if not places:
        return []
    records, too_large = parts(document, len(places))
    for row in too_large:
        errors.add(places[row], f"takes more than {MAX_RECORD_BYTES} bytes in the log: send shorter texts")
    return records


def _count(request: Request, model: str, metric: str, records: list[Part], errors: RowErrors) -> None:
    values = {metric: _accepted(records), REJECTED: len(errors)}
    line = metric_line(request.time, {"model": model}, {name: value for name, value in values.items() if value})
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _accepted(records: list[Part]) -> int:
    return sum(part.rows for part in records)


def _answer(records: list[Part], errors: RowErrors, more: dict[str, Any]) -> Answer:
    """200 with what was taken and what was not; 400 where nothing was."""
    answer = {"accepted": _accepted(records), **more, "rejected": errors.listed()}
    if records:
        return json_answer(answer)
    first = answer["rejected"][0]
    return json_answer({"error": f"no row was taken; row {first['row']}: {first['error']}", **answer}, 400)
