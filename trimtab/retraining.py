"""Retrain a model by hand: start an execution of its state machine, follow it, and say what became of it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from time import monotonic, sleep
from typing import Any

from botocore.exceptions import ClientError

from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry_table import RegistryTable
from functions.adapters.training_registry import TrainingRegistry
from functions.domain.errors import InvalidRequestError, NotFoundError, TrimtabError, UnavailableError
from functions.domain.training import Training
from trimtab import local_process
from trimtab.function_call import call_function
from trimtab.judge_now import now
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


def refresh_log(stage: Stage, model: str, by: str) -> None:
    """Bring the table of the model's log up to date, so that the newest labels are learnt from.

    Raises:
        NotFoundError: the stage's functions are not deployed; ConflictError: the table is being made just now.
        UnavailableError: it could not be made.
    """
    if stage.is_local:
        local_process.control(str(stage.endpoint), "flush", {})
    call_function(stage, stage.names.function("compact"), {"model": model, "time": _iso(now(stage)), "by": by})


def start(stage: Stage, model: str, by: str) -> str:
    """Start retraining; the execution's ARN.

    Raises:
        InvalidRequestError: the model is hosted elsewhere.
        NotFoundError: the model has no state machine in this stage.
        UnavailableError: Step Functions did not take it.
    """
    if MonitoringRegistry(_store(stage)).config(model).external:
        raise InvalidRequestError(f"{model} is hosted elsewhere: it is retrained there, and judged here")
    asked = {"model": model, "cause": "person", "by": by, "time": _iso(now(stage))}
    try:
        started = stage.client("stepfunctions").start_execution(
            stateMachineArn=stage.names.state_machine_arn(model), input=json.dumps(asked)
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            raise NotFoundError(
                f"{model} has no state machine {stage.names.state_machine(model)} in stage {stage.name}: "
                "deploy its stack, see docs/on-aws.md"
            ) from None
        raise UnavailableError(f"retraining of {model} did not start: {error}") from error
    return str(started["executionArn"])


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
        training = TrainingRegistry(_store(stage)).of_execution(model, execution.name)
    except NotFoundError:
        why = f": {execution.cause}" if execution.cause else ""
        raise TrimtabError(
            f"retraining of {model} ended as {execution.status} before it began{why}; "
            f"see the logs of {stage.names.function('snapshot')}"
        ) from None
    return training


def _entered(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (event for event in events if "stateEnteredEventDetails" in event)


def _store(stage: Stage) -> RegistryTable:
    return RegistryTable(stage.client("dynamodb"), stage.names.registry_table)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
