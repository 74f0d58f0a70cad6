"""CloudWatch alarms: judged on the clock, their state in moto, their actions carried out when it changes.

moto keeps the alarms, as the template or a caller made them; states are in a file too, so that a restart, which loses
the metrics, neither forgets them nor sends everything a second time.
"""

import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from functions.domain.errors import MisconfiguredError
from trimtab.local.alarm_definition import AlarmDefinition, read_alarm
from trimtab.local.alarm_evaluation import INSUFFICIENT_DATA, Windows, judge, points_seen, read_points
from trimtab.local.alarm_messages import AlarmChange, reason, reason_data
from trimtab.local.alarm_state import AlarmState, WarmUp, read_warm_up
from trimtab.local.clock import Clock, iso
from trimtab.local.event_bus import EventBus
from trimtab.local.function_target import FunctionTargets, is_function
from trimtab.local.metric_store import MetricStore
from trimtab.local.moto_alarm import asked_of
from trimtab.local.moto_app import Moto
from trimtab.local.state_folder import read_json, write_json
from trimtab.local.topics import Topics

SERVICE = "lambda.alarms.cloudwatch.amazonaws.com"
MINUTE, HOUR = 60, 3_600
UNCHECKED = "Unchecked: Initial alarm creation"


@dataclass(slots=True)
class Alarm:
    """One alarm: moto's, ours of it, its state, and the time up to which it has been judged."""

    theirs: Any
    definition: AlarmDefinition
    state: AlarmState
    begun_s: int
    judged_s: int
    known_from_s: int  # what lies before is unknown, not missing: an earlier run may have counted there
    warm_up: WarmUp | None = None  # None once it is over


