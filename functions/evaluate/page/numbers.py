"""Numbers, shares and times as the page writes them. What is not known is a dash."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

UNKNOWN = "\N{EN DASH}"


def measured(value: float | None) -> str:
    """Four significant digits, zeros at the end too, so that a column of them lines up; from 1,000 on whole."""
    if value is None:
        return UNKNOWN
    return number(value) if value == 0 or abs(value) >= 1_000 else f"{value:#.4g}".rstrip(".")


def small(value: float | None) -> str:
    """Three decimals, for distances and probabilities, of which less than a thousandth does not matter."""
    if value is None:
        return UNKNOWN
    return "<0.001" if 0 < value < 0.0005 else f"{value:.3f}"


def number(value: float | None) -> str:
    """Up to four significant digits; from 1,000 on whole, with separators."""
    if value is None:
        return UNKNOWN
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if 1_000 <= abs(value) < 1e15 else f"{value:.4g}"


def share(value: float | None) -> str:
    """A share of 1 in per cent; what is not zero is never shown as zero, nor what is not all as all."""
    if value is None:
        return UNKNOWN
    if 0 < value < 0.0005:
        return "<0.1%"
    return ">99.9%" if 0.9995 <= value < 1 else f"{value:.1%}"


def change(value: float | None) -> str:
    """A relative change, with its sign; beyond ten times its size does not matter."""
    if value is None:
        return UNKNOWN
    return f"{value:+.1%}" if abs(value) < 10 else "over +1,000%" if value > 0 else "under -1,000%"


def interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{measured(low)} to {measured(high)}"


def with_interval(metric: Mapping[str, Any]) -> str:
    """`value (low to high)` of a metric of a report."""
    within = interval(metric.get("low"), metric.get("high"))
    return measured(metric["value"]) + (f" ({within})" if within else "")


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """`1 row`, `2 rows`."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def moment(iso: str | None) -> str:
    """A time to the minute, in UTC; midnight is left out."""
    if iso is None:
        return UNKNOWN
    at = parsed(iso)
    return f"{at:%Y-%m-%d}" if (at.hour, at.minute) == (0, 0) else f"{at:%Y-%m-%d %H:%M}"


def window(span: Mapping[str, str]) -> str:
    return f"{moment(span['start'])} to {moment(span['end'])}"


def parsed(iso: str) -> datetime:
    return datetime.fromisoformat(iso).astimezone(UTC)


def seconds(iso: str) -> float:
    """Seconds since 1970, for a time axis."""
    return parsed(iso).timestamp()


def span(length_s: float | None) -> str:
    """A length of time in its largest unit: `45 s`, `3.5 h`."""
    if length_s is None:
        return UNKNOWN
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if abs(length_s) >= size:
            return f"{length_s / size:.3g} {unit}"
    return f"{length_s:.3g} s"
