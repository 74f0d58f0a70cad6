"""What was set off and is not finished: asynchronous invocations, deliveries to functions, executions; and what failed.

Whoever sets something off begins it before the call that caused it is answered: so once nothing is under way, nothing
that was caused is left.
"""

import threading
from collections import deque

KEPT = 100  # failures that nobody asks for are forgotten, the oldest first


class UnderWay:
    """`begin` and `end` count; `settle` waits for none; `take_failures` gives what failed since it was asked last."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._number = 0
        self._is_closed = False
        self._failures: deque[str] = deque(maxlen=KEPT)

    def begin(self) -> None:
        with self._changed:
            self._number += 1

    def end(self) -> None:
        with self._changed:
            self._number -= 1
            self._changed.notify_all()

    def failed(self, what: str) -> None:
        """Note a failure, in a line. Call it before the `end` that it belongs to."""
        with self._changed:
            self._failures.append(what)

    def settle(self, seconds: float) -> bool:
        """Wait until nothing is under way; False when that took too long. A cloud that ends waits for nothing."""
        with self._changed:
            return self._changed.wait_for(lambda: self._number == 0 or self._is_closed, seconds)

    def take_failures(self) -> list[str]:
        """The failures, oldest first; they are told once."""
        with self._changed:
            taken = list(self._failures)
            self._failures.clear()
            return taken

    def close(self) -> None:
        """The cloud ends: nobody waits any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
