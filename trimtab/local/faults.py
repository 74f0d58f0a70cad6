"""Faults on demand: Firehose that fails, is slow, or takes only part of a batch, in fixed shares of the calls."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields
from time import sleep
from typing import Any

from functions.domain.errors import InvalidRequestError


@dataclass(frozen=True, slots=True)
class FirehoseFaults:
    """0 is never. A failed call stores nothing; a slow one stores at once and answers late; a partial one takes every
    second record of a batch."""

    fail_one_in: int = 0
    slow_one_in: int = 0
    slow_seconds: float = 0.0
    partial_one_in: int = 0


class Faults:
    """Decides for each put, by its number, what goes wrong with it."""

    def __init__(self) -> None:
        self._firehose = FirehoseFaults()
        self._lock = threading.Lock()
        self._puts = 0

    def set(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Take the faults of `{"firehose": {…}}` from now on; an empty object ends them.

        Raises:
            InvalidRequestError: an unknown fault, or a number that is none.
        """
        unknown = set(asked) - {"firehose"}
        given = asked.get("firehose") or {}
        known = {field.name for field in fields(FirehoseFaults)}
        if unknown or set(given) - known:
            names = ", ".join(sorted([*unknown, *(set(given) - known)]))
            raise InvalidRequestError(f"unknown faults {names}: firehose takes {', '.join(sorted(known))}")
        if not all(isinstance(value, int | float) and value >= 0 for value in given.values()):
            raise InvalidRequestError("a fault's value must be a number from 0")
        with self._lock:
            self._firehose, self._puts = FirehoseFaults(**given), 0
        return self.shown()

    def shown(self) -> dict[str, Any]:
        return {"firehose": {field.name: getattr(self._firehose, field.name) for field in fields(FirehoseFaults)}}

    def next_put(self) -> "PutFault":
        """What goes wrong with the next put. Where one fault falls on another, failing counts."""
        faults = self._firehose
        if faults == FirehoseFaults():
            return NO_FAULT
        with self._lock:
            self._puts += 1
            number = self._puts
        fails = _falls(number, faults.fail_one_in)
        return PutFault(
            fails=fails,
            partial=not fails and _falls(number + 2, faults.partial_one_in),
            slow_seconds=faults.slow_seconds if not fails and _falls(number + 1, faults.slow_one_in) else 0.0,
        )


@dataclass(frozen=True, slots=True)
class PutFault:
    """The fault of one put."""

    fails: bool = False
    partial: bool = False
    slow_seconds: float = 0.0

    def wait(self) -> None:
        if self.slow_seconds:
            sleep(self.slow_seconds)


NO_FAULT = PutFault()


def _falls(number: int, one_in: int) -> bool:
    return one_in > 0 and number % one_in == 0
