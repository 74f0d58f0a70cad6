"""Schedules: EventBridge Scheduler's and the rules with a ScheduleExpression, when each is due, and what it then sends.

moto keeps them, as the template or a caller made them. When each has fired last is in a file, written before it fires:
no due time fires twice, whenever the cloud was killed.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from functions.domain.errors import MisconfiguredError
from trimtab.local.clock import Clock, iso
from trimtab.local.event_bus import EventBus
from trimtab.local.function_target import FunctionTargets
from trimtab.local.last_runs import LastRun, LastRuns
from trimtab.local.moto_app import Moto
from trimtab.local.recurrence import Recurrence, latest_until, read_recurrence
from trimtab.local.state_machine_target import StateMachineTargets, is_state_machine

EMPTY_INPUT = "{}"
SERVICE = "scheduler.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule or scheduled rule. `targets` are as moto has them."""

    arn: str
    name: str
    expression: str
    recurrence: Recurrence
    enabled: bool
    is_rule: bool
    targets: tuple[Mapping[str, Any], ...] = field(hash=False)


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A schedule's due time; ordered by time, then name."""

    at_s: int
    name: str
    schedule: Schedule = field(compare=False)


class Schedules:
    """`next_due` and `overdue` say what is to fire; `fire` fires it."""

    def __init__(
        self, path: Path, moto: Moto, clock: Clock, functions: FunctionTargets, machines: StateMachineTargets,
        bus: EventBus, account: str, region: str,
    ) -> None:  # fmt: skip
        self._moto, self._clock, self._functions, self._machines = moto, clock, functions, machines
        self._bus, self._account, self._region = bus, account, region
        self._lock = threading.RLock()
        self._runs = LastRuns(path)
        self._known: dict[str, tuple[Any, Schedule | None]] = {}
        self._dues: list[Due] = []
        self._dues_as_of: tuple[Any, ...] = ()

    def begin_at(self, epoch_s: int) -> None:
        """The clock was set anew: nothing of the past is due."""
        with self._lock:
            for arn in self._runs:
                self._runs.forget(arn)
            self._current(epoch_s)

    def next_due(self, until_s: int) -> Due | None:
        """The earliest that is due by then."""
        with self._lock:
            dues = self._next_dues()
            return dues[0] if dues and dues[0].at_s <= until_s else None

    def overdue(self, now_s: int) -> list[Due]:
        """What is due now: of each schedule its latest due time alone, however many have passed."""
        with self._lock:
            found = []
            for due in self._next_dues():
                if due.at_s > now_s:
                    break
                base = self._runs[due.schedule.arn].base_s
                latest = latest_until(due.schedule.recurrence, base, now_s)
                found.append(Due(latest if latest is not None else due.at_s, due.name, due.schedule))
            return sorted(found)

    def fire(self, due: Due) -> list[Callable[[], str | None]]:
        """Fire it; each result, when called, waits and says what went wrong in the end, or None."""
        schedule = due.schedule
        with self._lock:
            run = self._runs[schedule.arn]
            self._runs.keep(schedule.arn, LastRun(run.expression, run.begin_s, due.at_s))
        if schedule.is_rule:
            event = self._bus.scheduled(schedule.arn, due.at_s * 1000)
            return self._bus.deliver(schedule.arn, list(schedule.targets), event)
        target = schedule.targets[0]
        payload = _filled(target.get("Input") or EMPTY_INPUT, schedule.arn, due.at_s)
        if not is_state_machine(target["Arn"]):
            return [self._functions.send(target["Arn"], payload, lambda why: self._note(schedule, why)).result]
        error = self._machines.start(target, payload, SERVICE, _group_of(schedule.arn))
        if error is not None:
            self._note(schedule, error)
        return [lambda: error]

    def _note(self, schedule: Schedule, error: str) -> None:
        """Keep what went wrong with a schedule's last run."""
        what = f"schedule {schedule.name}: {error}"
        sys.stderr.write(f"{what}\n")
        self._functions.invoker.under_way.failed(what)
        with self._lock:
            if (run := self._runs.get(schedule.arn)) is not None:
                self._runs.keep(schedule.arn, LastRun(run.expression, run.begin_s, run.fired_s, error))

    def shown(self) -> list[dict[str, Any]]:
        """Name, expression, state, next time and last run of each."""
        with self._lock:
            found = []
            for one in self._current(int(self._clock.now_s())):
                run = self._runs[one.arn]
                upcoming = one.recurrence.next_after(run.base_s) if one.enabled else None
                found.append(
                    {
                        "name": one.name,
                        "expression": one.expression,
                        "state": "ENABLED" if one.enabled else "DISABLED",
                        "next": None if upcoming is None else iso(upcoming * 1000),
                        "last": None if run.fired_s is None else iso(run.fired_s * 1000),
                        "error": run.error,
                    }
                )
            return found

    def _next_dues(self) -> list[Due]:
        current = self._current(int(self._clock.now_s()))
        as_of = tuple((one.arn, one.enabled, self._runs[one.arn].base_s, one.expression) for one in current)
        if as_of != self._dues_as_of:
            dues = []
            for one in current:
                if one.enabled and (at := one.recurrence.next_after(self._runs[one.arn].base_s)) is not None:
                    dues.append(Due(at, one.name, one))
            self._dues, self._dues_as_of = sorted(dues), as_of
        return self._dues

    def _current(self, now_s: int) -> list[Schedule]:
        """All schedules as they stand in moto, sorted by name; new ones count from now on."""
        with self._moto.lock:
            signed = [*self._of_scheduler(), *self._of_rules()]
        found = []
        for arn, signature, read in signed:
            before, known = self._known.get(arn), self._known.get(arn)
            if known is None or known[0] != signature:
                known = self._known[arn] = (signature, _read(arn, read))
            schedule = known[1]
            if schedule is None:
                continue
            run = self._runs.get(arn)
            was_off = before is not None and before[1] is not None and not before[1].enabled
            if run is None or run.expression != schedule.expression or (was_off and schedule.enabled):
                self._runs.keep(arn, LastRun(schedule.expression, now_s))
            found.append(schedule)
        there = {arn for arn, _, _ in signed}
        for arn in self._runs:
            if arn not in there:
                self._known.pop(arn, None)
                self._runs.forget(arn)
        return sorted(found, key=lambda one: (one.name, one.arn))

    def _of_scheduler(self) -> Iterator[tuple[str, Any, Callable[[], Schedule]]]:
        for group in self._moto.backend("scheduler", self._account, self._region).schedule_groups.values():
            for one in group.schedules.values():
                target = dict(one.target)
                signature = (one.schedule_expression, one.schedule_expression_timezone, one.state, one.target)

                def read(one: Any = one, target: dict[str, Any] = target) -> Schedule:
                    recurrence = read_recurrence(
                        one.schedule_expression, one.schedule_expression_timezone, is_rule=False
                    )
                    enabled = one.state == "ENABLED"
                    return Schedule(one.arn, one.name, one.schedule_expression, recurrence, enabled, False, (target,))

                yield one.arn, signature, read

    def _of_rules(self) -> Iterator[tuple[str, Any, Callable[[], Schedule]]]:
        for rule in self._moto.backend("events", self._account, self._region).event_buses["default"].rules.values():
            if not rule.scheduled_expression:
                continue
            targets = tuple(dict(target) for target in rule.targets)
            signature = (rule.scheduled_expression, rule.state, tuple(rule.targets))

            def read(rule: Any = rule, targets: tuple[dict[str, Any], ...] = targets) -> Schedule:
                expression = rule.scheduled_expression
                enabled = rule.state == "ENABLED"
                return Schedule(rule.arn, rule.name, expression, read_recurrence(expression), enabled, True, targets)

            yield rule.arn, signature, read


def _read(arn: str, read: Callable[[], Schedule]) -> Schedule | None:
    try:
        return read()
    except MisconfiguredError as error:
        sys.stderr.write(f"schedule {arn} is passed over: {error}\n")
        return None


def _group_of(arn: str) -> str:
    """The ARN of a schedule's group: on its behalf the Scheduler assumes the target's role."""
    place, _, _ = arn.rpartition("/")
    return place.replace(":schedule/", ":schedule-group/")


def _filled(text: str, arn: str, at_s: int) -> str:
    """EventBridge Scheduler's context words in an input."""
    words = {
        "schedule-arn": arn,
        "scheduled-time": iso(at_s * 1000),
        "execution-id": str(uuid4()),
        "attempt-number": "1",
    }
    for word, value in words.items():
        text = text.replace(f"<aws.scheduler.{word}>", value)
    return text
