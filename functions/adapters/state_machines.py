"""Step Functions' state machines: starts an execution of a model's own."""

import json
from collections.abc import Mapping
from typing import Any

from functions.adapters.aws_errors import translated
from functions.domain.errors import NotFoundError

_GONE = {"StateMachineDoesNotExist": NotFoundError, "ResourceNotFound": NotFoundError}


class StateMachines:
    """`arn` is of a model's machine, with `{model}` in it."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn

    def start(self, model: str, event: Mapping[str, Any]) -> str:
        """Start an execution; its name.

        Raises:
            NotFoundError: the model has no state machine.
            UnavailableError: Step Functions did not take it.
        """
        arn = self._arn.replace("{model}", model)
        with translated(f"retrain {model} (its stack must be deployed, and fit the model here)", _GONE):
            started: str = self._client.start_execution(stateMachineArn=arn, input=json.dumps(event))["executionArn"]
        return started.rpartition(":")[2]
