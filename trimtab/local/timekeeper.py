"""What happens as time goes on: schedules fire, buffers are delivered, alarms are judged.

In real time a thread looks once a second. In virtual time a call moves the clock, and everything that is due on the way
happens in order at its own time, each run waited for:

now ──> due 1 ──────────────────────────────────────> due 2 ──> … ──> to
        stand there: buffers that are old enough, alarms up to here;
        wait for events and executions under way; fire; wait again
"""

import sys
import threading
import traceback
from typing import Any

from functions.domain.errors import InvalidRequestError, UnavailableError
from trimtab.local.alarms import Alarms
from trimtab.local.clock import Clock, epoch_ms, iso
from trimtab.local.firehose import Firehose
from trimtab.local.metric_store import MetricStore
from trimtab.local.schedules import Due, Schedules
from trimtab.local.under_way import UnderWay

TICK_S = 1.0
SETTLE_S = 3_000.0  # an execution of three functions, each as long as one may run
END_OF_TIME_S = 2**62


class Timekeeper:
    """`start` begins to look; `move` is the call that moves the clock; `shown` says how things stand."""

    def __init__(
        self,
        clock: Clock,
        schedules: Schedules,
        alarms: Alarms,
        firehose: Firehose,
        under_way: UnderWay,
        metrics: MetricStore,
    ) -> None:
        self._clock, self._schedules, self._alarms = clock, schedules, alarms
        self._firehose, self._under_way, self._metrics = firehose, under_way, metrics
        self._moving = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="timekeeper", daemon=True)

    def start(self) -> None:
        self._alarms.sync()
        self._thread.start()

    def stop(self) -> None:
        """Fire nothing more; a move that is under way ends where it is."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def move(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Move the clock: `{"to": "2013-03-01T00:00:00Z"}`, or "now" for real time.

        Raises:
            InvalidRequestError: no time, or one that lies back.
            UnavailableError: what runs does not come to an end.
        """
        if set(asked) != {"to"}:
            raise InvalidRequestError('say where to: {"to": "2013-03-01T00:00:00Z"}, or "now" for real time')
        with self._moving:
            if asked["to"] == "now":
                self._begin(None)
                return self._answer([])
            to_ms = epoch_ms(asked["to"])
            if not self._clock.is_virtual:
                self._begin(to_ms)
                return self._answer([])
            if to_ms < self._clock.now_ms():
                self._clock.set(to_ms)  # says why not
            fired = []
            while not self._stopped.is_set() and (due := self._schedules.next_due(to_ms // 1000)) is not None:
                self._stand_at(max(due.at_s * 1000, self._clock.now_ms()))
                fired.append(self._fire(due))
            self._stand_at(to_ms)
            return self._answer(fired)

    def settle(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Wait until nothing is under way; what failed since this was asked last, each in a line, oldest first.

        Raises:
            InvalidRequestError: it asks for something.
            UnavailableError: what runs does not come to an end.
        """
        if asked:
            raise InvalidRequestError("settle takes nothing: {}")
        self._settle()
        return {"now": iso(self._clock.now_ms()), "failures": self._under_way.take_failures()}

    def shown(self) -> dict[str, Any]:
        """The clock, the schedules and the alarms."""
        return {
            "clock": {"now": iso(self._clock.now_ms()), "virtual": self._clock.is_virtual},
            "schedules": self._schedules.shown(),
            "alarms": self._alarms.shown(),
        }

    def _begin(self, to_ms: int | None) -> None:
        """Change between real and virtual time: nothing of the past fires."""
        self._settle()
        self._firehose.flush()
        if to_ms is None:
            self._clock.follow_the_wall()
        else:
            self._clock.set(to_ms)
        now_ms = self._clock.now_ms()
        self._schedules.begin_at(now_ms // 1000)
        self._alarms.begin_at(now_ms)

    def _stand_at(self, at_ms: int) -> None:
        self._clock.set(at_ms)
        self._settle()
        self._firehose.deliver_due()
        self._alarms.judge_until(at_ms)
        self._settle()
        self._metrics.prune(at_ms / 1000)

    def _fire(self, due: Due) -> dict[str, str]:
        results = self._schedules.fire(due)
        errors = [error for result in results if (error := result()) is not None]
        self._settle()
        shown = {"schedule": due.name, "time": iso(due.at_s * 1000)}
        return {**shown, "error": "; ".join(errors)} if errors else shown

    def _settle(self) -> None:
        if not self._under_way.settle(SETTLE_S):
            raise UnavailableError(f"functions or executions run on after {SETTLE_S:.0f} s: the clock stands still")

    def _answer(self, fired: list[dict[str, str]]) -> dict[str, Any]:
        upcoming = self._schedules.next_due(END_OF_TIME_S)
        return {
            "now": iso(self._clock.now_ms()),
            "fired": fired,
            "next": None if upcoming is None else iso(upcoming.at_s * 1000),
            "alarms": self._alarms.states(),
        }

    def _run(self) -> None:
        while True:
            if not self._clock.is_virtual:
                with self._moving:
                    try:
                        self._tick()
                    except Exception:
                        traceback.print_exc(file=sys.stderr)
            if self._stopped.wait(TICK_S):
                return

    def _tick(self) -> None:
        if self._clock.is_virtual:
            return
        now_ms = self._clock.now_ms()
        for due in self._schedules.overdue(now_ms // 1000):
            self._schedules.fire(due)
        self._alarms.judge_until(now_ms)
        self._metrics.prune(now_ms / 1000)
