"""Our SigV4 signer against botocore's own, on requests that nobody would think of."""

import datetime
from typing import Any
from unittest.mock import patch

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.adapters.sigv4 import Credentials, Signer

TEXT = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x2FFF, exclude_categories=["Cs", "Zl", "Zp"]), max_size=40
)
KEY = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=", min_size=1, max_size=60)
PATH_CHARACTERS = st.sampled_from([*"abcXYZ019-_.~!$&'()*+,;=:@%/ ", "/./", "/../", "//", "é", "日", "%2F", "%20"])
QUERY_PART = st.text("abcXYZ019-_.~%+/!", max_size=8)
QUERY = st.lists(st.tuples(QUERY_PART, st.none() | QUERY_PART), max_size=6).map(
    lambda pairs: "&".join(name if value is None else f"{name}={value}" for name, value in pairs)
)
HEADER_NAME = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True) | st.sampled_from(
    ["Content-Type", "X-Amz-Target", "User-Agent", "Connection", "Expect", "traceparent", "X-Amzn-Trace-Id", "TE"]
)
SET_BY_SIGNERS = {"host", "date", "x-amz-date", "authorization", "x-amz-security-token", "x-amz-content-sha256"}
HEADERS = st.dictionaries(HEADER_NAME, TEXT, max_size=6).filter(
    lambda headers: (
        len({name.lower() for name in headers}) == len(headers) and not {n.lower() for n in headers} & SET_BY_SIGNERS
    )
)


def botocore_authorization(credentials: Credentials, now: float, request: AWSRequest, region: str, service: str) -> str:
    signing = BotocoreCredentials(credentials.access_key, credentials.secret_key, credentials.token)
    moment = datetime.datetime.fromtimestamp(int(now), datetime.UTC)
    with patch("botocore.auth.get_current_datetime", return_value=moment):
        SigV4Auth(signing, service, region).add_auth(request)
    return str(request.headers["Authorization"])


@settings(max_examples=3_000)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=st.lists(PATH_CHARACTERS, max_size=12).map(lambda parts: "/" + "".join(parts)),
    query=QUERY,
    headers=HEADERS,
    body=st.binary(max_size=200),
    access_key=KEY,
    secret_key=st.text(min_size=1, max_size=40),
    token=st.none() | KEY,
    now=st.floats(0, 4_102_444_800),
    scope=st.sampled_from(
        [("firehose", "us-east-1"), ("s3-object-lambda", "cn-north-1"), ("dynamodb", "eu-central-2")]
    ),
)
def test_signs_as_botocore_does(
    method: str,
    path: str,
    query: str,
    headers: dict[str, str],
    body: bytes,
    access_key: str,
    secret_key: str,
    token: str | None,
    now: float,
    scope: tuple[str, str],
) -> None:
    service, region = scope
    credentials = Credentials(access_key, secret_key, token)
    host = f"{service}.{region}.amazonaws.com"
    url = f"https://{host}{path}{f'?{query}' if query else ''}"

    ours = Signer(service, region).sign(credentials, now, method, path, query, {"Host": host, **headers}, body)
    request = AWSRequest(method, url, headers, data=body)
    theirs = botocore_authorization(credentials, now, request, region, service)

    assert ours["Authorization"] == theirs
    assert ours["X-Amz-Date"] == request.headers["X-Amz-Date"]
    assert ours.get("X-Amz-Security-Token") == request.headers.get("X-Amz-Security-Token")


@given(st.lists(st.tuples(st.sampled_from(["one", "two"]), st.integers(0, 3)), min_size=2, max_size=12))
def test_a_signer_used_again_signs_as_a_fresh_one_whatever_key_or_day_came_before(uses: list[tuple[str, int]]) -> None:
    kept = Signer("firehose", "us-east-1")
    for secret, day in uses:
        arguments: tuple[Any, ...] = (Credentials("A", secret), 86_400.0 * day, "POST", "/", "", {"Host": "h"}, b"")
        assert kept.sign(*arguments) == Signer("firehose", "us-east-1").sign(*arguments)


def test_secrets_are_not_shown() -> None:
    shown = repr(Credentials("AKIDEXAMPLE", "the-secret", "the-token"))
    assert "AKIDEXAMPLE" in shown
    assert "the-secret" not in shown
    assert "the-token" not in shown
