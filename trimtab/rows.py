"""A file of rows as a person has it, made into what a model's endpoint takes."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.domain.errors import InvalidRequestError

TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a file. `features` go to the endpoint; `truth` is the label's column, where the file has it."""

    features: list[dict[str, Any]]
    truth: list[str] | None
    left_out: list[str]


def read_rows(path: Path, inputs: Sequence[Mapping[str, Any]], label: str | None) -> Rows:
    """Read a CSV file with a header, or a JSON list of rows.

    `inputs` are the model's inputs as its metadata names them (`name`, `datatype`). Columns that are no inputs are
    left out and named in `left_out`. An empty cell is a null.

    Raises:
        InvalidRequestError: the file cannot be read so; its text names the line and the column.
    """
    from_json = path.suffix == ".json"  # typed already: the endpoint judges the values
    readers = {entry["name"]: _as_it_is if from_json else _or_null(_reader(entry["datatype"])) for entry in inputs}
    records = list(_json_records(path) if from_json else _csv_records(path))
    if not records:
        raise InvalidRequestError(f"{path} holds no rows")
    columns = list(records[0][1])
    missing = [name for name in readers if name not in columns]
    if missing:
        raise InvalidRequestError(f"{path} has no column {', '.join(missing)}, which the model needs")
    features = [
        {name: _cell(path, line, name, record.get(name), read) for name, read in readers.items()}
        for line, record in records
    ]
    truth = [str(record[label]) for _, record in records] if label in columns else None
    return Rows(features, truth, [name for name in columns if name not in readers and name != label])


def _csv_records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            for record in reader:
                if None in record or None in record.values():
                    raise InvalidRequestError(
                        f"{path} line {reader.line_num}: the header has {len(reader.fieldnames or [])} columns, "
                        "this line has another number"
                    )
                yield reader.line_num, record
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidRequestError(f"{path} cannot be read as CSV in UTF-8: {error}") from None


def _json_records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InvalidRequestError(f"{path} cannot be read as JSON: {error}") from None
    rows = document.get("rows") if isinstance(document, dict) else document
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidRequestError(f'{path} must hold a list of rows, or {{"rows": [...]}}')
    yield from enumerate(rows)


def _or_null(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """An empty cell is a null."""
    return lambda text: None if text == "" else read(text)


def _as_it_is(value: Any) -> Any:
    return value


def _cell(path: Path, line: int, name: str, value: Any, read: Callable[[Any], Any]) -> Any:
    try:
        return read(value)
    except (ValueError, KeyError):
        raise InvalidRequestError(f"{path} line {line}, {name}: {value!r} is not what the model takes there") from None


def _reader(datatype: str) -> Callable[[str], Any]:
    """How to read one cell for a datatype of the Open Inference Protocol."""
    if datatype == "BYTES":
        return str
    if datatype == "BOOL":
        return lambda text: TRUTH[text.strip().lower()]
    if datatype.startswith("INT"):
        return _whole_number
    return float


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        number = float(text)  # "3.0", as spreadsheets write it
        if not number.is_integer():
            raise
        return int(number)
