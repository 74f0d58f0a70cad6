"""Spans of time as model.toml writes them: `30m`, `6h`, `7d`."""

import re
from datetime import timedelta

from functions.domain.errors import InvalidRequestError

PATTERN = r"^[1-9][0-9]{0,4}[smhd]$|^0s$"
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """A span of time.

    Raises:
        InvalidRequestError: it is not a whole number and one of s, m, h, d.
    """
    if not re.fullmatch(PATTERN, text):
        raise InvalidRequestError(f"{text!r} is no span of time: write a whole number and s, m, h or d, such as 6h")
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def words(span: timedelta) -> str:
    """A span as model.toml writes it, in the largest unit that it is a whole number of."""
    seconds = round(span.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
