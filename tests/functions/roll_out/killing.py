"""Kill a run at any of its calls, or have something else happen there: before the call, or after it took effect."""

from collections.abc import Callable
from threading import RLock
from typing import Any, Literal

from tests.functions.roll_out.worlds import FakeWorld, StageTools

When = Literal["before", "after"]


class KilledError(BaseException):
    """No `except Exception` survives it, as none survives SIGKILL."""


class Calls:
    """Watches the calls of one run; kills it at the call of a number, or does something else there.

    Once killed, a run's further calls (its `finally` blocks) are not made: a dead process makes none.
    """

    def __init__(
        self, at: int | None = None, when: When = "before", instead: Callable[[], object] | None = None
    ) -> None:
        self.names: list[str] = []
        self._at, self._when, self._instead = at, when, instead
        self._dead = False

    def watch(self, clients: dict[str, Any]) -> dict[str, Any]:
        """boto3 clients, watched at each AWS call."""
        for service, client in clients.items():
            # Not for "before-call" as a whole: botocore runs what is registered for one service before that.
            client.meta.events.register_first(f"before-call.{service}", lambda model, **_: self.before(_name(model)))
            client.meta.events.register_last("after-call", lambda **_: self.after())
        return clients

    def tools(self, world: FakeWorld) -> StageTools:
        """A world of fakes, watched at each call of a fake."""
        return world.tools(lambda fake: Watched(fake, self))

    def before(self, name: str) -> None:
        if self._dead:
            raise KilledError
        self.names.append(name)
        self._reach("before")

    def after(self) -> None:
        self._reach("after")

    def _reach(self, when: When) -> None:
        if self._at != len(self.names) - 1 or when != self._when:
            return
        self._at = None
        if self._instead is None:
            self._dead = True
            raise KilledError
        self._instead()


class Watched:
    """A fake whose calls are watched."""

    def __init__(self, fake: object, calls: Calls) -> None:
        self._fake, self._calls = fake, calls

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._fake, name)

        def call(*args: Any, **named: Any) -> Any:
            self._calls.before(name)
            try:
                return method(*args, **named)
            finally:
                self._calls.after()

        return call


class Locked:
    """A fake whose calls are atomic, for threads."""

    def __init__(self, fake: object, lock: RLock) -> None:
        self._fake, self._lock = fake, lock

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._fake, name)

        def call(*args: Any, **named: Any) -> Any:
            with self._lock:
                return method(*args, **named)

        return call


def _name(model: Any) -> str:
    return f"{model.service_model.service_name}:{model.name}"
