"""Merges new rows into the hours that they belong to, all in DuckDB."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from pathlib import Path

import duckdb

from functions.compact import merge_sql as sql
from functions.compact.feature_types import joined
from functions.compact.intake import Intake
from functions.compact.sheets import Sheet, Types

# How many hours are merged in one set of statements: a set has its price, and takes all their rows into memory.

MOST_HOURS, MOST_BYTES = 32, 48 * 1024 * 1024

_Items = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of an hour: predictions, labels (each that ever came), labels without a prediction; `digest` is of all."""

    predictions: int = 0
    labels: int = 0
    unmatched: int = 0
    digest: int = 0


@dataclass(frozen=True, slots=True)
class MergedHour:
    """An hour's new content, in the file at `path`; None where it is what it was."""

    hour: int
    path: Path | None
    before: Counts
    after: Counts


class Merging:
    """The rows of one batch, staged in `con`; `folder` is for new files."""

    def __init__(self, con: duckdb.DuckDBPyConnection, intake: Intake, folder: Path) -> None:
        self._con, self._folder = con, folder
        self.misfits = 0
        self._sheets = {f"predictions_{number}": sheet for number, sheet in enumerate(intake.sheets)}
        self._hours = {name: sheet.hours for name, sheet in self._sheets.items()}
        self.hours = set().union(intake.labels.hours, *self._hours.values())
        for name, sheet in {**self._sheets, "new_labels": intake.labels}.items():
            self._stage(name, sheet)

    def merge(self, hours: Sequence[int], files: Mapping[int, Path]) -> Iterator[MergedHour]:
        """Merge what has come for these hours into their files, which are named by their hours; new hours have none."""
        there = self._features(files)
        alike: dict[_Items, dict[_Items, list[int]]] = defaultdict(lambda: defaultdict(list))
        fresh: dict[_Items, list[int]] = defaultdict(list)
        for hour in hours:
            wanted = tuple(self._wanted(hour, there[hour]).items())
            if hour in files:
                alike[wanted][tuple(there[hour].items())].append(hour)
            else:
                fresh[wanted].append(hour)
        for wanted, new in fresh.items():  # hours without a file go with any others: a set of statements has its price
            first = next(iter(alike[wanted]), ())
            alike[wanted][first] = sorted([*alike[wanted][first], *new])
        for wanted, by_columns in alike.items():
            for had, same in by_columns.items():
                for part in _parts(same, files):
                    yield from self._merge_alike(part, files, dict(had), dict(wanted))

    def close(self) -> None:
        """Let go of what is staged."""
        for name in [*self._sheets, "new_labels", "hours_before", "hours_after", "touched", "predicted", "labelled"]:
            self._con.execute(f'drop table if exists "{name}"')

    def _wanted(self, hour: int, there: Types) -> dict[str, str]:
        """The feature columns that an hour's file is to have."""
        return joined([there, *(sheet.features for name, sheet in self._sheets.items() if hour in self._hours[name])])

    def _stage(self, name: str, sheet: Sheet) -> None:
        arrays, misfits = sheet.taken()
        self.misfits += misfits
        self._con.register("given", arrays)
        self._con.execute(sql.staged(name, sheet))
        self._con.unregister("given")

    def _merge_alike(
        self, hours: Sequence[int], files: Mapping[int, Path], there: Types, wanted: Types
    ) -> Iterator[MergedHour]:
        """Merge hours whose files have the same columns, and will have."""
        run = self._con.execute
        mine = [(name, sheet) for name, sheet in self._sheets.items() if self._hours[name].intersection(hours)]
        run(sql.before([files[hour] for hour in hours if hour in files], there, wanted))
        run(sql.touched([name for name, _ in mine], hours))
        run(sql.predicted(mine, hours, wanted))
        if run(sql.predicted_more_than_once()).fetchone():
            run(sql.predicted_once(wanted))
        run(sql.labelled(hours))
        run(sql.after(wanted))
        before, after = self._counts("hours_before", wanted), self._counts("hours_after", wanted)
        for hour in hours:
            path = None
            if before.get(hour) != after[hour] or there != wanted:
                path = self._folder / f"{hour}.new"
                run(sql.written(hour, path, wanted))
            yield MergedHour(hour, path, before.get(hour, Counts()), after[hour])

    def _counts(self, table: str, wanted: Types) -> dict[int, Counts]:
        return {row[0]: Counts(*row[1:]) for row in self._con.execute(sql.counted(table, wanted)).fetchall()}

    def _features(self, files: Mapping[int, Path]) -> dict[int, dict[str, str]]:
        found: dict[int, dict[str, str]] = defaultdict(dict)
        if files:
            for name, column, kind in self._con.execute(sql.features_of(list(files.values()))).fetchall():
                found[int(Path(name).stem)][column] = kind
        return found


def _parts(hours: Sequence[int], files: Mapping[int, Path]) -> Iterator[list[int]]:
    """Neighbouring hours, as many as are merged at once."""
    for some in batched(hours, MOST_HOURS, strict=False):
        part: list[int] = []
        size = 0
        for hour in some:
            mine = files[hour].stat().st_size if hour in files else 0
            if part and size + mine > MOST_BYTES:
                yield part
                part, size = [], 0
            part.append(hour)
            size += mine
        yield part