class Alarms:
    """`judge_until` brings all alarms up to a time. `sync` takes over what a caller changed in moto."""

    def __init__(
        self, path: Path, moto: Moto, store: MetricStore, clock: Clock, bus: EventBus, functions: FunctionTargets,
        topics: Topics, account: str, region: str,
    ) -> None:  # fmt: skip
        self._path, self._moto, self._store, self._clock = path, moto, store, clock
        self._bus, self._functions, self._topics = bus, functions, topics
        self._account, self._region = account, region
        self._alarms: dict[str, Alarm] = {}
        self._left = {name: _kept(read) for name, read in (read_json(path) or {}).items()}
        self._warm_ups: dict[str, WarmUp] = {}  # by name: moto does not keep them
        self._lock = threading.RLock()

    def states(self) -> dict[str, str]:
        """The state of each alarm."""
        with self._lock:
            return {name: alarm.state.value for name, alarm in sorted(self._alarms.items())}

    def shown(self) -> list[dict[str, str]]:
        """Name, state, since when, and why."""
        with self._lock:
            return [
                {"name": name, "state": one.state.value, "since": iso(one.state.since_ms), "reason": one.state.reason}
                for name, one in sorted(self._alarms.items())
            ]

    def put_by_caller(self, asked: Mapping[str, Any]) -> None:
        """PutMetricAlarm was called, and moto took it."""
        with self._lock:
            warm_up = read_warm_up(asked.get("WarmUpConfiguration"))
            if warm_up is not None:
                self._warm_ups[asked["AlarmName"]] = warm_up
            self.sync()

    def sync(self) -> None:
        """Take over alarms that were put or deleted since. An update keeps the state, as in AWS."""
        with self._lock, self._moto.lock:
            theirs = self._backend().alarms
            for name in [name for name in self._alarms if name not in theirs]:
                del self._alarms[name]
            for name, one in theirs.items():
                if one.rule is None and (name not in self._alarms or self._alarms[name].theirs is not one):
                    self._take_over(name, one)

    def begin_at(self, epoch_ms: int) -> None:
        """The clock was set anew: every alarm begins here, as if it were new, and knows nothing of before."""
        with self._lock, self._moto.lock:
            self.sync()
            for name, alarm in self._alarms.items():
                alarm.begun_s = alarm.judged_s = alarm.known_from_s = epoch_ms // 1000
                alarm.warm_up = self._warm_ups.get(name)
                alarm.state = AlarmState(INSUFFICIENT_DATA, UNCHECKED, "{}", epoch_ms)
                _show_in_moto(alarm)
            self._save()

    def judge_until(self, now_ms: int) -> None:
        """Judge each alarm at the ends of its periods that have passed since, and now; the earliest first."""
        with self._lock:
            self.sync()
            now_s = now_ms // 1000
            now_s -= now_s % MINUTE
            moments = [(at, name) for name, alarm in self._alarms.items() for at in self._moments(alarm, now_s)]
            windows = Windows(self._store)
            for at, name in sorted(moments):
                if name in self._alarms:
                    self._judge(self._alarms[name], windows, at)

    def set_by_caller(self, name: str) -> None:
        """SetAlarmState was called: what moto holds now is the state until the next evaluation."""
        with self._lock:
            self.sync()
            alarm = self._alarms.get(name)
            if alarm is not None and alarm.theirs.state_value != alarm.state.value:
                theirs = alarm.theirs
                data = theirs.state_reason_data or "{}"
                state = AlarmState(theirs.state_value, theirs.state_reason, data, self._clock.now_ms())
                self._change(alarm, state, write=False)

    def _moments(self, alarm: Alarm, now_s: int) -> Iterator[int]:
        """Where time moved on by more than a period, each of its ends counts, if there is data to judge by."""
        if now_s <= alarm.judged_s:
            return
        step = min(alarm.definition.period, HOUR)
        seen_s = points_seen(alarm.definition) * alarm.definition.period
        first = alarm.judged_s - alarm.judged_s % step + step
        if first < now_s and self._has_data(alarm, first - seen_s, now_s):
            yield from range(first, now_s, step)
        yield now_s

    def _has_data(self, alarm: Alarm, start_s: int, end_s: int) -> bool:
        return any(self._store.has_data(one.metric, start_s, end_s) for one in alarm.definition.watched)

    def _judge(self, alarm: Alarm, windows: Windows, at_s: int) -> None:
        alarm.judged_s = max(alarm.judged_s, at_s)
        definition = alarm.definition
        points = read_points(definition, windows, at_s)
        outcome = judge(definition, points)
        is_filled = all(value is not None for _, value in points[-definition.periods :])
        if alarm.warm_up is not None:
            if alarm.warm_up.holds(alarm.begun_s, at_s, is_filled):
                return
            alarm.warm_up = None
        if outcome.state in (None, alarm.state.value):
            return
        breaching = sum(definition.breaches(value) for _, value in outcome.points)
        is_known = at_s - definition.periods * definition.period >= alarm.known_from_s
        if not is_known and len(outcome.points) < definition.periods and breaching < definition.to_alarm:
            return
        why = reason(definition, outcome, alarm.state.value)
        self._change(alarm, AlarmState(outcome.state, why, reason_data(definition, outcome, at_s), at_s * 1000))

    def _change(self, alarm: Alarm, after: AlarmState, write: bool = True) -> None:
        before, alarm.state = alarm.state, after
        if write:
            with self._moto.at(after.since_ms / 1000):
                self._backend().set_alarm_state(alarm.definition.name, after.reason, after.reason_data, after.value)
        self._save()
        change = AlarmChange(alarm.definition, alarm.theirs.alarm_arn, self._account, self._region, before, after)
        if alarm.theirs.actions_enabled:
            for arn in alarm.definition.actions(after.value):
                self._act(arn, change)
        kind = "CloudWatch Alarm State Change"
        self._bus.publish("aws.cloudwatch", kind, change.for_bus(), [change.arn], after.since_ms)

    def _act(self, arn: str, change: AlarmChange) -> None:
        if is_function(arn):
            self._functions.send(
                arn, change.for_function(), lambda why: self._failed(f"alarm {change.alarm.name}: {why}"), SERVICE,
                change.arn,
            )  # fmt: skip
        else:
            self._topics.publish(arn, change.for_topic(), change.subject)

    def _failed(self, what: str) -> None:
        sys.stderr.write(f"{what}\n")
        self._functions.invoker.under_way.failed(what)

    def _take_over(self, name: str, theirs: Any) -> None:
        try:
            definition = read_alarm(asked_of(theirs))
        except MisconfiguredError as error:
            sys.stderr.write(f"{error}: it is not judged\n")
            self._alarms.pop(name, None)
            return
        now_s = self._clock.now_ms() // 1000
        alarm = self._alarms.get(name)
        if alarm is not None:
            alarm.theirs, alarm.definition = theirs, definition
        elif name in self._left:
            state, begun_s, warm_up = self._left.pop(name)
            alarm = Alarm(theirs, definition, state, begun_s, now_s, known_from_s=now_s, warm_up=warm_up)
        else:
            state = AlarmState(INSUFFICIENT_DATA, UNCHECKED, "{}", now_s * 1000)
            warm_up = self._warm_ups.get(name)
            alarm = Alarm(theirs, definition, state, now_s, now_s - MINUTE, known_from_s=0, warm_up=warm_up)
        self._alarms[name] = alarm
        _show_in_moto(alarm)
        self._save()

    def _save(self) -> None:
        """State, begin and warm-up of each; of those too that this run has not met yet."""
        kept = self._left | {name: (one.state, one.begun_s, one.warm_up) for name, one in self._alarms.items()}
        write_json(
            self._path,
            {
                name: {"state": asdict(state), "begun_s": begun_s, "warm_up": asdict(warm_up) if warm_up else None}
                for name, (state, begun_s, warm_up) in kept.items()
            },
        )

    def _backend(self) -> Any:
        return self._moto.backend("cloudwatch", self._account, self._region)


def _kept(read: Mapping[str, Any]) -> tuple[AlarmState, int, WarmUp | None]:
    warm_up = read["warm_up"]
    return AlarmState(**read["state"]), read["begun_s"], WarmUp(**warm_up) if warm_up else None


def _show_in_moto(alarm: Alarm) -> None:
    """What describe_alarms tells, without a transition."""
    theirs, state = alarm.theirs, alarm.state
    theirs.state_value, theirs.state_reason, theirs.state_reason_data = state.value, state.reason, state.reason_data
    theirs.state_updated_timestamp = datetime.fromtimestamp(state.since_ms / 1000, UTC).replace(tzinfo=None)
