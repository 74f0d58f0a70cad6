"""How CloudWatch decides an alarm's state from its data points, missing ones included.

The rules, and the tables that the tests repeat, are AWS's: "Configuring how CloudWatch alarms treat missing data" in
the CloudWatch user guide. How many points beyond the evaluation periods it looks at AWS leaves open, and shows as two.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from trimtab.local.alarm_definition import AlarmDefinition, Watched
from trimtab.local.metric_math import Series
from trimtab.local.metric_store import MetricName, MetricStore

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state to be in (None: as it was), and the points that decided it, oldest first."""

    state: str | None
    points: tuple[tuple[int, float], ...]


def points_seen(alarm: AlarmDefinition) -> int:
    """How many periods back it looks: two more than it must, but where a period is an hour or longer."""
    return alarm.periods + (2 if alarm.period < HOUR else 0)


class Windows:
    """Statistics of spans of time, each worked out once: for one pass over the alarms, which share most of them."""

    def __init__(self, store: MetricStore) -> None:
        self._store = store
        self._known: dict[tuple[MetricName, str, int, int], float | None] = {}

    def value(self, one: Watched, begin_s: int) -> float | None:
        """The metric's statistic over the period that begins there; None without data."""
        place = (one.metric, one.statistic, one.period, begin_s)
        if place not in self._known:
            bucket = self._store.window(one.metric, begin_s, begin_s + one.period)
            self._known[place] = bucket.statistic(one.statistic) if bucket else None
        return self._known[place]


def read_points(alarm: AlarmDefinition, windows: Windows, now_s: int) -> list[tuple[int, float | None]]:
    """Begin and value of the periods that end at `now_s` and before, oldest first."""
    periods = points_seen(alarm)
    begins = [now_s - back * alarm.period for back in range(periods, 0, -1)]
    series: dict[str, Series] = {}
    for one in alarm.watched:
        series[one.id] = [windows.value(one, begin) for begin in begins]
    for name, expression in alarm.expressions:
        if name == alarm.returned:
            return list(zip(begins, expression.series(series, periods), strict=True))
    return list(zip(begins, series[alarm.returned], strict=True))


def judge(alarm: AlarmDefinition, points: Sequence[tuple[int, float | None]]) -> Outcome:
    """The state that these points give, oldest first."""
    real = tuple((begin, value) for begin, value in points if value is not None)
    if len(real) >= alarm.periods:
        decisive = real[-alarm.periods :]
        breaching = sum(alarm.breaches(value) for _, value in decisive)
        return Outcome(ALARM if breaching >= alarm.to_alarm else OK, decisive)
    breaching = sum(alarm.breaches(value) for _, value in real)
    filled = alarm.periods - len(real)
    if alarm.missing == "breaching":
        return Outcome(ALARM if breaching + filled >= alarm.to_alarm else OK, real)
    if breaching >= alarm.to_alarm:
        return Outcome(ALARM, real)
    if alarm.missing == "notBreaching" or breaching < len(real):
        return Outcome(OK, real)
    # Only breaching points, too few of them, or none at all.
    if alarm.missing == "ignore":
        return Outcome(None, real)
    if not real:
        return Outcome(INSUFFICIENT_DATA, real)
    oldest = next(age for age, (_, value) in zip(range(len(points), 0, -1), points, strict=True) if value is not None)
    return Outcome(ALARM if oldest >= alarm.to_alarm else OK, real)
