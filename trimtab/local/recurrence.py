"""When a schedule is due: EventBridge's `rate(...)`, `cron(...)` and `at(...)` expressions, in UTC.

Of cron it knows `*`, `?`, lists, ranges, steps and names. `L`, `W` and `#` are errors, as is every other zone than UTC.
Times are whole seconds since 1970.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from functions.domain.errors import MisconfiguredError

RATE = re.compile(r"^rate\((\d+) (minutes?|hours?|days?)\)$")
AT = re.compile(r"^at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)$")
CRON = re.compile(r"^cron\((.*)\)$")
SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}
MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
WEEKDAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), start=1)}
STEPS_BACK = (3_600, 86_400, 32 * 86_400, 366 * 86_400)


class Recurrence(Protocol):
    """`next_after` gives the first due time after `moment`, which is the last due time or the schedule's beginning."""

    def next_after(self, moment: int) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Rate:
    """Every so many seconds, counted from the beginning."""

    seconds: int

    def next_after(self, moment: int) -> int | None:
        return moment + self.seconds


@dataclass(frozen=True, slots=True)
class Once:
    """One time."""

    at: int

    def next_after(self, moment: int) -> int | None:
        return self.at if self.at > moment else None


@dataclass(frozen=True, slots=True)
class Cron:
    """The values that each field lets through; of `days` and `weekdays` (1 is Sunday) one is None, which is `?`."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int] | None
    months: frozenset[int]
    weekdays: frozenset[int] | None
    years: range | frozenset[int]

    def next_after(self, moment: int) -> int | None:
        first = moment - moment % 60 + 60
        start = datetime.fromtimestamp(first, UTC)
        for day in self._days_from(start):
            today = int(day.timestamp())
            for hour in self.hours:
                if today + hour * 3_600 + 3_599 < first:
                    continue
                for minute in self.minutes:
                    if (found := today + hour * 3_600 + minute * 60) >= first:
                        return found
        return None

    def _days_from(self, start: datetime) -> Iterator[datetime]:
        """Days that day, month and year let through, from the day of `start` on."""
        year, month, day = start.year, start.month, start.day
        while year <= max(self.years):
            if year in self.years and month in self.months:
                for number in range(day, calendar.monthrange(year, month)[1] + 1):
                    if self._has_day(year, month, number):
                        yield datetime(year, month, number, tzinfo=UTC)
            year, month, day = (year, month + 1, 1) if month < 12 else (year + 1, 1, 1)

    def _has_day(self, year: int, month: int, day: int) -> bool:
        if self.days is not None:
            return day in self.days
        return self.weekdays is not None and (calendar.weekday(year, month, day) + 1) % 7 + 1 in self.weekdays


def read_recurrence(expression: str, zone: str | None = None, *, is_rule: bool = True) -> Recurrence:
    """Parse a schedule's expression. A rule's says `1 minute` and `2 minutes`; EventBridge Scheduler takes either.

    Raises:
        MisconfiguredError: it is none, or something in it is not known; the message names it.
    """
    if zone not in (None, "", "UTC", "Etc/UTC"):
        raise MisconfiguredError(f"{expression}: the local cloud's schedules know UTC, not the zone {zone}")
    if match := RATE.match(expression):
        number, unit = int(match[1]), match[2]
        if number == 0 or (is_rule and (number == 1) == unit.endswith("s")):
            raise MisconfiguredError(f"{expression}: write rate(1 {unit.rstrip('s')}) or rate(2 {unit.rstrip('s')}s)")
        return Rate(number * SECONDS[unit.rstrip("s")])
    if match := AT.match(expression):
        return Once(int(datetime.fromisoformat(match[1]).replace(tzinfo=UTC).timestamp()))
    if match := CRON.match(expression):
        return _cron(expression, match[1].split())
    raise MisconfiguredError(
        f"{expression!r} is no schedule: rate(5 minutes), cron(0 * * * ? *) and at(2013-03-01T00:00:00) are"
    )


def latest_until(recurrence: Recurrence, begin: int, now: int) -> int | None:
    """The last due time after `begin` that is not after `now`; None if there is none."""
    if isinstance(recurrence, Rate):
        missed = (now - begin) // recurrence.seconds
        return begin + missed * recurrence.seconds if missed > 0 else None
    for base in (*(now - back for back in STEPS_BACK if now - back > begin), begin):
        found = recurrence.next_after(base)
        if found is not None and found <= now:
            latest = found
            while (found := recurrence.next_after(latest)) is not None and found <= now:
                latest = found
            return latest
    return None


def _cron(expression: str, fields: list[str]) -> Cron:
    if len(fields) != 6:
        raise MisconfiguredError(
            f"{expression}: cron has six fields (minutes, hours, day of month, month, day of week, year), "
            f"not {len(fields)}"
        )
    minute, hour, day, month, weekday, year = fields
    if (day == "?") == (weekday == "?"):
        raise MisconfiguredError(f"{expression}: exactly one of day of month and day of week must be ?")

    def values(field: str, name: str, low: int, high: int, names: dict[str, int] | None = None) -> frozenset[int]:
        return frozenset(_values(f"{expression}: {name}", field, low, high, names or {}))

    return Cron(
        minutes=tuple(sorted(values(minute, "minutes", 0, 59))),
        hours=tuple(sorted(values(hour, "hours", 0, 23))),
        days=None if day == "?" else values(day, "day of month", 1, 31),
        months=values(month, "month", 1, 12, MONTHS),
        weekdays=None if weekday == "?" else values(weekday, "day of week", 1, 7, WEEKDAYS),
        years=range(1970, 2200) if year == "*" else values(year, "year", 1970, 2199),
    )


def _values(where: str, field: str, low: int, high: int, names: dict[str, int]) -> Iterator[int]:
    for part in field.split(","):
        span, slash, step_text = part.partition("/")
        first, dash, last = span.partition("-")
        step = _number(where, step_text, 1, high, {}) if slash else 1
        if span == "*":
            begin, end = low, high
        else:
            begin = _number(where, first, low, high, names)
            end = _number(where, last, low, high, names) if dash else (high if slash else begin)
        if begin > end:
            raise MisconfiguredError(f"{where}: {part} runs backwards")
        yield from range(begin, end + 1, step)


def _number(where: str, text: str, low: int, high: int, names: dict[str, int]) -> int:
    number = names.get(text.upper(), int(text) if text.isascii() and text.isdigit() else -1)
    if not low <= number <= high:
        raise MisconfiguredError(
            f"{where}: the local cloud does not know {text!r}: {low} to {high}, *, lists, ranges, steps"
        )
    return number
