"""Brings a batch's rows into the hours that they belong to, against whoever else writes there."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from functions.compact.connection import set_threads
from functions.compact.hour_objects import HourObjects
from functions.compact.intake import Intake
from functions.compact.merging import MergedHour, Merging
from functions.domain.errors import ConflictError

ATTEMPTS = 12


@dataclass(frozen=True, slots=True)
class Merged:
    """The hours as they are now; `misfits` values did not fit their feature's type."""

    hours: list[MergedHour]
    misfits: int


def merge_hours(
    con: duckdb.DuckDBPyConnection, intake: Intake, objects: HourObjects, folder: Path, pause: Callable[[float], None]
) -> Merged:
    """Merge and write each hour that something came for; an hour that was changed meanwhile is read and merged again.

    Raises:
        ConflictError: an hour was changed at every attempt.
        UnavailableError: S3 did not answer.
    """
    set_threads(con, intake.rows + intake.labels.rows)
    merging = Merging(con, intake, folder)
    done: list[MergedHour] = []
    try:
        waiting = merging.hours
        for attempt in range(ATTEMPTS):
            if attempt:
                pause(random.uniform(0, min(2.0, 0.05 * 2**attempt)))  # noqa: S311 - spreads writers, no secret
            fetched = objects.fetch(waiting)
            for merged in merging.merge(sorted(waiting), {hour: file.path for hour, file in fetched.items()}):
                if objects.replace(merged.hour, merged.path, fetched):
                    done.append(merged)
            waiting = waiting - {merged.hour for merged in done}
            if not waiting:
                return Merged(done, merging.misfits)
    finally:
        merging.close()
    raise ConflictError(f"{len(waiting)} hours were changed meanwhile, {ATTEMPTS} times in a row: run again")
