"""The fields that labels and observations are made of, read one by one; what is wrong is said with the field's name."""

from collections.abc import Mapping, Set
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from functions.domain.errors import InvalidRequestError
from functions.domain.findings import shown
from functions.domain.truth_limits import AHEAD_MS, LEAST_NUMBER, LONGEST_TEXT

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def entry(value: Any, needed: Set[str], optional: Set[str]) -> Mapping[str, Any]:
    """A row as the object that it should be.

    Raises:
        InvalidRequestError: it is none, lacks a key, or has one that is not known.
    """
    if type(value) is not dict:
        raise InvalidRequestError(f"should be an object, not {shown(value)}")
    for name in sorted(needed - value.keys()):
        raise InvalidRequestError(f"{name}: is missing")
    for name in sorted(value.keys() - needed - optional):
        raise InvalidRequestError(f"unknown key {shown(name)}; it may have {', '.join(sorted(needed | optional))}")
    return value


def text(value: Any, field: str) -> str:
    """An id or a name: 1 to 200 printable characters.

    Raises:
        InvalidRequestError: it is something else.
    """
    if type(value) is not str or not 0 < len(value) <= LONGEST_TEXT or not value.isprintable():
        raise InvalidRequestError(f"{field}: {shown(value)} should be text of 1 to {LONGEST_TEXT} printable characters")
    return value


def moment(value: Any, field: str, arrived_ms: int) -> int:
    """A time in milliseconds since 1970 UTC, from that or from ISO 8601 with its offset from UTC.

    `arrived_ms` is when the request arrived, by API Gateway's clock; nothing that it tells of is later, but for the
    five minutes that the sender's clock may be ahead.

    Raises:
        InvalidRequestError: it is no time, or too late, or before 1970.
    """
    time_ms = _from_text(value, field) if type(value) is str else _from_number(value, field)
    if time_ms < 0:
        raise InvalidRequestError(f"{field}: {shown(value)} is before 1970")
    if time_ms > arrived_ms + AHEAD_MS:
        arrived = iso(arrived_ms)
        raise InvalidRequestError(f"{field}: {shown(value)} is in the future: the request arrived at {arrived}")
    return time_ms


def iso(time_ms: int) -> str:
    """A moment for a person, in UTC."""
    return (_EPOCH + time_ms * _MILLISECOND).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _from_text(value: str, field: str) -> int:
    try:
        time = datetime.fromisoformat(value)
    except ValueError as error:
        raise InvalidRequestError(f"{field}: {shown(value)} is not ISO 8601, such as 2013-03-01T05:15:00Z") from error
    if time.tzinfo is None:
        raise InvalidRequestError(f"{field}: {shown(value)} does not say its offset from UTC: end it with Z, or +01:00")
    return (time - _EPOCH) // _MILLISECOND


def _from_number(value: Any, field: str) -> int:
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int:
        raise InvalidRequestError(f"{field}: {shown(value)} should be ISO 8601, or milliseconds since 1970")
    if 0 <= value < LEAST_NUMBER:
        raise InvalidRequestError(f"{field}: {value} looks like seconds: send milliseconds since 1970")
    return value
