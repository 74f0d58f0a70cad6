"""False alarms and detection of drift on real flights: `python -m bench.drift [--windows N] [--json]`.

Exits with 1 if a bar does not hold.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import duckdb
import numpy as np
from rich.console import Console
from rich.table import Table

from bench.drift_flights import Flights, flights, shuffled, window
from bench.prepare import BUILD
from functions.adapters.table_rows import connect
from functions.domain.contract import Feature
from functions.domain.log_table import feature_column, quoted
from functions.domain.reference import NumberDigest, Reference
from functions.evaluate.column_sql import double_literal
from functions.evaluate.drift import drift
from functions.evaluate.window_rows import WINDOW, open_views

SIZES = (200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
SHUFFLES = 10  # each has a reference of its own, so that one unlucky sample does not decide for all windows
SHIFT, SHIFTED_ROWS = 0.3, 5_000
MOST_FALSE, LEAST_FOUND = 0.01, 0.95
UNLIKELY = 0.05
PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Found:
    """What was said of one window: `shifted` is the feature that was, None where nothing can have drifted.

    `tests` columns were tested, and `unlikely` of them had a p-value below UNLIKELY: without drift, that share.
    """

    rows: int
    shifted: str | None
    drifted: tuple[str, ...]
    tests: int
    unlikely: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Shuffle:
    """One process's task: windows of each size without drift, and as many with each numeric feature shifted."""

    given: Flights
    seed: int
    sizes: tuple[int, ...]
    shifted: int


def main() -> None:
    parser = argparse.ArgumentParser(description="False alarms and detection of drift.")
    parser.add_argument("--windows", type=int, default=1_000, help="windows without drift (default 1,000)")
    parser.add_argument("--shifted", type=int, default=40, help="windows with each feature shifted (default 40)")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    options = parser.parse_args()
    progress = Console(stderr=True)
    folder = BUILD / "bench-drift"
    folder.mkdir(parents=True, exist_ok=True)
    given = flights(folder, lambda text: progress.print(text))
    found = list(_all(given, options.windows, options.shifted, progress))
    alarms = [f for f in found if f.shifted is None]
    detections = [f for f in found if f.shifted is not None]
    if options.json:
        json.dump([asdict(f) for f in found], sys.stdout)
    else:
        _print(alarms, detections)
    sys.exit(0 if _holds(alarms, detections) else 1)


def _all(given: Flights, windows: int, shifted: int, progress: Console) -> Iterator[Found]:
    sizes = [SIZES[number % len(SIZES)] for number in range(windows)]
    tasks = [
        Shuffle(given, seed, tuple(sizes[seed::SHUFFLES]), len(range(seed, shifted, SHUFFLES)))
        for seed in range(SHUFFLES)
    ]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, context) as pool:
        for number, found in enumerate(pool.map(measure, tasks), 1):
            progress.print(f"{number} of {SHUFFLES} shuffles")
            yield from found


def measure(task: Shuffle) -> list[Found]:
    """Judge all windows of one shuffle by the product's own section `drift` over Parquet."""
    chance = np.random.default_rng(task.seed)
    with tempfile.TemporaryDirectory() as scratch:
        file, reference, rows = shuffled(task.given, task.seed, Path(scratch))
        found = []
        for size in task.sizes:
            with _window(task, file, int(chance.integers(rows - size)), size) as con:
                found.append(_judged(con, task.given, reference, size, None))
        for feature in task.given.config.features:
            for _ in range(task.shifted if feature.type != "string" else 0):
                with _window(task, file, int(chance.integers(rows - SHIFTED_ROWS)), SHIFTED_ROWS) as con:
                    _shift(con, feature, reference)
                    found.append(_judged(con, task.given, reference, SHIFTED_ROWS, feature.name))
    return found


@contextmanager
def _window(task: Shuffle, file: Path, first: int, rows: int) -> Iterator[duckdb.DuckDBPyConnection]:
    span = window(first, rows)
    with connect(1, 500, file.parent) as con:
        open_views(con, [file], task.given.config, span, span)
        yield con


