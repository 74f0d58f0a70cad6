"""Whatever is sent, the answer is a prediction or a JSON error: no other 5xx than 503, no traceback, no lost record."""

import base64
import copy
import io
import json
from collections import Counter
from contextlib import redirect_stdout
from itertools import product
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi import checks

from tests.functions.predict.client import Answer, Client, client_for, event, packed, settings_for, tensors
from tests.functions.predict.small_models import ROW
from tests.functions.predict.wsgi import application

SOME = {"mutated": 7_500, "raw": 2_000, "generated": 50}  # generated: for each of ten ways, which are slow
MANY = {"mutated": 75_000, "raw": 20_000, "generated": 500}

INFER, PREDICT = "/v2/models/visitors/infer", "/models/visitors/predict"
VERSION = "/v2/models/visitors/versions/{version}"
GENERATED = {INFER: "POST", PREDICT: "POST", f"{VERSION}/infer": "POST", f"{VERSION}/ready": "GET", VERSION: "GET"}
ROWS = [ROW, {**ROW, "note": ""}, {**ROW, "income": None}]
HOSTILE = st.one_of(
    st.sampled_from(
        [None, True, False, "", {}, [], [[]], 0, -1, 1, 2, 1.0, 1.5, 1e308, -1e308, 5e-324, 2**31, 2**53 + 1]
    ),
    st.sampled_from([2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64, 10**30, 3.5e38, "NaN", "1", "\0", "x" * 3_000]),
    st.sampled_from([[None], [1, "a", None, {}], {"name": "age"}, [[1], [2, 3]], "é🙂\u2028", [0] * 600, {"": 0}]),
    st.text(max_size=5),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)
RAW_NUMBERS = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "9" * 400,
    "01",
    "+1",
    ".5",
    "1.",
    "0x1",
    '"\\ud800"',
    '"\\u12"',
]


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values inside a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at] * bool(at) + [place for key, child in inner for place in places(child, (*at, key))]


@st.composite
def mutated(draw: st.DrawFn, document: Any) -> Any:
    """A document that is right but for one to three changes."""
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        found = places(document)
        if not found:
            break
        *parents, key = draw(st.sampled_from(found))
        holder = document
        for parent in parents:
            holder = holder[parent]
        match draw(st.sampled_from(["replace", "replace", "replace", "remove", "repeat", "rename"])):
            case "replace":
                holder[key] = copy.deepcopy(draw(HOSTILE))
            case "remove":
                del holder[key]
            case "repeat" if isinstance(holder, list):
                holder.insert(key, holder[key])
            case "rename" if isinstance(holder, dict):
                holder[draw(st.text(max_size=4))] = holder.pop(key)
            case _:
                holder[key] = [holder[key]]
    return document


def check(client: Client, request: dict[str, Any]) -> Answer:
    """Send an event, and hold the answer and the log to what is promised."""
    client.sink.lines.clear()
    answer = client.send(request)
    assert answer.status in (200, 400, 404, 405, 413, 415), answer
    assert len(client.sink.lines) == (answer.status == 200)
    if answer.status == 200:
        return answer
    assert list(answer.json) == ["error"]
    assert 0 < len(answer.error) < 5_000
    assert "Traceback" not in answer.error
    assert 'File "' not in answer.error
    assert answer.headers["Content-Type"] == "application/json"
    return answer


@pytest.fixture(scope="module")
def shared(model_folder: Any) -> Client:
    return client_for(settings_for(model_folder))


def fuzz_documents(client: Client, count: int) -> Counter[int]:
    """Send mutated documents by all ways in; how often each status was answered."""
    statuses: Counter[int] = Counter()
    components = client.get("/openapi.json").json["components"]
    answers = {
        path: Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": components})
        for path, name in ((INFER, "InferResponse"), (PREDICT, "PredictResponse"))
    }
    inputs = {"id": "1", "parameters": {}, "inputs": tensors(ROWS), "outputs": [{"name": "label", "parameters": {}}]}
    requests = st.one_of(
        st.tuples(st.just(PREDICT), mutated({"rows": ROWS}), st.none()),
        st.tuples(st.just(INFER), mutated(inputs), st.none()),
        st.tuples(st.just(INFER), mutated({"inputs": tensors([ROW])}), st.none()),
        st.tuples(st.just(INFER), mutated(binary_head()), st.just(binary_tail())),
    )

    @settings(max_examples=count, database=None, suppress_health_check=list(HealthCheck))
    @given(requests, st.sampled_from([*RAW_NUMBERS, *[None] * 36]))
    def fuzz(request: tuple[str, Any, bytes | None], raw: str | None) -> None:
        path, document, tail = request
        text = json.dumps(document)
        if raw is not None:  # what no JSON library would write
            text = text.replace("41.5", raw).replace("3", raw, 1)
        body, headers = text.encode(), {"Content-Type": "application/json"}
        if tail is not None:
            headers = {"Inference-Header-Content-Length": str(len(body))}
            body += tail
        answer = check(client, event("POST", path, body, headers))
        statuses[answer.status] += 1
        if answer.status == 200 and answer.headers["Content-Type"] == "application/json":
            answers[path].validate(answer.json)

    fuzz()
    return statuses


