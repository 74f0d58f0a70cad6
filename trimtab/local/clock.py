"""The local cloud's clock: the wall clock's time, or once it was set a virtual one that only moves forward.

Schedules, alarms, metrics, events and Firehose's buffers live by it. Throttles, signatures and log lines do not.
"""

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import time

from functions.domain.errors import InvalidRequestError

DIGITS = 15  # always as many: one write replaces the time whole


class Clock:
    """`now_ms` is milliseconds since 1970. A virtual time is kept in `path`, so that a restart goes on from it."""

    def __init__(self, path: Path, wall: Callable[[], float] = time) -> None:
        self._wall = wall
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        text = os.pread(self._file, DIGITS, 0).decode()
        self._virtual_ms: int | None = int(text) if text else None

    @property
    def is_virtual(self) -> bool:
        return self._virtual_ms is not None

    def now_ms(self) -> int:
        virtual_ms = self._virtual_ms
        return int(self._wall() * 1000) if virtual_ms is None else virtual_ms

    def now_s(self) -> float:
        return self.now_ms() / 1000

    def set(self, epoch_ms: int) -> None:
        """Stand at this time. Raises InvalidRequestError: that would be back."""
        with self._lock:
            if self._virtual_ms is not None and epoch_ms < self._virtual_ms:
                raise InvalidRequestError(
                    f"the clock stands at {iso(self._virtual_ms)} and does not go back to {iso(epoch_ms)}"
                )
            if epoch_ms != self._virtual_ms:
                os.pwrite(self._file, f"{epoch_ms:0{DIGITS}d}".encode(), 0)
            self._virtual_ms = epoch_ms

    def follow_the_wall(self) -> None:
        """Real time from now on."""
        with self._lock:
            os.ftruncate(self._file, 0)
            self._virtual_ms = None


def iso(epoch_ms: float) -> str:
    """`2013-03-01T00:00:00Z`, with milliseconds only where there are some."""
    spec = "seconds" if int(epoch_ms) % 1000 == 0 else "milliseconds"
    return datetime.fromtimestamp(int(epoch_ms) / 1000, UTC).isoformat(timespec=spec).replace("+00:00", "Z")


def epoch_ms(text: object) -> int:
    """Milliseconds since 1970 of an ISO 8601 time with its zone. Raises InvalidRequestError."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise InvalidRequestError(f"{text!r} is no time such as 2013-03-01T00:00:00Z") from None
    if moment.tzinfo is None:
        raise InvalidRequestError(f"{text!r} has no zone: write 2013-03-01T00:00:00Z")
    return round(moment.timestamp() * 1000)
