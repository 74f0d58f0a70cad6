"""A file of rows as a person has it, made into what a model's endpoint takes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.adapters.csv_file import is_null, read_columns, read_table
from functions.domain.errors import InvalidRequestError, ModelFolderError

KINDS = {"FP32": "float32", "INT64": "int64", "BOOL": "bool", "BYTES": "string"}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a file. `features` go to the endpoint; `truth` is the label's column, where the file has it.

    A row whose truth is not known yet has None there.
    """

    features: list[dict[str, Any]]
    truth: list[str | None] | None
    left_out: list[str]


def read_rows(path: Path, inputs: Sequence[Mapping[str, Any]], label: str | None) -> Rows:
    """Read a CSV file with a header as `trimtab new` does, or a JSON list of rows as it is.

    `inputs` are the model's inputs as its metadata names them (`name`, `datatype`). Columns that are no inputs are
    left out and named in `left_out`.

    Raises:
        InvalidRequestError: the file cannot be read so; its text names the line and the column.
    """
    read = _read_json if path.suffix == ".json" else _read_csv
    try:
        columns, features = read(path, {entry["name"]: entry["datatype"] for entry in inputs})
    except ModelFolderError as error:
        raise InvalidRequestError(str(error)) from None
    names = {entry["name"] for entry in inputs}
    truth = None
    if label is not None and label in columns:
        truth = [None if is_null(str(value)) else str(value) for value in columns[label]]
    return Rows(features, truth, [name for name in columns if name not in names and name != label])


def _read_csv(path: Path, datatypes: Mapping[str, str]) -> tuple[Mapping[str, Sequence[Any]], list[dict[str, Any]]]:
    columns = read_table(path).columns
    typed = read_columns(path, {name: KINDS[datatype] for name, datatype in datatypes.items()})
    values = {name: [None if value != value else value for value in column.tolist()] for name, column in typed.items()}
    return columns, [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def _read_json(path: Path, datatypes: Mapping[str, str]) -> tuple[Mapping[str, Sequence[Any]], list[dict[str, Any]]]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidRequestError(f"{path} cannot be read as JSON: {error}") from None
    rows = document.get("rows") if isinstance(document, dict) else document
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise InvalidRequestError(f'{path} must hold a list of rows, or {{"rows": [...]}}')
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    return columns, [{name: row[name] for name in datatypes if name in row} for row in rows]
