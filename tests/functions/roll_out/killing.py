"""Kill a run at any of its AWS calls: before the call is sent, or after it took effect."""

from collections.abc import Callable
from typing import Any, Literal

When = Literal["before", "after"]


class KilledError(BaseException):
    """No `except Exception` survives it, as none survives SIGKILL."""


class Calls:
    """Watches the AWS calls of one run; kills it at the call of a number, or does something else there.

    Once killed, a run's further calls (its `finally` blocks) are not made: a dead process makes none.
    """

    def __init__(self, at: int | None = None, when: When = "before", instead: Callable[[], None] | None = None) -> None:
        self.names: list[str] = []
        self._at, self._when, self._instead = at, when, instead
        self._dead = False

    def watch(self, clients: dict[str, Any]) -> dict[str, Any]:
        for client in clients.values():
            client.meta.events.register_first("before-call", self._before)
            client.meta.events.register_last("after-call", self._after)
        return clients

    def _before(self, model: Any, **_: Any) -> None:
        if self._dead:
            raise KilledError
        self.names.append(f"{model.service_model.service_name}:{model.name}")
        self._reach("before")

    def _after(self, **_: Any) -> None:
        self._reach("after")

    def _reach(self, when: When) -> None:
        if self._at != len(self.names) - 1 or when != self._when:
            return
        self._at = None
        if self._instead is None:
            self._dead = True
            raise KilledError
        self._instead()
