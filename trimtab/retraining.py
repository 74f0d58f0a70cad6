"""Retrain a model by hand: start an execution of its state machine, follow it, and say what became of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from time import monotonic, sleep
from typing import Any

from botocore.exceptions import ClientError

from functions.domain.errors import NotFoundError, TrimtabError
from functions.domain.training import Training
from trimtab import local_process
from trimtab.management import Management, part
from trimtab.stage import Stage

POLL_LOCAL_S, POLL_S = 0.3, 3.0
RUNNING = ("RUNNING", "PENDING_REDRIVE")
NEWEST = 100  # events of an execution's history: a state makes a handful
GONE = frozenset({"ExecutionDoesNotExist", "StateMachineDoesNotExist", "ResourceNotFound"})


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution as Step Functions tells it. `state` is where it is, since `entered`; None before the first."""

    arn: str
    status: str
    state: str | None
    entered: datetime | None
    cause: str | None

    @property
    def name(self) -> str:
        return self.arn.rpartition(":")[2]

    @property
    def is_running(self) -> bool:
        return self.status in RUNNING


def start(stage: Stage, model: str) -> str:
    """Start retraining, from a log whose table is up to date; the execution's ARN.

    In the local cloud what Firehose has buffered is delivered first.

    Raises:
        InvalidRequestError: the model is hosted elsewhere.
        NotFoundError: there is no such model, or it has no state machine.
        ConflictError: the table is still being made: ask again.
        AccessDeniedError, UnavailableError: as `Management` does.
    """
    if stage.is_local:
        local_process.control(str(stage.endpoint), "flush", {})
    started = Management(stage).post(f"/models/{part(model)}/retrain")
    return stage.names.execution_arn(model, started["execution"])


def follow(stage: Stage, arn: str, seen: Callable[[Execution], None]) -> Execution:
    """Wait for an execution's end; `seen` is told of it each time that it was looked at.

    Raises:
        NotFoundError: it is gone: the local cloud was started again.
    """
    while True:
        begun, execution = monotonic(), look(stage, arn)
        seen(execution)
        if not execution.is_running:
            return execution
        sleep(max(0.0, (POLL_LOCAL_S if stage.is_local else POLL_S) - (monotonic() - begun)))


def look(stage: Stage, arn: str) -> Execution:
    """An execution as it stands.

    Raises:
        NotFoundError: there is none.
    """
    states = stage.client("stepfunctions")
    try:
        told = states.describe_execution(executionArn=arn)
        newest = states.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=NEWEST)["events"]
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            raise NotFoundError(f"there is no execution {arn}: executions end with a local cloud that ends") from None
        raise
    last = max(_entered(newest), key=lambda event: event["id"], default=None)
    state = None if last is None else str(last["stateEnteredEventDetails"]["name"])
    entered = None if last is None else last["timestamp"]
    return Execution(arn, told["status"], state, entered, told.get("cause") or told.get("error"))


def outcome(stage: Stage, model: str, execution: Execution) -> Training:
    """What the registry holds of an execution that has ended.

    Raises:
        TrimtabError: it ended before the registry knew of it; the text says how Step Functions saw it.
    """
    try:
        found = Management(stage).get(f"/models/{part(model)}/trainings/{part(execution.name)}")
    except NotFoundError:
        why = f": {execution.cause}" if execution.cause else ""
        raise TrimtabError(
            f"retraining of {model} ended as {execution.status} before it began{why}; "
            f"see the logs of {stage.names.function('snapshot')}"
        ) from None
    return Training(**{**found, "reasons": tuple(found["reasons"])})


def _entered(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (event for event in events if "stateEnteredEventDetails" in event)