def _shift(con: duckdb.DuckDBPyConnection, feature: Feature, reference: Reference) -> None:
    """Add 0.3 of the reference's standard deviations; of an integer the next one below or above, so on average."""
    column = reference.column(feature.name)
    if column is None or not isinstance(column.digest, NumberDigest) or not column.digest.std:
        raise ValueError(f"{feature.name} cannot be shifted by its standard deviation")
    by = double_literal(SHIFT * column.digest.std)
    name = quoted(feature_column(feature.name))
    added = by if feature.type == "float32" else f"floor({by} + hash(time) % 1000000 / 1e6)"
    kind = "FLOAT" if feature.type == "float32" else "BIGINT"
    con.execute(f"CREATE TABLE shifted AS SELECT * REPLACE (CAST({name} + {added} AS {kind}) AS {name}) FROM {WINDOW}")
    con.execute(f"CREATE OR REPLACE VIEW {WINDOW} AS SELECT * FROM shifted")


def _judged(
    con: duckdb.DuckDBPyConnection, given: Flights, reference: Reference, rows: int, shifted: str | None
) -> Found:
    begun = perf_counter()
    section = drift(con, given.config, reference, "1")
    seconds = perf_counter() - begun
    if section is None or section["rows"] != rows or not section["judged"]:
        raise RuntimeError(f"a window of {rows} rows was not judged as one")
    columns = [c for c in section["columns"] if c["q_value"] is not None]
    drifted = tuple(c["name"] for c in columns if c["drifted"])
    unlikely = sum(c["p_value"] < UNLIKELY for c in columns)
    return Found(rows, shifted, drifted, len(columns), unlikely, seconds)


def _holds(alarms: Sequence[Found], detections: Sequence[Found]) -> bool:
    features = {f.shifted for f in detections}
    return _false_share(alarms) <= MOST_FALSE and all(
        _found_share([f for f in detections if f.shifted == feature]) >= LEAST_FOUND for feature in features
    )


def _false_share(alarms: Sequence[Found]) -> float:
    return sum(bool(f.drifted) for f in alarms) / len(alarms)


def _found_share(detections: Sequence[Found]) -> float:
    return sum(f.shifted in f.drifted for f in detections) / len(detections)


def _print(alarms: Sequence[Found], detections: Sequence[Found]) -> None:
    console = Console()
    heads = ("rows", "windows", "reported as drifted", "columns", f"p < {UNLIKELY}", "ms a window")
    table = Table(*heads, title="Flights shuffled in time")
    for size in SIZES:
        of_size = [f for f in alarms if f.rows == size]
        if of_size:
            columns = ", ".join(sorted({name for f in of_size for name in f.drifted}))
            unlikely = sum(f.unlikely for f in of_size) / sum(f.tests for f in of_size)
            time = f"{1_000 * float(np.median([f.seconds for f in of_size])):.0f}"
            table.add_row(
                f"{size:,}", f"{len(of_size):,}", f"{_false_share(of_size):.1%}", columns, f"{unlikely:.1%}", time
            )
    console.print(table)
    console.print(f"false alarms: {_false_share(alarms):.2%} of {len(alarms):,} windows (at most {MOST_FALSE:.0%})")
    table = Table(
        "feature", "windows", "found", "with another", title=f"Shifted by {SHIFT} std in {SHIFTED_ROWS:,} rows"
    )
    for feature in dict.fromkeys(f.shifted for f in detections):
        of = [f for f in detections if f.shifted == feature]
        others = sum(len(f.drifted) > (f.shifted in f.drifted) for f in of)
        table.add_row(str(feature), f"{len(of):,}", f"{_found_share(of):.1%}", str(others))
    console.print(table)
    console.print(f"found: {_found_share(detections):.2%} (each feature at least {LEAST_FOUND:.0%})")


if __name__ == "__main__":
    main()
