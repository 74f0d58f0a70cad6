"""A year's replay made up: all that its page shows, without a cloud."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np

from functions.domain.model_config import ModelConfig
from functions.domain.paired_scores import Answers, Floats
from functions.domain.windows import Window
from trimtab.judged_rows import JudgedRows
from trimtab.replay_comparison import Comparison
from trimtab.replay_events import Correction, Event, What
from trimtab.replay_outcome import Outcome, Span, months_of

BEGIN = datetime(2013, 3, 1, tzinfo=UTC)
DAYS = 300
HOSTILE = "</text><script>alert(1)</script>"
HAPPENED: tuple[tuple[float, What], ...] = (
    (20, "retrain"),
    (20.1, "refused"),
    (48.1, "passed"),
    (48.1, "quarantined"),
    (48.2, "live"),
    (50, "rolled_back"),
    (90, "roll_back"),
    (91, "failed"),
)


def comparison(config: ModelConfig, rows: int = 6_000, calendar: bool = True) -> Comparison:
    """Lines that part in autumn."""
    chance = np.random.default_rng(5)
    day = np.sort(chance.uniform(0, DAYS, rows))
    truth = chance.uniform(size=rows) < 0.3
    asked = (BEGIN.timestamp() * 1_000 + day * 86_400_000).astype(np.int64)

    def answers(right: Floats) -> Answers:
        given = np.where(truth, right, 1 - right)
        return Answers(given > 0.5, given)

    lines = {"frozen": answers(0.8 - day / 600), "loop": answers(np.full(rows, 0.78))}
    if calendar:
        lines = {"frozen": lines["frozen"], "calendar": answers(0.76 + 0.02 * np.sin(day / 9)), "loop": lines["loop"]}
    judged = JudgedRows(np.arange(rows), asked, truth, lines["loop"])
    return Comparison(config, judged, lines, 9 if calendar else None)


def correction() -> Correction:
    """One of everything that can happen, told by somebody with bad intentions."""
    events = tuple(Event(BEGIN + timedelta(days=day), what, f"{what} {HOSTILE}") for day, what in HAPPENED)
    return Correction(events, 2, 1, 1, 1, 1, 12)


def outcome() -> Outcome:
    whole = Window(BEGIN, BEGIN + timedelta(days=DAYS))
    return Outcome("log_loss", _span(whole), tuple(map(_span, months_of(whole))), (), 0)


def _span(window: Window) -> Span:
    return Span(window, 620, 600, 0.3, 0.3, Counter(), Counter())
