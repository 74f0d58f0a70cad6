"""Finds one request in the log: in its hour's table, else where its record lay before that was compacted.

A request's id tells its hour, so nothing is searched: one object of the table, else the raw objects of that hour and
the next, else the lines of the function's log since then.
"""

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from functions.adapters.data_lake import DataLake
from functions.adapters.function_log import Logs
from functions.domain.errors import CorruptArtifactError, InvalidRequestError
from functions.domain.log_table import FEATURE_PREFIX, hour_key, hour_of
from functions.domain.logged_record import LOG_MARKER, LOG_PART_MARKER, recover
from functions.domain.prediction_id import predicted_at, prediction_id
from functions.domain.prediction_record import PredictionRecord, parse

MOST_ROWS = 100  # of a request that are shown
MOST_OBJECTS = 200  # of raw ones that are read
READERS = 8
HOUR = timedelta(hours=1)
_REQUEST = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORDS = (LOG_MARKER.strip(), LOG_PART_MARKER.strip())


@dataclass(frozen=True, slots=True)
class Served:
    """A request as it was logged. `rows` is how many it had; of those that are shown each is a document.

    `where` is the object, or the log, that it was found in; `release` is None of one that was answered elsewhere.
    """

    where: str
    time: str
    version: str
    release: int | None
    client: str | None
    source: str
    latency_us: int | None
    rows: int
    shown: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which request, or which one row of it, and the hour that it came in."""

    id: str
    row: str | None
    at: datetime

    @classmethod
    def of(cls, text: str, at: datetime | None = None) -> "Asked":
        """Read `<request id>` or `<request id>-<row>`; with `at`, any id of an observation made then.

        Raises:
            InvalidRequestError: the id does not tell when it was made, and `at` is missing.
        """
        request = text if _REQUEST.fullmatch(text) else text.rpartition("-")[0]
        made = predicted_at(prediction_id(request, 0))
        if made is not None:
            return cls(request, None if request == text else text, hour_of(made))
        if at is None:
            raise InvalidRequestError(
                f"{text[:80]!r} is no id of a request or a prediction that was answered here: it would tell its time. "
                "For an observation, say with `at` when it was predicted"
            )
        return cls(text, text, at.astimezone(UTC))


class ServedRequests:
    """Requests of one stage. `logs` are those of the functions that answer, `function` names a model's."""

    def __init__(self, data: DataLake, logs: Logs | None = None) -> None:
        self._data, self._logs = data, logs

    def find(self, model: str, asked: Asked, function: str) -> Served | None:
        """The request; None where the log does not have it (yet).

        Raises:
            UnavailableError: AWS did not answer.
        """
        return self._in_table(model, asked) or self._in_raw(model, asked) or self._in_log(asked, function)

    def _in_table(self, model: str, asked: Asked) -> Served | None:
        key = hour_key(model, asked.at)
        found = self._data.get(key)
        if found is None:
            return None
        with TemporaryDirectory() as folder, duckdb.connect() as con:
            path = Path(folder) / "rows.parquet"
            path.write_bytes(found.body)
            rows, count = _selected(con, path, asked)
        if not rows:
            return None
        first = rows[0]
        return Served(
            key,
            str(first["time"]),
            first["version"],
            first["release"],
            first["client"],
            first["source"],
            first["latency_us"],
            count,
            [_table_row(row) for row in rows],
        )

    def _in_raw(self, model: str, asked: Asked) -> Served | None:
        """In what arrived in its hour and the next: Firehose dates objects by their arrival."""
        hours = (asked.at, asked.at + HOUR)
        prefixes = [f"raw/predictions/model={model}/{hour:%Y/%m/%d/%H}/" for hour in hours]
        keys = [listed.key for prefix in prefixes for listed in islice(self._data.list(prefix), MOST_OBJECTS)]
        with ThreadPoolExecutor(READERS) as readers:
            for key, lines in zip(keys, readers.map(lambda key: self._lines(key, asked), keys), strict=True):
                if lines and (served := _of_records(key, _records(lines), asked)):
                    return served
        return None

    def _lines(self, key: str, asked: Asked) -> list[bytes]:
        """The lines of a raw object that hold the id; most of them need not be parsed."""
        found = self._data.get(key)
        if found is None:
            return []
        try:
            body = gzip.decompress(found.body) if found.body[:2] == b"\x1f\x8b" else found.body
        except (OSError, EOFError, zlib.error):
            return []  # compact sets it aside, and says so
        mark = asked.id.encode()
        return [line for line in body.splitlines() if mark in line] if mark in body else []

    def _in_log(self, asked: Asked, function: str) -> Served | None:
        """Where no stream took its record."""
        if self._logs is None:
            return None
        search = self._logs.search(function, _WORDS, round(asked.at.timestamp() * 1000))
        texts = (event.text for event in search.events if asked.id in event.text)
        try:
            lines = [record.line.encode() for record in recover(texts) if record.kind == "predictions"]
        except CorruptArtifactError:  # a part of a long record is missing
            return None
        return _of_records(f"/aws/lambda/{function}", _records(lines), asked)


