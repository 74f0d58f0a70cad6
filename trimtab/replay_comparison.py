"""What the loop was worth: the judged metric of frozen, calendar and loop on the same rows, overall and over time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from functions.domain.metric_names import METRICS
from functions.domain.model_config import ModelConfig
from functions.domain.paired_scores import Answers
from functions.domain.verdict_rules import worse_by
from functions.domain.windows import Window
from trimtab.judged_rows import JudgedRows, metric_of

LINES = ("frozen", "calendar", "loop")
FEWEST_ROWS = 30  # labelled ones; a window with fewer is a gap in the lines
STEPS_A_WINDOW = 7  # windows overlap, so that the lines are smooth
MOST_POINTS = 500


@dataclass(frozen=True, slots=True)
class Point:
    """The metric of the window that ended then, by line; None where a line has no value."""

    end: datetime
    rows: int
    values: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`lines` are answers to the judged rows by line: the calendar is not among them where it was switched off."""

    config: ModelConfig
    rows: JudgedRows
    lines: Mapping[str, Answers]
    calendar_retrainings: int | None

    @property
    def metric(self) -> str:
        return self.config.evaluate.judged_metric

    def whole(self) -> dict[str, float | None]:
        """Each line's metric of all judged rows."""
        return self._values(slice(None))

    def within(self, window: Window) -> dict[str, float | None]:
        """Each line's metric of the judged rows of a span of time."""
        return self._values(self._part(window))

    def points(self) -> list[Point]:
        """Windows as long as an evaluation's, one a day (or less often, where that would be too many), oldest first."""
        if len(self.rows) == 0:
            return []
        length = self.config.evaluate.window
        first, last = (_moment(int(self.rows.asked_ms[place])) for place in (0, -1))
        step = max(length / STEPS_A_WINDOW, (last - first) / MOST_POINTS)
        found, end = [], min(first + length, last)
        while end < last + step:
            part = self._part(Window(end - length, end))
            rows = part.stop - part.start
            values = self._values(part) if rows >= FEWEST_ROWS else dict.fromkeys(self.lines)
            found.append(Point(end, rows, values))
            end += step
        return found

    def to_document(self) -> dict[str, Any]:
        """`metric.frozen`, `.calendar`, `.loop`, and the loop's gain against each, relative; positive is better."""
        values = dict.fromkeys(LINES) | self.whole()
        gains = {f"gain_over_{name}": self._gain(values[name], values["loop"]) for name in LINES[:2]}
        return {**values, **gains}

    def _values(self, part: slice) -> dict[str, float | None]:
        return {name: metric_of(self.config, self.rows, answers, part) for name, answers in self.lines.items()}

    def _part(self, window: Window) -> slice:
        ends = [int(moment.timestamp() * 1_000) for moment in (window.start, window.end)]
        first, end = np.searchsorted(self.rows.asked_ms, ends)
        return slice(int(first), int(end))

    def _gain(self, before: float | None, after: float | None) -> float | None:
        return None if before is None or after is None else -worse_by(METRICS[self.metric], after, before)


def _moment(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1_000, UTC)
