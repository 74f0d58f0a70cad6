"""The gateway does with a request what API Gateway does, as the template declares it."""

import base64
import json
import socket
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.contract.local.cloud import LocalCloud

PREFIX = "/tiny"


@pytest.fixture(scope="module")
def key(cloud: LocalCloud) -> Any:
    """A client's key of its own, in the template's usage plan with its quota of five a day."""
    gateway = cloud.client("apigateway")
    plan = gateway.get_usage_plans()["items"][0]["id"]
    made = gateway.create_api_key(name="test", enabled=True)
    gateway.create_usage_plan_key(usagePlanId=plan, keyId=made["id"], keyType="API_KEY")
    return made


def test_the_event_is_the_proxy_integrations(cloud: LocalCloud) -> None:
    path = f"{PREFIX}/open?a=1&a=2&b=%20x"
    answer = cloud.post(path, b"\x00\xffbytes", **{"Content-Type": "application/octet-stream", "X-Some": "v"})
    event = answer.json()
    assert answer.status == 200
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/open", "/open", "POST")
    assert event["queryStringParameters"] == {"a": "2", "b": " x"}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [" x"]}
    assert event["headers"]["X-Some"] == "v"
    assert event["multiValueHeaders"]["X-Some"] == ["v"]
    assert event["pathParameters"] is None
    assert event["stageVariables"] is None
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b"\x00\xffbytes"
    context = event["requestContext"]
    assert (context["path"], context["stage"], context["resourcePath"]) == ("/local/open", "local", "/open")
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert context["identity"]["userArn"] is None
    assert abs(context["requestTimeEpoch"] - datetime.now(UTC).timestamp() * 1000) < 60_000
    assert answer.headers["x-amzn-RequestId"] == context["requestId"]


def test_a_request_without_a_body_has_none_in_its_event(cloud: LocalCloud) -> None:
    event = cloud.get(f"{PREFIX}/open").json()
    assert (event["body"], event["isBase64Encoded"], event["queryStringParameters"]) == (None, False, None)


def test_the_answers_headers_cookies_and_binary_bodies_come_through(cloud: LocalCloud) -> None:
    answer = cloud.get(f"{PREFIX}/open")
    assert answer.headers["X-Version"] == "$LATEST"
    assert answer.headers.getlist("Set-Cookie") == ["a=1", "b=2"]
    assert cloud.get(f"{PREFIX}/open?binary=1").data == bytes(range(256))


@pytest.mark.parametrize("path", ["/nothing", "/open/more", "", "/", "/open/", "//open"])
def test_only_declared_paths_are_there(cloud: LocalCloud, path: str) -> None:
    answer = cloud.get(PREFIX + path)
    assert (answer.status, answer.json()) == (403, {"message": "Missing Authentication Token"})


def test_only_declared_methods_are_there(cloud: LocalCloud) -> None:
    assert cloud.post(f"{PREFIX}/limited", b"{}").status == 403


def test_an_unknown_model_is_told_which_there_are(cloud: LocalCloud) -> None:
    answer = cloud.get("/other/v2")
    assert answer.status == 404
    assert "/tiny" in answer.json()["error"]


def test_a_call_without_its_key_is_forbidden(cloud: LocalCloud) -> None:
    for headers in ({}, {"x-api-key": "wrong"}, {"x-api-key": ""}):
        answer = cloud.get(f"{PREFIX}/items/7", **headers)
        assert (answer.status, answer.json()) == (403, {"message": "Forbidden"})


