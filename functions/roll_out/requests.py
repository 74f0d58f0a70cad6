"""What `roll_out` can be asked for: by a person, by a schedule, by events of the stage and of CloudWatch."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from functions.domain.errors import InvalidRequestError
from functions.domain.event_fields import model_of, release_of, text_of
from functions.domain.names import Names
from functions.domain.rollback import BLAMED_ALARMS, Cause

ACTIONS = ("roll_out", "reconcile", "roll_back", "unbar", "promote")


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants something of which model, and when. `time` is the event's, ISO 8601 in UTC."""

    model: str
    actor: str
    time: str

    @property
    def at(self) -> datetime:
        return _moment(self.time)

    def epoch_ms(self) -> int:
        """The event's time in milliseconds since 1970."""
        return int(self.at.timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class RollOutRequest(Request):
    """Bring an approved version live; `now` without a canary."""

    version: int
    now: bool = False


@dataclass(frozen=True, slots=True)
class ReconcileRequest(Request):
    """Go on with a model."""


@dataclass(frozen=True, slots=True)
class ReconcileAll:
    """Go on with every model."""

    actor: str
    time: str


@dataclass(frozen=True, slots=True)
class RollBackRequest(Request):
    cause: Cause


@dataclass(frozen=True, slots=True)
class UnbarRequest(Request):
    release: int
    reason: str


@dataclass(frozen=True, slots=True)
class PromoteRequest(Request):
    """Give the release that is being rolled out all of the traffic at once."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing is to be done, and why."""

    reason: str


Wish = RollOutRequest | ReconcileRequest | ReconcileAll | RollBackRequest | UnbarRequest | PromoteRequest | Ignored


def wish(event: Mapping[str, Any], names: Names) -> Wish:
    """Read an event.

    Raises:
        InvalidRequestError: a field is missing or malformed, or the action is unknown.
    """
    if "detail-type" in event:
        return _of_event(event, names)
    action = event.get("action")
    if action not in ACTIONS:
        raise InvalidRequestError(f"action {action!r} is unknown: roll_out knows {', '.join(map(repr, ACTIONS))}")
    if action == "reconcile":
        by = str(event.get("by") or event.get("actor") or "schedule")
        if event.get("model") is None:
            _moment(text_of(event, "time"))
            return ReconcileAll(by, event["time"])
        return ReconcileRequest(*_who({**event, "actor": by}))
    who = _who(event)
    if action == "roll_out":
        return RollOutRequest(*who, release_of(event, "version", "version"), _flag(event, "now"))
    if action == "promote":
        return PromoteRequest(*who)
    if action == "unbar":
        return UnbarRequest(*who, release_of(event, "release"), text_of(event, "reason"))
    reason, to = text_of(event, "reason"), None if event.get("to") is None else release_of(event, "to")
    named = f"{who[1]} at {who[2]}: {reason}, to {to}"
    return RollBackRequest(*who, Cause("person", named, f"{who[1]}: {reason}", _moment(who[2]), to))


def _of_event(event: Mapping[str, Any], names: Names) -> Wish:
    kind, detail = event["detail-type"], event.get("detail")
    if not isinstance(detail, Mapping):
        raise InvalidRequestError(f"an event {kind!r} without a detail")
    if kind == "CloudWatch Alarm State Change":
        return _of_alarm(event, detail, names)
    who = _who({"model": detail.get("model"), "actor": f"event {kind}", "time": event.get("time")})
    if kind == "Gate":
        passed = detail.get("decision") == "passed"
        return ReconcileRequest(*who) if passed else Ignored(f"the gate said {detail.get('decision')!r}")
    if kind == "Verdict":
        return _of_verdict(who, detail)
    raise InvalidRequestError(f"an event of the unknown kind {kind!r}")


def _of_verdict(who: tuple[str, str, str], detail: Mapping[str, Any]) -> Wish:
    if detail.get("verdict") != "ROLL_BACK":
        return Ignored(f"the verdict is {detail.get('verdict')!r}")
    end, release = detail["window"]["end"], detail["live"]["release"]
    reasons = [str(reason) for reason in detail.get("reasons", [])]
    reason = f"verdict ROLL_BACK: {reasons[0] if reasons else 'no reason given'}"
    identity = f"verdict of {who[0]} until {end} on release {release}"
    return RollBackRequest(*who, Cause("verdict", identity, reason, _moment(who[2]), release=release))


def _of_alarm(event: Mapping[str, Any], detail: Mapping[str, Any], names: Names) -> Wish:
    name, state = text_of(detail, "alarmName"), detail.get("state", {})
    if state.get("value") != "ALARM":
        return Ignored(f"alarm {name} is {state.get('value')!r}")
    for what in BLAMED_ALARMS:
        prefix = f"{names.alarm(what)}-"
        if name.startswith(prefix):
            who = _who({"model": name.removeprefix(prefix), "actor": f"alarm {name}", "time": event.get("time")})
            identity = f"alarm {name} at {state.get('timestamp', who[2])}"
            reason = f"alarm {name}: {state.get('reason', 'no reason given')}"
            return RollBackRequest(*who, Cause("alarm", identity, reason[:500], _moment(who[2])))
    return Ignored(f"alarm {name} is none that a release is to blame for")


def _who(event: Mapping[str, Any]) -> tuple[str, str, str]:
    """Model, actor and time of an event."""
    actor, time = (text_of(event, name) for name in ("actor", "time"))
    _moment(time)
    return model_of(event), actor, time


def _flag(event: Mapping[str, Any], name: str) -> bool:
    value = event.get(name, False)
    if not isinstance(value, bool):
        raise InvalidRequestError(f"{name} must be true or false, not {value!r}")
    return value


def _moment(time: str) -> datetime:
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        raise InvalidRequestError(f"time {time!r} is not of the form 2013-03-01T00:00:00Z") from None
    if moment.utcoffset() != UTC.utcoffset(None):
        raise InvalidRequestError(f"time {time!r} must be in UTC, e.g. 2013-03-01T00:00:00Z")
    return moment
