"""A small past to live through: a folder that trained on its first rows, the log's table of the rest, and all lines."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from functions.adapters.model_folder import load_settings
from functions.adapters.model_settings import ModelSettings
from functions.domain.dataset import Dataset, moment
from functions.retrain.dataset import as_dataset
from functions.retrain.train import train
from tests.unit.folders import ESTIMATOR, write_folder
from trimtab.judged_rows import JudgedRows, judged_rows
from trimtab.replay_baselines import Past

SETTINGS = """
[model]
name = "small"
task = "binary"
[features.amount]
type = "float32"
[features.count]
type = "int64"
[features.colour]
type = "string"
[label]
name = "late"
positive = true
[train]
estimator = "estimator:build"
"""
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
FIRST, ROWS, DAYS = 300, 900, 60
DELAY_MS = 86_400_000
LIMITS = {"before": 80.0, "after": 50.0}  # late from there on: the world changes once the replay has begun


@dataclass(frozen=True)
class Lived:
    """What there is after a replay in which version 1 answered everything with its score, and no row was refused."""

    folder: Path
    settings: ModelSettings
    artifact: Path
    past: Past
    rows: JudgedRows
    table: Path
    ids: list[str | None]


def history(settings: ModelSettings) -> Dataset:
    """Rows over 60 days; from the 25th day on, more of them are late."""
    chance = np.random.default_rng(11)
    amount, count = chance.normal(50, 20, ROWS).round(2), chance.integers(0, 9, ROWS)
    colour = chance.choice(["red", "green", "blue"], ROWS).astype(object)
    limit = np.where(np.arange(ROWS) < ROWS * 25 / DAYS, LIMITS["before"], LIMITS["after"])
    late = (amount + 5 * count + 10 * (colour == "red") + chance.normal(0, 5, ROWS) > limit).astype(object)
    late[::40] = None
    time = moment(BEGIN) + np.arange(ROWS) * np.timedelta64(DAYS * 86_400 // ROWS, "s")
    columns = {"amount": amount, "count": count, "colour": colour, "late": late, "time": time}
    return as_dataset(columns, settings)


def lived(root: Path) -> Lived:
    """Train on the first 300 rows, and have version 1 answer the others, of which every 50th was turned away."""
    folder = write_folder(root, SETTINGS, estimator=ESTIMATOR)
    settings = load_settings(folder)
    rows = history(settings)
    first, replayed = rows.take(slice(0, FIRST)), rows.take(slice(FIRST, None))
    artifact = root / "artifact"
    train(folder, artifact, lambda text: None, first)
    asked_ms = _milliseconds(replayed)
    ids: list[str | None] = [None if row % 50 == 7 else f"request-{row}" for row in range(len(replayed))]
    answered = np.array([one is not None for one in ids])
    past = Past(first, replayed, asked_ms, asked_ms + DELAY_MS, answered)
    table = write_table(root / "table.parquet", past, ids)
    return Lived(folder, settings, artifact, past, judged_rows(table, ids, settings.config), table, ids)


def write_table(path: Path, past: Past, ids: list[str | None]) -> Path:
    """The log's table in no order, with a smoke test's row, a row without a label, and a label without its row."""
    score = np.linspace(0.05, 0.95, len(ids))
    labels = [None if label is None else str(label).lower() for label in past.replayed.labels.tolist()]
    rows: list[tuple[str, int | None, str, str | None, float | None, str | None]] = [
        (one, int(past.asked_ms[row]), "api", "true" if score[row] > 0.5 else "false", float(score[row]), labels[row])
        for row, one in enumerate(ids)
        if one is not None
    ]
    rows += [
        ("smoke-0", int(past.asked_ms[0]), "smoke", "true", 0.9, "true"),
        ("lost-0", None, "api", None, None, "true"),
    ]
    with duckdb.connect() as con:
        con.execute(
            "create table log (id varchar, asked bigint, source varchar, prediction varchar, score double, "
            "label varchar)"
        )
        con.executemany(
            "insert into log values (?, ?, ?, ?, ?, ?)", [rows[(7 * n) % len(rows)] for n in range(len(rows))]
        )
        con.execute(
            "copy (select id, make_timestamp(asked * 1000)::timestamp_ms as time, source, prediction, score, label, "
            f"null::double as target from log) to '{path}' (format parquet)"
        )
    return path


def with_train(past: Lived, **keys: object) -> ModelSettings:
    """The settings with other keys of [train]."""
    return past.settings.model_copy(update={"train": past.settings.train.model_copy(update=keys)})


def days(count: float) -> int:
    """Milliseconds since 1970 of so many days after the history's begin."""
    return round((BEGIN + timedelta(days=count)).timestamp() * 1_000)


def _milliseconds(rows: Dataset) -> NDArray[np.int64]:
    assert rows.time is not None
    found: NDArray[np.int64] = rows.time.astype("datetime64[ms]").astype(np.int64)
    return found