def test_keys_open_routes_until_the_days_quota_is_used_up(cloud: LocalCloud, key: Any) -> None:
    first = cloud.get(f"{PREFIX}/items/a%20b", **{"x-api-key": key["value"]}).json()
    assert first["pathParameters"] == {"item": "a b"}
    assert first["requestContext"]["identity"]["apiKeyId"] == key["id"]
    special = cloud.get(f"{PREFIX}/items/special", **{"x-api-key": key["value"]}).json()
    assert (special["resource"], special["pathParameters"]) == ("/items/special", None)
    statuses = [cloud.get(f"{PREFIX}/items/7", **{"x-api-key": key["value"]}).status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = cloud.get(f"{PREFIX}/items/7", **{"x-api-key": key["value"]})
    assert refused.headers["Retry-After"] == "3600"
    assert refused.json() == {"message": "Limit Exceeded"}


def test_a_disabled_key_opens_nothing(cloud: LocalCloud, key: Any) -> None:
    gateway = cloud.client("apigateway")
    made = gateway.create_api_key(name="off", enabled=False)
    gateway.create_usage_plan_key(
        usagePlanId=gateway.get_usage_plans()["items"][0]["id"], keyId=made["id"], keyType="API_KEY"
    )
    assert cloud.get(f"{PREFIX}/items/7", **{"x-api-key": made["value"]}).status == 403


def test_requests_over_a_methods_rate_are_told_when_to_come_back(cloud: LocalCloud) -> None:
    answers = [cloud.get(f"{PREFIX}/limited") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "3"
    assert answers[2].json() == {"error": "Too Many Requests"}


def test_the_firewall_refuses_with_its_own_answer(cloud: LocalCloud) -> None:
    answer = cloud.get(f"{PREFIX}/open", **{"X-Say": "it is BLOCKED here"})
    assert (answer.status, answer.json()) == (451, {"error": "no such word"})
    assert cloud.get(f"{PREFIX}/open", **{"X-Say": "hello"}).status == 200


def test_a_missing_required_header_is_named(cloud: LocalCloud) -> None:
    answer = cloud.post(f"{PREFIX}/open", b"{}")
    assert answer.status == 400
    assert answer.json() == {"message": "Missing required request parameters: [Content-Type]"}


@pytest.mark.parametrize(
    "answer",
    ["null", "[]", "{}", '"text"', '{"statusCode": "x"}', '{"statusCode": 200, "body": {}}', '{"statusCode": 42}'],
)
def test_a_malformed_answer_is_a_bad_gateway(cloud: LocalCloud, answer: str) -> None:
    response = cloud.get(f"{PREFIX}/open?malformed={answer}")
    assert (response.status, response.json()) == (502, {"message": "Internal server error"})


def test_a_function_that_raises_is_a_bad_gateway(cloud: LocalCloud) -> None:
    assert cloud.get(f"{PREFIX}/open?raise=1").status == 502


def test_bodies_are_limited_to_ten_megabytes_and_in_base64_to_six(cloud: LocalCloud) -> None:
    kind = {"Content-Type": "application/octet-stream"}
    assert cloud.post(f"{PREFIX}/open", b"x" * (4 * 1024 * 1024), **kind).status in (200, 502)
    for size in (5 * 1024 * 1024, 11 * 1024 * 1024):
        answer = cloud.post(f"{PREFIX}/open", b"x" * size, **kind)
        assert (answer.status, answer.json()) == (413, {"message": "Request Too Long"})


def test_a_signed_call_names_who_signed_and_an_unsigned_one_is_refused(cloud: LocalCloud) -> None:
    assert cloud.get(f"{PREFIX}/signed").json() == {"message": "Missing Authentication Token"}
    for secret, expected in (("local", 200), ("wrong", 403)):
        url = f"{cloud.gateway}{PREFIX}/signed?b=2&a=%2F%20"
        request = AWSRequest("GET", url, headers={"X-Some": "a  b"})
        SigV4Auth(Credentials("123456789012", secret), "execute-api", "us-east-1").add_auth(request)
        answer = cloud.get(url.removeprefix(cloud.gateway), **dict(request.headers))
        assert answer.status == expected
        if expected == 200:
            assert answer.json()["requestContext"]["identity"]["userArn"] == "arn:aws:iam::123456789012:root"


def test_what_is_no_http_gets_an_answer_in_json(cloud: LocalCloud) -> None:
    place = urlsplit(cloud.gateway)
    for sent in (b"NONSENSE\r\n\r\n", b"GET /tiny/open HTTP/1.1\r\nbad header\r\n\r\n",
                 b"POST /tiny/open HTTP/1.1\r\nContent-Length: x\r\n\r\n"):  # fmt: skip
        with socket.create_connection((place.hostname, place.port), timeout=5) as connection:
            connection.sendall(sent)
            answer = b""
            while data := connection.recv(65536):
                answer += data
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert "error" in json.loads(body)


def test_chunked_bodies_are_read(cloud: LocalCloud) -> None:
    place = urlsplit(cloud.gateway)
    head = "POST /tiny/open HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"
    with socket.create_connection((place.hostname, place.port), timeout=5) as connection:
        connection.sendall(f"{head}Connection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".encode())
        answer = b""
        while data := connection.recv(65536):
            answer += data
    event = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert base64.b64decode(event["body"]) == b"abcde"


def test_each_request_has_its_line(cloud: LocalCloud) -> None:
    answer = cloud.get(f"{PREFIX}/open")
    lines = [line for line in cloud.log.read_text().splitlines() if answer.headers["x-amzn-RequestId"] in line]
    assert len(lines) == 1
    assert lines[0].startswith("GET /tiny/open 200 ")
    assert lines[0].endswith("release=$LATEST")


def test_urls_of_the_api_are_the_gateways(cloud: LocalCloud) -> None:
    value = cloud.client("ssm").get_parameter(Name="/tiny/url")["Parameter"]["Value"]
    assert value == f"{cloud.gateway}/tiny"
