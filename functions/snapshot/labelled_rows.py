"""The log's labelled rows, as they were known at a moment: which there are, and what each says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from functions.adapters.log_rows import count, read_log
from functions.adapters.table_rows import sql_time, within
from functions.domain.contract import Contract
from functions.domain.dataset import Column, Dataset
from functions.domain.log_table import class_text, feature_column, quoted
from functions.domain.model_config import ModelConfig
from functions.domain.training import Training
from functions.domain.windows import Window

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
# What a row takes while it is read, judged and packed, in bytes: measured with `bench/snapshot.py`.
ROW_BYTES, NUMBER_BYTES, TEXT_BYTES = 900, 40, 160


@dataclass(frozen=True, slots=True)
class Span:
    """Rows of `window`, labelled as far as was known at `as_of`; those predicted before `mature` are old enough."""

    window: Window
    as_of: datetime
    mature: datetime

    @classmethod
    def of(cls, config: ModelConfig, as_of: datetime) -> "Span":
        back = config.train.window
        return cls(Window(BEGINNING if back is None else as_of - back, as_of), as_of, as_of - config.matures_after)

    @property
    def served(self) -> str:
        """Rows that a version of ours answered to a client, as SQL."""
        return f"source = 'api' and {within(self.window)}"

    def labelled(self, config: ModelConfig) -> str:
        """Rows to learn from, as SQL."""
        known = f"{_truth(config)} is not null and coalesce(labelled_at, time) <= {sql_time(self.as_of)}"
        return f"{self.served} and time < {sql_time(self.mature)} and {known}"


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of a span: with a label, of those the ones that no training has seen, without one, and too young for one."""

    labelled: int
    new: int
    unlabelled: int
    immature: int


@dataclass(frozen=True, slots=True)
class LabelledLog:
    """Labelled rows in the order of time and id; all arrays are [rows].

    `rows.labels` is None where the label is no class of the live version's; `senders` is who sent the one that counts.
    `scores` is the answer of the version that served the row, which had not seen its label: the positive class's
    probability, of several classes [rows, classes], or a regression's value; NaN where it gave none. `versions` is its
    number as text. Rows with equal `digests` have equal features and labels.
    """

    ids: NDArray[Any]
    rows: Dataset
    senders: NDArray[Any]
    scores: NDArray[np.float64]
    versions: NDArray[Any]
    digests: NDArray[np.uint64]
    flags: NDArray[Any]
    conflict: NDArray[np.bool_]
    complete: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)


def count_rows(con: duckdb.DuckDBPyConnection, config: ModelConfig, span: Span, last: Training | None) -> Counted:
    """Count without reading a row; `last` is the training whose labels are not new any more."""
    labelled, mature = span.labelled(config), f"time < {sql_time(span.mature)}"
    new = "true"
    if last is not None:
        seen = datetime.fromisoformat(last.started_at)
        new = f"(labelled_at > {sql_time(seen)} or time >= {sql_time(seen - config.matures_after)})"
    found = count(
        con,
        {
            "labelled": labelled,
            "new": f"{labelled} and {new}",
            "unlabelled": f"{span.served} and {mature} and not ({labelled})",
            "immature": f"{span.served} and not {mature}",
        },
    )
    return Counted(**found)


def too_large(rows: int, config: ModelConfig, memory_mb: int) -> str | None:
    """Why so many rows are not even read, in words; None where they fit the function's memory."""
    width = sum((f.size or 1) * (TEXT_BYTES if f.type == "string" else NUMBER_BYTES) for f in config.features)
    needed = rows * (ROW_BYTES + width) / 1e6
    if needed <= memory_mb:
        return None
    fit = int(memory_mb * 1e6 / (ROW_BYTES + width))
    return (
        f"{rows:,} labelled rows of {len(config.features)} features take some {needed:,.0f} MB to read, and the "
        f"function has {memory_mb:,} MB, enough for {fit:,}: give [train] a shorter window, or the function more memory"
    )


def read_rows(con: duckdb.DuckDBPyConnection, config: ModelConfig, contract: Contract, span: Span) -> LabelledLog:
    """Read the rows to learn from."""
    beside = {
        "id": "id",
        "time": "time",
        "truth": _truth(config),
        "sender": "coalesce(list_extract(labels, -1).sender, '')",
        "flags": "array_to_string(flags, ', ')",
        "conflict": "coalesce(label_conflict, false)",
        "version": "version",
        "digest": f"hash({', '.join([_truth(config), *(quoted(feature_column(f.name)) for f in config.features)])})",
        **_scores(contract),
    }
    read = read_log(con, config.features, span.labelled(config), beside)
    found = read.beside
    scores = [_number(found[name]) for name in found if name.startswith("score")]
    return LabelledLog(
        ids=found["id"],
        rows=Dataset(
            config.features,
            read.features,
            _typed(found["truth"], config, contract),
            found["time"].astype("datetime64[us]"),
        ),
        senders=found["sender"],
        scores=scores[0] if len(scores) == 1 else np.stack(scores, axis=1),
        versions=found["version"],
        digests=found["digest"],
        flags=found["flags"],
        conflict=np.asarray(found["conflict"], dtype=bool),
        complete=read.complete,
    )


def _truth(config: ModelConfig) -> str:
    return "target" if config.task == "regression" else "label"


def _scores(contract: Contract) -> Mapping[str, str]:
    """The columns that hold what was answered, by a name that starts with `score`."""
    if contract.task != "multiclass":
        return {"score": "score"}
    texts = [class_text(value).replace("'", "''") for value in contract.classes or ()]
    return {f"score {place}": f"list_extract(map_extract(probabilities, '{t}'), 1)" for place, t in enumerate(texts)}


def _typed(texts: NDArray[Any], config: ModelConfig, contract: Contract) -> Column:
    """Labels as the contract has them; None for a class that is none of its."""
    if config.task == "regression":
        return _number(texts)
    known = {class_text(value): value for value in contract.classes or ()}
    labels = np.empty(len(texts), dtype=object)
    labels[:] = [known.get(text) for text in texts.tolist()]
    return labels


def _number(values: Any) -> NDArray[np.float64]:
    """float64, NaN where it is null."""
    return np.asarray(np.ma.filled(np.ma.asarray(values).astype(np.float64), np.nan))
