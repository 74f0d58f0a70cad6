"""The execution environments of one version of one function: reused, more under load, ended when idle for long."""

import os
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic

from trimtab.local.environment import Environment
from trimtab.local.invocation import UNHANDLED, Invocation, Result
from trimtab.local.lambda_errors import throttled

MOST = 10  # environments of one version: the concurrency of a new AWS account
STARTING_AT_ONCE = max(2, os.cpu_count() or 2)
WAIT_S = 60.0
IDLE_S = 300.0
Make = Callable[[Callable[[Environment], None], Callable[[Environment, bytes], None]], Environment]


class InitFailedError(Exception):
    """An environment could not start; `payload` is what Lambda answers."""

    def __init__(self, payload: bytes) -> None:
        super().__init__("init failed")
        self.payload = payload


class EnvironmentPool:
    """`run` takes an idle environment, or waits for whichever is the first to be free."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._changed = threading.Condition()
        self._idle: list[tuple[Environment, float]] = []
        self._all: set[Environment] = set()
        self._starting: set[Environment] = set()
        self._failures: deque[bytes] = deque()
        self._waiting = 0
        self.retired = False

    def run(self, invocation: Invocation, keep_tail: bool) -> Result:
        """Raises LambdaError (TooManyRequestsException) when no environment gets free in a minute."""
        try:
            environment = self._acquire()
        except InitFailedError as error:
            return Result(error.payload, UNHANDLED)
        try:
            return environment.run(invocation, keep_tail)
        finally:
            self._release(environment)

    def retire(self) -> None:
        """No new work comes: end what is idle now, and the rest when it is done."""
        with self._changed:
            self.retired = True
            ending = [environment for environment, _ in self._idle]
            self._idle.clear()
        for environment in ending:
            self._drop(environment)

    def reap(self) -> None:
        """End environments that have been idle for long."""
        limit = monotonic() - IDLE_S
        with self._changed:
            ending = [environment for environment, since in self._idle if since < limit]
            self._idle = [(environment, since) for environment, since in self._idle if since >= limit]
        for environment in ending:
            self._drop(environment)

    def stop(self) -> None:
        """End all of them."""
        with self._changed:
            self.retired = True
            ending, self._idle = list(self._all), []
        for environment in ending:
            self._drop(environment)

    @property
    def size(self) -> int:
        return len(self._all)

    def _acquire(self) -> Environment:
        deadline = monotonic() + WAIT_S
        with self._changed:
            self._waiting += 1
            try:
                while True:
                    while self._idle:
                        environment, _ = self._idle.pop()
                        if not environment.gone:
                            return environment
                        self._all.discard(environment)
                    if self._failures:
                        raise InitFailedError(self._failures.popleft())
                    if len(self._starting) < min(self._waiting, STARTING_AT_ONCE) and len(self._all) < MOST:
                        self._start_one()
                    if not self._changed.wait(max(0.0, deadline - monotonic())):
                        raise throttled()
            finally:
                self._waiting -= 1

    def _start_one(self) -> None:
        environment = self._make(self._on_ready, self._on_failed)
        self._all.add(environment)
        self._starting.add(environment)
        environment.start()

    def _on_ready(self, environment: Environment) -> None:
        with self._changed:
            self._starting.discard(environment)
            if not self.retired:
                self._idle.append((environment, monotonic()))
                self._changed.notify()
                return
        self._drop(environment)

    def _on_failed(self, environment: Environment, payload: bytes) -> None:
        with self._changed:
            self._starting.discard(environment)
            self._all.discard(environment)
            if self._waiting > len(self._failures):
                self._failures.append(payload)
            self._changed.notify_all()

    def _release(self, environment: Environment) -> None:
        with self._changed:
            if not environment.gone and not self.retired:
                self._idle.append((environment, monotonic()))
                self._changed.notify()
                return
        self._drop(environment)

    def _drop(self, environment: Environment) -> None:
        with self._changed:
            self._all.discard(environment)
            self._starting.discard(environment)
            self._changed.notify_all()
        environment.stop()
