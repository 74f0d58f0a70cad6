"""All metrics of the local cloud, ours and the functions' own: minutes for 15 days, hours for 455, as AWS keeps them.

They are in memory alone and bounded by these times: a year of traffic is a few hours of buckets a series. Minutes and
hours are filled side by side, so that a long window is summed from hours. Times are seconds since 1970.
"""

import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from trimtab.local.metric_bucket import Bucket

MINUTE, HOUR, DAY = 60, 3_600, 86_400
MINUTES_KEPT_S = 15 * DAY
HOURS_KEPT_S = 455 * DAY
Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, order=True)
class MetricName:
    """A metric is its namespace, its name and its dimensions, sorted."""

    namespace: str
    name: str
    dimensions: Dimensions = ()


def metric_name(namespace: str, name: str, dimensions: dict[str, str] | None = None) -> MetricName:
    """The metric of these dimensions in any order; interned, since each datum names it."""
    pairs = tuple(sorted((dimensions or {}).items()))
    return MetricName(sys.intern(namespace), sys.intern(name), pairs)


@dataclass(slots=True)
class Series:
    """One metric's buckets by the second that they begin at."""

    unit: str = "None"
    minutes: dict[int, Bucket] = field(default_factory=dict)
    hours: dict[int, Bucket] = field(default_factory=dict)


class MetricStore:
    """`add` takes values from any thread; `window` sums what lies in a span of time."""

    def __init__(self) -> None:
        self._series: dict[MetricName, Series] = {}
        self._lock = threading.Lock()
        self._pruned_on = 0

    def __iter__(self) -> Iterator[MetricName]:
        with self._lock:
            return iter(sorted(self._series))

    def unit(self, metric: MetricName) -> str:
        found = self._series.get(metric)
        return found.unit if found else "None"

    def add(self, metric: MetricName, value: float, at_s: float, unit: str = "None", count: float = 1.0) -> None:
        """`count` times `value` at a time."""
        with self._lock:
            for bucket in self._places(metric, int(at_s), unit):
                bucket.add(value, count)

    def add_summary(
        self, metric: MetricName, summary: tuple[float, float, float, float], at_s: float, unit: str = "None"
    ) -> None:
        """Count, sum, minimum and maximum of values that are not known one by one."""
        with self._lock:
            for bucket in self._places(metric, int(at_s), unit):
                bucket.add_summary(*summary)

    def window(self, metric: MetricName, start_s: int, end_s: int) -> Bucket | None:
        """All that lies in [start, end), to the minute; None when nothing does."""
        with self._lock:
            series = self._series.get(metric)
            if series is None:
                return None
            total = Bucket()  # a copy, since others add meanwhile
            for bucket in _buckets(series, start_s, end_s):
                total.merge(bucket)
        return total if total.count else None

    def has_data(self, metric: MetricName, start_s: int, end_s: int) -> bool:
        """Whether anything lies in the hours that [start, end) touches."""
        series = self._series.get(metric)
        if series is None:
            return False
        hours = range(start_s - start_s % HOUR, end_s, HOUR)
        if len(hours) > len(series.hours):
            return any(hours.start <= hour < end_s for hour in tuple(series.hours))
        return any(hour in series.hours for hour in hours)

    def prune(self, now_s: float) -> None:
        """Forget what is too old, once a day of the clock."""
        today = int(now_s) // DAY
        if today == self._pruned_on:
            return
        with self._lock:
            self._pruned_on = today
            for metric, series in list(self._series.items()):
                _drop_before(series.minutes, int(now_s) - MINUTES_KEPT_S)
                _drop_before(series.hours, int(now_s) - HOURS_KEPT_S)
                if not series.hours:
                    del self._series[metric]

    def size(self) -> tuple[int, int]:
        """Numbers of series and of buckets."""
        with self._lock:
            return len(self._series), sum(len(s.minutes) + len(s.hours) for s in self._series.values())

    def _places(self, metric: MetricName, at_s: int, unit: str) -> tuple[Bucket, Bucket]:
        series = self._series.get(metric)
        if series is None:
            series = self._series[metric] = Series()
        if unit != "None":
            series.unit = unit
        minute, hour = at_s - at_s % MINUTE, at_s - at_s % HOUR
        of_minute, of_hour = series.minutes.get(minute), series.hours.get(hour)
        if of_minute is None:
            of_minute = series.minutes[minute] = Bucket()
        if of_hour is None:
            of_hour = series.hours[hour] = Bucket()
        return of_minute, of_hour


def _buckets(series: Series, start_s: int, end_s: int) -> Iterator[Bucket]:
    """Whole hours where they fit, minutes at the ends; where minutes are gone, the hours that begin inside."""
    start, end = start_s - start_s % MINUTE, end_s
    while start < end:
        hour = start - start % HOUR
        if hour not in series.hours:
            start = hour + HOUR
        elif start == hour and hour + HOUR <= end:
            yield series.hours[hour]
            start += HOUR
        else:
            stop = min(end, hour + HOUR)
            yield from (series.minutes[at] for at in range(start, stop, MINUTE) if at in series.minutes)
            start = stop


def _drop_before(buckets: dict[int, Bucket], limit_s: int) -> None:
    for at in [at for at in buckets if at < limit_s]:
        del buckets[at]
