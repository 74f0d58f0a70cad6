"""Step Functions' executions: whether one still runs."""

from typing import Any

import boto3
from botocore.config import Config

from functions.adapters.aws_errors import translated
from functions.domain.errors import NotFoundError

_UNDER_WAY = ("RUNNING", "PENDING_REDRIVE")
# An execution is known for 90 days; one with a name that Step Functions cannot have (a run by hand) never was.
_GONE = {"ExecutionDoesNotExist": NotFoundError, "InvalidArn": NotFoundError, "ResourceNotFound": NotFoundError}


def states_client() -> Any:
    """A Step Functions client with this adapter's timeouts and retries."""
    retries = {"mode": "standard", "total_max_attempts": 4}
    return boto3.client("stepfunctions", config=Config(connect_timeout=2, read_timeout=5, retries=retries))


class Executions:
    """The executions of the models' state machines; `arn` is of one, with `{model}` and `{execution}` in it."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn

    def still_running(self, model: str, execution: str) -> bool:
        """Whether an execution runs now; not, where there never was one of that name.

        Raises:
            UnavailableError: Step Functions did not answer.
        """
        arn = self._arn.replace("{model}", model).replace("{execution}", execution)
        try:
            with translated(f"ask after execution {execution} of {model}", _GONE):
                status: str = self._client.describe_execution(executionArn=arn)["status"]
        except NotFoundError:
            return False
        return status in _UNDER_WAY
