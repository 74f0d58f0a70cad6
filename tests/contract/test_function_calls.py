"""How `manage` asks other functions, starts executions, signs URLs and finds the stage's models."""

import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber
from moto import mock_aws

from functions.adapters.deployed_models import DeployedModels, parameters_client
from functions.adapters.executions import states_client
from functions.adapters.function_calls import FunctionCalls, calls_client
from functions.adapters.signed_urls import VALID_S, SignedUrls, urls_client
from functions.adapters.state_machines import StateMachines
from functions.domain.errors import (
    ConflictError,
    LeaseHeldError,
    NotFoundError,
    TrimtabError,
    UnavailableError,
)
from functions.domain.names import Names

NAMES = Names("test", "", "")
EVENT = {"action": "promote", "model": "flights"}
MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:trimtab-test-correct-{model}"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "stub")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.fixture
def stub() -> Iterator[tuple[FunctionCalls, Stubber]]:
    client = calls_client()
    with Stubber(client) as stubber:
        yield FunctionCalls(client, NAMES), stubber


def answers(stubber: Stubber, document: Any, **fields: Any) -> None:
    body = json.dumps(document).encode()
    asked = {"FunctionName": "trimtab-test-roll-out", "Payload": json.dumps(EVENT).encode()}
    stubber.add_response("invoke", {"Payload": StreamingBody(io.BytesIO(body), len(body)), **fields}, asked)


def test_an_answer_is_handed_on(stub: tuple[FunctionCalls, Stubber]) -> None:
    calls, stubber = stub
    answers(stubber, {"message": "release 7 is live"})
    assert calls.call("roll_out", EVENT) == {"message": "release 7 is live"}


@pytest.mark.parametrize(
    ("document", "fields", "kind"),
    [
        ({"error": "busy", "kind": "LeaseHeldError"}, {}, LeaseHeldError),
        ({"error": "none", "kind": "NotFoundError"}, {}, NotFoundError),
        ({"error": "odd"}, {}, UnavailableError),
        ({"error": "odd", "kind": "SystemExit"}, {}, UnavailableError),
        ({"error": "odd", "kind": "Mapping"}, {}, UnavailableError),
        ({"errorType": "ConflictError", "errorMessage": "x"}, {"FunctionError": "Unhandled"}, ConflictError),
        ({"errorType": "KeyError", "errorMessage": "x"}, {"FunctionError": "Unhandled"}, UnavailableError),
    ],
)
def test_a_refusal_is_the_same_error_again(
    stub: tuple[FunctionCalls, Stubber], document: Any, fields: Any, kind: type[TrimtabError]
) -> None:
    calls, stubber = stub
    answers(stubber, document, **fields)
    with pytest.raises(TrimtabError) as raised:
        calls.call("roll_out", EVENT)
    assert type(raised.value) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ResourceNotFoundException", NotFoundError),
        ("TooManyRequestsException", ConflictError),
        ("ServiceException", UnavailableError),
    ],
)
def test_what_lambda_refuses_is_said(stub: tuple[FunctionCalls, Stubber], code: str, kind: type[TrimtabError]) -> None:
    calls, stubber = stub
    stubber.add_client_error("invoke", code)
    with pytest.raises(kind, match="ask trimtab-test-roll-out"):
        calls.call("roll_out", EVENT)


def test_what_is_still_at_work_is_waited_for_no_longer_and_asked_once() -> None:
    asked = []

    class Slow:
        def invoke(self, **given: Any) -> Any:
            asked.append(given)
            raise ReadTimeoutError(endpoint_url="https://lambda")

    assert FunctionCalls(Slow(), NAMES).call("roll_out", EVENT) is None
    assert len(asked) == 1
    assert calls_client().meta.config.retries["total_max_attempts"] == 1


def test_an_execution_is_started_of_the_models_own_machine() -> None:
    client = states_client()
    arn = MACHINE.replace("{model}", "flights")
    with Stubber(client) as stubber:
        answer = {"executionArn": arn.replace("stateMachine", "execution") + ":run-1", "startDate": "2013-03-01"}
        stubber.add_response("start_execution", answer, {"stateMachineArn": arn, "input": json.dumps(EVENT)})
        assert StateMachines(client, MACHINE).start("flights", EVENT) == "run-1"
        stubber.add_client_error("start_execution", "StateMachineDoesNotExist")
        with pytest.raises(NotFoundError, match="its stack must be deployed"):
            StateMachines(client, MACHINE).start("flights", EVENT)
        stubber.add_client_error("start_execution", "ExecutionLimitExceeded")
        with pytest.raises(UnavailableError):
            StateMachines(client, MACHINE).start("flights", EVENT)


def test_an_uploads_url_is_of_the_buckets_region_and_takes_one_content() -> None:
    urls = SignedUrls(urls_client(), "uploads")
    signed = urls.put("incoming/model=flights/a", "ab" * 32)
    parts, query = urlsplit(signed.url), parse_qs(urlsplit(signed.url).query)
    assert (parts.hostname, parts.path) == ("uploads.s3.eu-central-1.amazonaws.com", "/incoming/model%3Dflights/a")
    assert query["X-Amz-Expires"] == [str(VALID_S)]
    assert query["X-Amz-SignedHeaders"] == ["host;x-amz-checksum-sha256"]
    assert signed.headers == {"x-amz-checksum-sha256": "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="}
    once = urls.put_once("training/model=flights/a", "ab" * 32)
    assert parse_qs(urlsplit(once.url).query)["X-Amz-SignedHeaders"] == ["host;if-none-match;x-amz-checksum-sha256"]
    assert once.headers["if-none-match"] == "*"
    assert parse_qs(urlsplit(urls.get("artifacts/a")).query)["X-Amz-SignedHeaders"] == ["host"]


@mock_aws
def test_models_are_those_that_have_a_url_in_this_stage() -> None:
    ssm = boto3.client("ssm", "eu-central-1")
    for name in ("test/models/flights/url", "test/models/flights/api_key_id", "other/models/tides/url",
                 "test/models/waves/url", "test/manage/url"):  # fmt: skip
        ssm.put_parameter(Name=f"/trimtab/{name}", Value=f"of {name}", Type="String")
    found = DeployedModels(parameters_client(), NAMES).urls()
    assert found == {"flights": "of test/models/flights/url", "waves": "of test/models/waves/url"}
