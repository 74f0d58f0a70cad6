"""EventBridge: PutEvents, the rules that an event matches, and its delivery to functions, state machines and topics.

moto keeps buses and rules, as the template or a caller made them; its own PutEvents knows none of them.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from functions.domain.errors import MisconfiguredError
from trimtab.local.clock import Clock, iso
from trimtab.local.event_input import target_input
from trimtab.local.event_pattern import Matches, read_pattern
from trimtab.local.function_target import FunctionTargets, is_function
from trimtab.local.http_message import Request, Response
from trimtab.local.journal import Journal
from trimtab.local.moto_app import Moto
from trimtab.local.state_machine_target import StateMachineTargets, is_state_machine
from trimtab.local.topics import Topics

ENTRIES, ENTRY_BYTES = 10, 262_144
SERVICE = "events.amazonaws.com"
Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One enabled rule with a pattern."""

    arn: str
    matches: Matches
    targets: list[Mapping[str, Any]]


class EventBus:
    """`answer` takes PutEvents; `publish` an event of the cloud's own; `deliver` serves one rule's targets."""

    def __init__(
        self, moto: Moto, journal: Journal, clock: Clock, functions: FunctionTargets, machines: StateMachineTargets,
        topics: Topics, account: str, region: str,
    ) -> None:  # fmt: skip
        self._moto, self._journal, self._clock = moto, journal, clock
        self._functions, self._machines, self._topics = functions, machines, topics
        self._account, self._region = account, region
        self._rules: dict[str, list[Rule]] = {}
        self._as_of = -1

    def answer(self, request: Request) -> Response:
        """The answer to PutEvents: an id or an error for each entry."""
        try:
            entries = json.loads(request.body)["Entries"]
            if not isinstance(entries, list) or not 1 <= len(entries) <= ENTRIES:
                return _json(400, {"__type": "ValidationException", "message": _LENGTH.format(number=len(entries))})
            answers = [self._take(entry) for entry in entries]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return _json(400, {"__type": "SerializationException", "message": f"malformed: {error!r}"})
        failed = sum("ErrorCode" in answer for answer in answers)
        return _json(200, {"FailedEntryCount": failed, "Entries": answers})

    def publish(self, source: str, detail_type: str, detail: Event, resources: list[str], at_ms: int) -> str:
        """Send an event of the cloud's own to the default bus; returns its id."""
        event = self._event(source, detail_type, detail, resources, at_ms)
        self._route("default", event)
        return str(event["id"])

    def scheduled(self, rule_arn: str, epoch_ms: int) -> Event:
        """The event of a rule that is a schedule."""
        return self._event("aws.events", "Scheduled Event", {}, [rule_arn], epoch_ms)

    def deliver(self, rule_arn: str, targets: list[Mapping[str, Any]], event: Event) -> list[Callable[[], str | None]]:
        """Begin the delivery to each target; each result, when called, waits and says what went wrong, or None."""
        return [self._send(rule_arn, target, event) for target in targets]

    def _take(self, entry: Mapping[str, Any]) -> dict[str, str]:
        for name in ("Source", "DetailType", "Detail"):
            if not entry.get(name):
                return _refused(
                    "InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument."
                )
        if str(entry["Source"]).startswith("aws."):
            return _refused("NotAuthorizedForSourceException", "Not authorized for the source.")
        if _size(entry) > ENTRY_BYTES:
            return _refused("InvalidArgument", f"The entry is larger than {ENTRY_BYTES} bytes.")
        try:
            detail = json.loads(entry["Detail"])
        except ValueError:
            detail = None
        if not isinstance(detail, dict):
            return _refused("MalformedDetail", "Detail is malformed.")
        bus = str(entry.get("EventBusName") or "default").rpartition("/")[2]
        if bus not in self._by_bus():
            return _refused("InvalidArgument", f"Event bus {bus} does not exist.")
        at_ms = round(float(entry["Time"]) * 1000) if "Time" in entry else self._clock.now_ms()
        event = self._event(entry["Source"], entry["DetailType"], detail, entry.get("Resources") or [], at_ms)
        self._route(bus, event)
        return {"EventId": event["id"]}

    def _event(self, source: str, detail_type: str, detail: Event, resources: list[str], at_ms: int) -> Event:
        return {
            "version": "0",
            "id": str(uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": self._account,
            "time": iso(at_ms - at_ms % 1000),
            "region": self._region,
            "resources": resources,
            "detail": detail,
        }

    def _route(self, bus: str, event: Event) -> None:
        for rule in self._by_bus().get(bus, []):
            if rule.matches(event):
                self.deliver(rule.arn, rule.targets, event)

    def _send(self, rule_arn: str, target: Mapping[str, Any], event: Event) -> Callable[[], str | None]:
        arn = target["Arn"]

        def failed(why: str) -> None:
            what = f"EventBridge: {rule_arn.rpartition('/')[2]} to {arn}: {why}"
            sys.stderr.write(f"{what}\n")
            self._functions.invoker.under_way.failed(what)

        try:
            text = target_input(target, event, rule_arn)
        except MisconfiguredError as error:
            why: str | None = str(error)
        else:
            if is_function(arn):
                return self._functions.send(arn, text, failed, SERVICE, rule_arn).result
            if is_state_machine(arn):
                why = self._machines.start(target, text, SERVICE, rule_arn)
            else:
                parsed = json.loads(text)
                why = self._topics.publish(arn, parsed if isinstance(parsed, str) else text)
        if why is not None:
            failed(why)
        return lambda: why

    def _by_bus(self) -> dict[str, list[Rule]]:
        """Enabled rules with patterns, by bus; read again once anything has changed in moto."""
        if self._as_of != self._journal.position:
            with self._moto.lock:
                self._as_of = self._journal.position
                buses = self._moto.backend("events", self._account, self._region).event_buses
                self._rules = {name: _rules(bus) for name, bus in buses.items()}
        return self._rules


def _rules(bus: Any) -> list[Rule]:
    found = []
    for rule in bus.rules.values():
        pattern = rule.event_pattern.dump()
        if pattern is None or rule.state != "ENABLED":
            continue
        try:
            found.append(Rule(rule.arn, read_pattern(json.loads(pattern)), list(rule.targets)))
        except MisconfiguredError as error:
            sys.stderr.write(f"EventBridge: rule {rule.name} is passed over: {error}\n")
    return found


_LENGTH = "1 validation error detected: Value at 'entries' failed to satisfy constraint: it holds {number}, not 1 to 10"


def _size(entry: Mapping[str, Any]) -> int:
    """As AWS counts: 14 bytes for a time, and the texts in UTF-8."""
    texts = [entry["Source"], entry["DetailType"], entry["Detail"], *(entry.get("Resources") or [])]
    return 14 * ("Time" in entry) + sum(len(str(text).encode()) for text in texts)


def _refused(code: str, message: str) -> dict[str, str]:
    return {"ErrorCode": code, "ErrorMessage": message}


def _json(status: int, body: dict[str, Any]) -> Response:
    headers = [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", str(uuid4()))]
    return Response(status, json.dumps(body).encode(), headers)
