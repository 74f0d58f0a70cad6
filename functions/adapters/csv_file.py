"""Reads CSV files as people export them, and says by line what is wrong with one."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.domain.errors import ModelFolderError

NULLS = frozenset({"", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "?"})
BOOLS = {"true": True, "false": False}
DELIMITERS = (",", ";", "\t", "|")
WHOLE = re.compile(r"[+-]?[0-9]+")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
COMMA_NUMBER = re.compile(r"[+-]?[0-9]+,[0-9]+")
ISO_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}.*)?")
UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file as text: `columns` by name (values stripped), and the line in the file on which each row ends."""

    name: str
    columns: Mapping[str, Sequence[str]]
    lines: Sequence[int]

    def __len__(self) -> int:
        return len(self.lines)


def read_table(path: Path) -> Table:
    """Read a CSV file with a header line: UTF-8, separated by comma, semicolon, tab or bar.

    Numbers with a decimal comma get a point, if the file is not separated by commas and has no decimal points.

    Raises:
        ModelFolderError: it cannot be read as a table; names the line and what to do.
    """
    text = _text(path)
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        header = _header(path.name, next(reader, []))
        for row in reader:
            if not row or (len(header) > 1 and not any(cell.strip() for cell in row)):
                continue  # an empty line
            if len(row) != len(header):
                raise ModelFolderError(
                    f"{path.name} line {reader.line_num}: {len(row)} fields, but the header has {len(header)}: "
                    f"mend the line (a field that holds {delimiter!r} belongs in double quotes)"
                )
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise ModelFolderError(f"{path.name} line {reader.line_num}: {error}: look for an unclosed quote") from None
    if not rows:
        raise ModelFolderError(f"{path.name} has a header and no rows: give it rows to learn from")
    cells = [[cell.strip() for cell in column] for column in zip(*rows, strict=True)]
    if delimiter != ",":
        cells = _with_points(cells)
    return Table(path.name, dict(zip(header, cells, strict=True)), lines)


def read_columns(path: Path, types: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """Columns of a CSV file by name, as `types` says: float32, int64, bool, string, time, epoch_s or epoch_ms.

    A float32 is read as float64 with NaN for what is missing; times are datetime64 in UTC; in all others what is
    missing is None.

    Raises:
        ModelFolderError: a column or a value is not as `types` says; names the line.
    """
    return typed_columns(read_table(path), types)


def typed_columns(table: Table, types: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """Columns of a table as `read_columns` gives them; raises as it does."""
    missing = [name for name in types if name not in table.columns]
    if missing:
        raise ModelFolderError(f"{table.name} has no column {missing[0]!r}; it has {', '.join(table.columns)}")
    return {name: _typed(table, name, kind) for name, kind in types.items()}


def is_null(cell: str) -> bool:
    return cell in NULLS


def moment(cell: str) -> datetime:
    """An ISO date or time, in UTC unless it says otherwise, as naive UTC."""
    value = datetime.fromisoformat(cell)
    return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)


def _typed(table: Table, name: str, kind: str) -> NDArray[Any]:
    parsers: Mapping[str, Callable[[str], Any]] = {
        "float32": _number,
        "int64": _whole,
        "bool": lambda cell: BOOLS[cell.lower()],
        "string": str,
        "time": lambda cell: np.datetime64(moment(cell), "us"),
        "epoch_s": lambda cell: np.datetime64(int(cell), "s"),
        "epoch_ms": lambda cell: np.datetime64(int(cell), "ms"),
    }
    if kind not in parsers:
        raise ModelFolderError(f"column {name!r}: type {kind!r} is unknown; known are {', '.join(parsers)}")
    parse, values = parsers[kind], []
    for cell, line in zip(table.columns[name], table.lines, strict=True):
        try:
            values.append(None if cell in NULLS else parse(cell))
        except (KeyError, ValueError, OverflowError):
            raise ModelFolderError(
                f"{table.name} line {line}: column {name!r} holds {cell!r}, which is no {kind}: "
                "mend it, or leave it empty"
            ) from None
    if kind == "float32":
        return np.array(values, dtype=np.float64)
    if kind in ("time", "epoch_s", "epoch_ms") and None not in values:
        return np.array(values, dtype="datetime64[us]")
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _number(cell: str) -> float:
    if not NUMBER.fullmatch(cell):
        raise ValueError(cell)
    return float(cell)


def _whole(cell: str) -> int:
    if not WHOLE.fullmatch(cell) or not -(2**63) <= int(cell) < 2**63:
        raise ValueError(cell)
    return int(cell)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelFolderError(f"{path}: cannot be read: {error.strerror}") from None
    if data.startswith(UTF16):
        raise ModelFolderError(f"{path.name} is UTF-16: save it as UTF-8 (`iconv -f UTF-16 -t UTF-8`)")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ModelFolderError(
            f"{path.name} line {line}: not UTF-8 (byte 0x{data[error.start]:02x}): save it as UTF-8 "
            "(`iconv -f WINDOWS-1252 -t UTF-8`, if it comes from Windows)"
        ) from None
    if "\0" in text:
        raise ModelFolderError(
            f"{path.name} line {text.count(chr(10), 0, text.index(chr(0))) + 1}: a NUL byte: no CSV file"
        )
    if not text.strip():
        raise ModelFolderError(f"{path.name} is empty: give it a header line and rows")
    return text


def _delimiter(text: str) -> str:
    """The one that the header has most of outside of quotes."""
    header = re.sub(r'"[^"]*"', "", text.lstrip().split("\n", 1)[0])
    return max(DELIMITERS, key=header.count)


def _header(name: str, row: Sequence[str]) -> list[str]:
    names = [cell.strip() or f"unnamed_{index}" for index, cell in enumerate(row, start=1)]
    twice = next((cell for cell in names if names.count(cell) > 1), None)
    if twice is not None:
        raise ModelFolderError(f"{name} line 1: two columns are called {twice!r}: rename one")
    odd = next((cell for cell in names if not cell.isprintable() or len(cell) > 128), None)
    if odd is not None:
        raise ModelFolderError(
            f"{name} line 1: column {odd[:40]!r}: a name has up to 128 printable characters: rename it"
        )
    if all(NUMBER.fullmatch(cell) for cell in names):
        raise ModelFolderError(f"{name} line 1 holds numbers only: write the columns' names in a line before it")
    return names


def _with_points(columns: list[list[str]]) -> list[list[str]]:
    """Numbers with a decimal comma rewritten with a point, in columns that hold nothing else."""

    def has_comma(column: Sequence[str]) -> bool:
        return any(COMMA_NUMBER.fullmatch(cell) for cell in column) and all(
            cell in NULLS or COMMA_NUMBER.fullmatch(cell) or WHOLE.fullmatch(cell) for cell in column
        )

    return [[cell.replace(",", ".") for cell in column] if has_comma(column) else column for column in columns]
