"""Call one of a stage's functions and wait for what it answers."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from functions.domain.errors import ConflictError, NotFoundError, TrimtabError, UnavailableError
from trimtab.stage import Stage


def call_function(stage: Stage, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """What a function answers to an event.

    Raises:
        NotFoundError: there is no such function; ConflictError: it is busy.
        UnavailableError: it failed, or AWS did not answer.
        TrimtabError: it refused; its reason is the text.
    """
    try:
        response = stage.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            raise NotFoundError(f"there is no function {function}: deploy the stacks, see docs/on-aws.md") from None
        if error.response["Error"]["Code"] == "TooManyRequestsException":
            raise ConflictError(f"{function} is busy: try again in a moment") from None
        raise UnavailableError(f"{function} could not be invoked: {error}") from error
    answer: dict[str, Any] = json.loads(response["Payload"].read())
    if "FunctionError" in response:
        raise UnavailableError(f"{function} failed: {answer.get('errorMessage', answer)}")
    if "error" in answer:
        raise TrimtabError(answer["error"])
    return answer
