"""When a replay sends what: rows in batches at the time of their last row, labels by the hour once they are known.

Nothing here reads a clock or sends anything.

10:00      10:15      10:30      10:45      11:00
|. . .  .  |          | .  .     |   . .   .|         rows as they happened
|       ^  |          |    ^     |         ^|         a request each, at its last row's time
                                            ^         labels that became known since 10:00
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

HOUR_MS = 3_600_000
BATCH_MS = HOUR_MS // 4  # divides an hour, so that a row stays within its own hour of the log

Times = NDArray[np.int64]  # milliseconds since 1970 UTC, in ascending order


@dataclass(frozen=True, slots=True)
class Send:
    """Rows `first` to `end` (not included) of the history, or their labels, to be sent at `time_ms`."""

    time_ms: int
    what: Literal["labels", "rows"]
    first: int
    end: int

    def __len__(self) -> int:
        return self.end - self.first


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is sent, and when: `asked_ms` and `known_ms` are each row's times of its prediction and of its label."""

    batches: tuple[Send, ...]
    asked_ms: Times
    known_ms: Times

    def __iter__(self) -> Iterator[Send]:
        """All that is sent, in the order of time; at the same time labels before rows."""
        return heapq.merge(self._labels(), self.batches, key=lambda send: (send.time_ms, send.what))

    def _labels(self) -> Iterator[Send]:
        """Labels that became known in an hour go at its end, when their predictions are answered."""
        hours, firsts = np.unique(self.known_ms // HOUR_MS, return_index=True)
        ends = np.append(firsts[1:], len(self.known_ms))
        for hour, first, end in zip(hours.tolist(), firsts.tolist(), ends.tolist(), strict=True):
            yield Send((hour + 1) * HOUR_MS, "labels", first, end)


def timeline(times: NDArray[np.datetime64], label_delay: timedelta, max_rows: int) -> Timeline:
    """The timeline of rows that happened at `times` (UTC, ascending), each label known `label_delay` later.

    Rows of one quarter of an hour go together, at most `max_rows` in a request. A request's time is its last row's: no
    answer is asked for before there was something to ask about.
    """
    happened: Times = times.astype("datetime64[ms]").astype(np.int64)
    batches = tuple(_batches(happened, max_rows))
    asked = np.empty(len(happened), dtype=np.int64)
    for batch in batches:
        asked[batch.first : batch.end] = batch.time_ms
    return Timeline(batches, asked, asked + round(label_delay.total_seconds() * 1000))


def _batches(happened: Times, max_rows: int) -> Iterator[Send]:
    _, firsts = np.unique(happened // BATCH_MS, return_index=True)
    ends = np.append(firsts[1:], len(happened))
    for start, end in zip(firsts.tolist(), ends.tolist(), strict=True):
        for first in range(start, end, max_rows):
            last = min(first + max_rows, end)
            yield Send(int(happened[last - 1]), "rows", first, last)