def _selected(con: duckdb.DuckDBPyConnection, path: Path, asked: Asked) -> tuple[list[dict[str, Any]], int]:
    """The rows that were asked for, at most so many, and how many the request has. Ids sort: row groups are skipped."""
    source = f"read_parquet('{path}', hive_partitioning = false)"
    of_request = "time is not null and (id = $id or (id >= $id || '-' and id < $id || '.'))"
    counted = con.execute(f"select count(*) from {source} where {of_request}", {"id": asked.id}).fetchone()  # noqa: S608
    wanted = {"id": asked.id} if asked.row is None else {"id": asked.id, "row": asked.row}
    which = of_request if asked.row is None else f"{of_request} and id = $row"
    answer = con.execute(f'select * from {source} where {which} order by "row" limit {MOST_ROWS}', wanted)  # noqa: S608
    names = [column[0] for column in answer.description or ()]
    rows = [{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in answer.fetchall()]
    return rows, counted[0] if counted else 0


def _table_row(row: dict[str, Any]) -> dict[str, Any]:
    inputs = {name.removeprefix(FEATURE_PREFIX): row[name] for name in row if name.startswith(FEATURE_PREFIX)}
    outputs = {name: row[name] for name in ("prediction", "score", "probabilities") if row[name] is not None}
    return {
        "id": row["id"],
        "inputs": inputs,
        "outputs": outputs,
        "flags": row["flags"] or [],
        "label": row["label"] if row["label"] is not None else row["target"],
        "labels": row["labels"] or [],
    }


def _records(lines: Iterable[bytes]) -> Iterator[PredictionRecord]:
    for line in lines:
        try:
            yield parse(line)
        except CorruptArtifactError:
            continue  # compact sets it aside, and says so


def _of_records(where: str, records: Iterable[PredictionRecord], asked: Asked) -> Served | None:
    """A long request is several records; streams may have delivered one twice."""
    parts = {record["first_row"]: record for record in records if record["request_id"] == asked.id}
    rows = [row for _, record in sorted(parts.items()) for row in _record_rows(record)]
    shown = [row for row in rows if asked.row in (None, row["id"])][:MOST_ROWS]
    if not shown:
        return None
    first = parts[min(parts)]
    return Served(
        where,
        _moment(first["time"]),
        str(first["model_version"]),
        first["release"],
        first["client"],
        first["source"],
        first["latency_us"],
        len(rows),
        shown,
    )


def _record_rows(record: PredictionRecord) -> Iterator[dict[str, Any]]:
    count = len(next(iter(record["inputs"].values()), []))
    for number in range(count):
        yield {
            "id": prediction_id(record["request_id"], record["first_row"] + number),
            "inputs": {name: values[number] for name, values in record["inputs"].items()},
            "outputs": {name: values[number] for name, values in record["outputs"].items()},
            "flags": record["flags"][number] if record["flags"] else [],
            "label": None,
            "labels": [],
        }


def _moment(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    """A value of DuckDB's as JSON has it; its times are UTC and say so."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    return value
