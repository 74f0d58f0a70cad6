"""Whatever is sent, the answer is JSON and in order: no 5xx but a service's, no traceback."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.domain.management_calls import CALLS, Call
from tests.functions.manage.client import Client, management_event
from tests.functions.predict.client import Answer
from tests.functions.snapshot.worlds import MODEL

SOUND: dict[str, Any] = {
    "model": MODEL,
    "version": "2",
    "release": "3",
    "execution": "run-2",
    "end": "2013-03-13T00:00:00Z",
    "request": "013d5a1e-8a7b-7e6f-9a41-93e8deadbeef",
}
ODD = ["", "..", "%2e%2e", "%00", "a/b", "0", "-1", "9" * 40, "small#", "SMALL", "\ud800", "é", "None", "'; drop", "²"]
FIELDS = ["reason", "comment", "to", "now", "artifact", "manifest", "refresh", "id", "sender", "start", "end", "actor"]

texts = st.one_of(st.sampled_from(ODD), st.text(max_size=20))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)
bodies = st.one_of(
    st.none(),
    st.dictionaries(st.sampled_from(FIELDS), values, max_size=3).map(lambda body: json.dumps(body)),
    values.map(lambda value: json.dumps(value)),
    st.text(max_size=40),
    st.sampled_from(["{", "[" * 5_000, '{"reason": NaN}', "\x00", '{"reason": "\\ud800"}', "{}" + " " * 70_000]),
)
parameters = st.fixed_dictionaries({name: st.one_of(st.just(value), texts) for name, value in SOUND.items()})
queries = st.dictionaries(
    st.sampled_from(["limit", "after", "rows", "versions", "start", "end", "model", "actor", "action", "at"]),
    st.one_of(texts, st.sampled_from(["1", "200", "201", f"{MODEL}:1", "1,2", "MQ", "2013-03-13T00:00:00Z"])),
    max_size=3,
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(["application/json", "text/plain", "application/octet-stream", ""]),
        "Content-Encoding": st.sampled_from(["gzip", ""]),
        "If-Match": st.one_of(texts, st.sampled_from(["m1", '"v2"', "*", "m99999999999999"])),
    },
)


def check(answer: Answer) -> None:
    assert answer.status in (200, 201, 202, 400, 403, 404, 405, 409, 413, 415), answer
    assert answer.headers["Content-Type"] == "application/json"
    text = answer.body.decode()
    assert "Traceback" not in text
    assert 'File \\"' not in text
    if answer.status >= 400:
        assert 0 < len(answer.error) < 5_000


@settings(
    max_examples=400,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    call=st.sampled_from([call for call in CALLS if call.name != "verify_audit"]),
    named=parameters, body=bodies, query=queries, head=headers,
)  # fmt: skip
def test_hostile_requests_are_answered_in_order(
    client: Client, call: Call, named: dict[str, str], body: str | None, query: dict[str, str], head: dict[str, str]
) -> None:
    asked = management_event(call.method, call.path, body, query, client.arn, head)
    check(client.send({**asked, "resource": call.path, "pathParameters": named}))


@pytest.mark.parametrize(
    "arn", ["", "ann", "arn:aws:iam::1:user/ann", "arn:aws:iam::123456789012:user/\ud800", "x" * 9_000]
)
def test_a_caller_that_no_gateway_would_send_is_refused_or_heard(client: Client, arn: str) -> None:
    check(client.send(management_event("GET", "/models", None, {}, arn)))


@pytest.mark.parametrize("event", [{}, {"httpMethod": "GET"}, {"requestContext": None}, {"requestContext": {}}])
def test_an_event_that_is_not_the_gateways_is_refused(client: Client, event: dict[str, Any]) -> None:
    assert client.send(event).status == 400
