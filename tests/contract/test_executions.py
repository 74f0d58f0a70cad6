"""Whether an execution still runs, as Step Functions answers it."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from functions.adapters.executions import Executions
from functions.domain.errors import UnavailableError

ARN = "arn:aws:states:us-east-1:123456789012:execution:trimtab-local-correct-{model}:{execution}"


@pytest.fixture
def stubbed() -> tuple[Executions, Stubber]:
    client: Any = boto3.client("stepfunctions", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    return Executions(client, ARN), Stubber(client)


@pytest.mark.parametrize(
    ("status", "runs"),
    [("RUNNING", True), ("PENDING_REDRIVE", True), ("SUCCEEDED", False), ("FAILED", False), ("ABORTED", False)],
)
def test_it_runs_while_step_functions_says_so(stubbed: tuple[Executions, Stubber], status: str, runs: bool) -> None:
    executions, stub = stubbed
    arn = "arn:aws:states:us-east-1:123456789012:execution:trimtab-local-correct-flights:run-1"
    answer = {"executionArn": arn, "stateMachineArn": "arn", "startDate": "2013-03-01", "status": status}
    stub.add_response("describe_execution", answer, {"executionArn": arn})
    with stub:
        assert executions.still_running("flights", "run-1") is runs


@pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "InvalidArn"])
def test_one_that_never_was_does_not_run(stubbed: tuple[Executions, Stubber], code: str) -> None:
    executions, stub = stubbed
    stub.add_client_error("describe_execution", code)
    with stub:
        assert executions.still_running("flights", "run-1") is False


def test_no_answer_is_not_taken_for_no(stubbed: tuple[Executions, Stubber]) -> None:
    executions, stub = stubbed
    stub.add_client_error("describe_execution", "AccessDeniedException")
    with stub, pytest.raises(UnavailableError, match="ask after execution run-1 of flights"):
        executions.still_running("flights", "run-1")
