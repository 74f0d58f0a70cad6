"""A web ACL's own rules, judged as WAF judges them: rates by address, and matches on a request's parts.

Managed rule groups are AWS's secret; they stand on the list of what is not done. A statement that is not known here is
an error when the template is applied, not a rule that never matches.
"""

import base64
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from functions.domain.errors import MisconfiguredError
from trimtab.local.http_message import Request, Response

Test = Callable[[Request, float], bool]
BODY_BYTES = 16_384
SIZES: dict[str, Callable[[int, int], bool]] = {
    "EQ": lambda a, b: a == b,
    "NE": lambda a, b: a != b,
    "LE": lambda a, b: a <= b,
    "LT": lambda a, b: a < b,
    "GE": lambda a, b: a >= b,
    "GT": lambda a, b: a > b,
}
CONTENT_TYPES = {"APPLICATION_JSON": "application/json", "TEXT_PLAIN": "text/plain", "TEXT_HTML": "text/html"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A request that is not let through: the rule, and its own answer if it has one."""

    rule: str
    response: Response | None


class Firewall:
    """`judge` gives None for a request that may pass."""

    def __init__(self, acl: Mapping[str, Any]) -> None:
        self._bodies = acl.get("CustomResponseBodies") or {}
        self._default_blocks = "Block" in acl["DefaultAction"]
        self._rules: list[tuple[str, Test, Mapping[str, Any]]] = []
        for rule in sorted(acl.get("Rules") or [], key=lambda rule: rule["Priority"]):
            if "ManagedRuleGroupStatement" in rule["Statement"]:
                continue
            action = rule.get("Action") or {}
            if not set(action) <= {"Block", "Allow", "Count"} or not action:
                raise MisconfiguredError(f"rule {rule['Name']}: the local firewall knows Block, Allow and Count")
            self._rules.append((rule["Name"], _test(rule["Statement"]), action))

    def judge(self, request: Request, now: float) -> Verdict | None:
        """`now` is any clock in seconds."""
        for name, test, action in self._rules:
            if not test(request, now):
                continue
            if "Allow" in action:
                return None
            if "Block" in action:
                return Verdict(name, self._response((action["Block"] or {}).get("CustomResponse")))
        return Verdict("default", None) if self._default_blocks else None

    def _response(self, custom: Mapping[str, Any] | None) -> Response | None:
        if not custom:
            return None
        headers = [(header["Name"], header["Value"]) for header in custom.get("ResponseHeaders") or []]
        body = self._bodies.get(custom.get("CustomResponseBodyKey", ""), {})
        if body:
            headers.append(("Content-Type", CONTENT_TYPES[body["ContentType"]]))
        return Response(int(custom["ResponseCode"]), body.get("Content", "").encode(), headers)


def _test(statement: Mapping[str, Any]) -> Test:
    kind, argument = next(iter(statement.items()))
    if kind in ("AndStatement", "OrStatement"):
        tests = [_test(part) for part in argument["Statements"]]
        combine = all if kind == "AndStatement" else any
        return lambda request, now: combine(test(request, now) for test in tests)
    if kind == "NotStatement":
        inner = _test(argument["Statement"])
        return lambda request, now: not inner(request, now)
    if kind == "RateBasedStatement":
        return _rate(argument)
    if kind not in ("ByteMatchStatement", "RegexMatchStatement", "SizeConstraintStatement"):
        raise MisconfiguredError(f"the local firewall does not know {kind}")
    part = _part(argument)
    if kind == "ByteMatchStatement":
        return _byte_match(argument, part)
    if kind == "RegexMatchStatement":
        pattern = re.compile(argument["RegexString"].encode())
        return lambda request, now: pattern.search(part(request)) is not None
    compare, size = SIZES[argument["ComparisonOperator"]], int(argument["Size"])
    return lambda request, now: compare(len(part(request)), size)


def _byte_match(argument: Mapping[str, Any], part: Callable[[Request], bytes]) -> Test:
    if "SearchStringBase64" in argument:
        wanted = base64.b64decode(argument["SearchStringBase64"])
    else:
        wanted = argument["SearchString"].encode()
    tests: dict[str, Callable[[bytes], bool]] = {
        "EXACTLY": lambda data: data == wanted,
        "STARTS_WITH": lambda data: data.startswith(wanted),
        "ENDS_WITH": lambda data: data.endswith(wanted),
        "CONTAINS": lambda data: wanted in data,
        "CONTAINS_WORD": lambda data: re.search(rb"(?<!\w)" + re.escape(wanted) + rb"(?!\w)", data) is not None,
    }
    test = tests[argument["PositionalConstraint"]]
    return lambda request, now: test(part(request))


def _part(argument: Mapping[str, Any]) -> Callable[[Request], bytes]:
    """The part of a request that a statement looks at, transformed as it says."""
    kind, options = next(iter(argument["FieldToMatch"].items()))
    parts: dict[str, Callable[[Request], bytes]] = {
        "Method": lambda request: request.method.encode(),
        "UriPath": lambda request: request.raw_path.encode("latin-1"),
        "QueryString": lambda request: request.query.encode("latin-1"),
        "Body": lambda request: request.body[:BODY_BYTES],
        "SingleHeader": lambda request: (request.header(options["Name"]) or "").encode("latin-1"),
    }
    changes: dict[str, Callable[[bytes], bytes]] = {
        "NONE": lambda data: data,
        "LOWERCASE": bytes.lower,
        "URL_DECODE": lambda data: unquote(data.decode("latin-1"), "latin-1").encode("latin-1"),
        "COMPRESS_WHITE_SPACE": lambda data: re.sub(rb"\s+", b" ", data),
    }
    steps = sorted(argument.get("TextTransformations") or [], key=lambda step: step["Priority"])
    unknown = [step["Type"] for step in steps if step["Type"] not in changes] + ([] if kind in parts else [kind])
    if unknown:
        raise MisconfiguredError(f"the local firewall does not know {', '.join(unknown)}")

    def read(request: Request) -> bytes:
        data = parts[kind](request)
        for step in steps:
            data = changes[step["Type"]](data)
        return data

    return read


@dataclass(slots=True)
class _Window:
    """Times of one address's requests inside the window."""

    times: deque[float] = field(default_factory=deque)


def _rate(argument: Mapping[str, Any]) -> Test:
    limit, seconds = int(argument["Limit"]), int(argument.get("EvaluationWindowSec", 300))
    if argument["AggregateKeyType"] not in ("IP", "CONSTANT"):
        raise MisconfiguredError(f"the local firewall does not count by {argument['AggregateKeyType']}")
    by_address = argument["AggregateKeyType"] == "IP"
    scope = _test(argument["ScopeDownStatement"]) if "ScopeDownStatement" in argument else None
    windows: dict[str, _Window] = {}
    lock = threading.Lock()

    def over(request: Request, now: float) -> bool:
        if scope is not None and not scope(request, now):
            return False
        if limit >= 1_000_000_000:  # nobody counts that far: the stage's way to say none
            return False
        with lock:
            times = windows.setdefault(request.peer if by_address else "", _Window()).times
            times.append(now)
            while times[0] <= now - seconds:
                times.popleft()
            while len(times) > limit + 1:
                times.popleft()
            return len(times) > limit

    return over