def binary_head() -> Any:
    body, headers = packed(ROWS, outputs=[{"name": "label", "parameters": {"binary_data": True}}])
    return json.loads(body[: int(headers["Inference-Header-Content-Length"])])


def binary_tail() -> bytes:
    body, headers = packed(ROWS)
    return body[int(headers["Inference-Header-Content-Length"]) :]


def fuzz_bytes(client: Client, count: int) -> Counter[int]:
    """Send bodies with bytes changed, cut or made up, under headers that may not fit them."""
    statuses: Counter[int] = Counter()
    binary, headers = packed(ROWS)
    sound = [json.dumps({"rows": ROWS}).encode(), json.dumps({"inputs": tensors(ROWS)}).encode(), binary]
    lengths = st.sampled_from([headers["Inference-Header-Content-Length"], "5", "0", "-1", "", "9" * 30, "1e3", "\xb2"])
    types = st.sampled_from(["application/json", "application/octet-stream", "text/plain", "a/b; charset=\xff", ";;"])
    names = {"Content-Type": types, "Inference-Header-Content-Length": lengths, "X-Other": st.text()}

    @settings(max_examples=count, database=None, suppress_health_check=list(HealthCheck))
    @given(
        path=st.sampled_from([INFER, PREDICT, "/v2/models/visitors/versions/3/infer", "/v2"]),
        method=st.sampled_from(["POST", "POST", "POST", "POST", "GET", "PATCH", ""]),
        body=st.sampled_from(sound) | st.binary(max_size=60),
        cut=st.integers(0, 3_000),
        splice=st.binary(max_size=6),
        headers=st.fixed_dictionaries({}, optional=names),
        encoding=st.sampled_from(["base64", "base64", "text", "broken"]),
    )
    def fuzz(
        path: str, method: str, body: bytes, cut: int, splice: bytes, headers: dict[str, str], encoding: str
    ) -> None:
        body = body[:cut] + splice + body[cut + len(splice) :]
        request = event(method, path, body, headers)
        if encoding == "text":
            request |= {"body": body.decode("utf-8", "surrogateescape"), "isBase64Encoded": False}
        elif encoding == "broken":
            request["body"] = base64.b64encode(body).decode()[1:] + "="
        answer = client.send(request) if path == "/v2" else check(client, request)
        assert answer.status in (200, 400, 404, 405, 413, 415)
        statuses[answer.status] += 1

    fuzz()
    return statuses


def fuzz_generated(client: Client, count: int) -> Counter[int]:
    """Send what schemathesis makes of our OpenAPI document, right and wrong, and check the answers against it."""
    statuses: Counter[int] = Counter()
    schema = schemathesis.openapi.from_wsgi("/openapi.json", application(client))
    promised = [
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]
    for (path, method), mode in product(GENERATED.items(), schemathesis.GenerationMode):
        operation = schema[path][method]

        @settings(max_examples=count, database=None, suppress_health_check=list(HealthCheck))
        @given(operation.as_strategy(generation_mode=mode))
        def fuzz(case: Any) -> None:
            response = case.call()
            assert response.status_code < 500 or response.status_code == 503
            statuses[response.status_code] += 1
            case.validate_response(response, checks=promised)

        fuzz()
    return statuses


def test_mutated_requests_are_answered_in_order(shared: Client) -> None:
    statuses = fuzz_documents(shared, SOME["mutated"])
    assert statuses.total() >= SOME["mutated"]
    assert statuses[400] > statuses[200] > 50, "some changes break nothing, most do"


def test_mutilated_bodies_are_answered_in_order(shared: Client) -> None:
    statuses = fuzz_bytes(shared, SOME["raw"])
    assert min(statuses[status] for status in (400, 405, 415)) > 50


def test_requests_from_the_openapi_document_are_answered_as_it_says(shared: Client) -> None:
    statuses = fuzz_generated(shared, SOME["generated"])
    assert statuses.total() >= 300, "schemathesis passes over what it made before"
    assert min(statuses[status] for status in (200, 400, 404)) > 20


@pytest.mark.slow
def test_100_000_malformed_requests_are_answered_in_order(shared: Client) -> None:
    with redirect_stdout(io.StringIO()):  # a line of metrics for each that is turned away
        statuses = fuzz_documents(shared, MANY["mutated"])
        statuses += fuzz_bytes(shared, MANY["raw"])
        statuses += fuzz_generated(shared, MANY["generated"])
    assert statuses.total() >= 100_000
