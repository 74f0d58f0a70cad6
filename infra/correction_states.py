"""The states of a model's correction, as Amazon States Language (JSONPath): snapshot, retrain, gate.

What is the data's fault is an answer ("refused"), and ends well: the execution did what it should. An error is tried
again where that may help, then recorded, and the execution fails.
"""

from collections.abc import Mapping
from typing import Any

_INVOKE = "arn:aws:states:::lambda:invoke"
# Lambda's own transient errors, as its documentation lists them for Step Functions.
_TRANSIENT = [
    "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]  # fmt: skip
_RETRIES: list[dict[str, Any]] = [
    {"ErrorEquals": _TRANSIENT, "IntervalSeconds": 2, "MaxAttempts": 6, "BackoffRate": 2, "MaxDelaySeconds": 60},
    # S3 or DynamoDB did not answer one of ours, or somebody else was faster.
    {"ErrorEquals": ["UnavailableError", "ConflictError"], "IntervalSeconds": 15, "MaxAttempts": 3, "BackoffRate": 2},
]
_TASK_S = 930  # a function's quarter of an hour, and Lambda's own delays
LONGEST_S = 3 * 3_600  # of an execution, retries included
_ASKED = {"model.$": "$.model", "time.$": "$.time", "execution.$": "$$.Execution.Name"}


def definition(snapshot: str, retrain: str, gate: str) -> dict[str, Any]:
    """The state machine; the arguments are the ARNs of the functions.

    Its input is `{"model", "cause", "by", "time"}`, `time` being that of the event which set it off.
    """
    return {
        "Comment": "Retrains a model and judges the challenger; what passes is rolled out by roll_out",
        "StartAt": "Snapshot",
        "TimeoutSeconds": LONGEST_S,
        "States": {
            "Snapshot": _task(
                snapshot, {"action": "snapshot", **_ASKED, "cause.$": "$.cause", "by.$": "$.by"}, "snapshot", "IsReady"
            ),
            "IsReady": _choice("$.snapshot.answer.decision", {"ready": "WhichEngine"}, "Done"),
            "WhichEngine": _choice("$.snapshot.answer.engine", {"lambda": "Retrain"}, "HandOver"),
            "HandOver": _no_such_engine(),
            "Retrain": _task(retrain, {**_ASKED, "snapshot.$": "$.snapshot.answer.snapshot"}, "retrain", "IsFitted"),
            "IsFitted": _choice("$.retrain.answer.decision", {"fitted": "Gate"}, "RecordRefusal"),
            "RecordRefusal": _task(
                snapshot, {"action": "refused", **_ASKED, "reasons.$": "$.retrain.answer.reasons"}, "refusal", "Done"
            ),
            "Gate": _task(
                gate,
                {
                    "action": "gate",
                    **_ASKED,
                    "snapshot.$": "$.snapshot.answer.snapshot",
                    "candidate.$": "$.retrain.answer.candidate",
                },
                "gate",
                "Done",
            ),
            "Done": {"Type": "Succeed"},
            "RecordFailure": _record_failure(snapshot),
            "Failed": {
                "Type": "Fail",
                "Error": "TrainingFailed",
                "Cause": "The training's entry in the registry says why: `trimtab status` shows it.",
            },
        },
    }


def _task(function: str, payload: Mapping[str, Any], name: str, then: str) -> dict[str, Any]:
    """Invoke a function; its answer is `$.<name>.answer`."""
    return {
        "Type": "Task",
        "Resource": _INVOKE,
        "Parameters": {"FunctionName": function, "Payload": dict(payload)},
        "ResultSelector": {"answer.$": "$.Payload"},
        "ResultPath": f"$.{name}",
        "TimeoutSeconds": _TASK_S,
        "Retry": [{**each, "JitterStrategy": "FULL"} for each in _RETRIES],
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "RecordFailure"}],
        "Next": then,
    }


def _choice(variable: str, ways: Mapping[str, str], otherwise: str) -> dict[str, Any]:
    choices = [{"Variable": variable, "StringEquals": value, "Next": state} for value, state in ways.items()]
    return {"Type": "Choice", "Choices": choices, "Default": otherwise}


def _no_such_engine() -> dict[str, Any]:
    """The seam for an engine beyond a function: it is recorded as a failure, with a plain word."""
    return {
        "Type": "Pass",
        "Result": {
            "Error": "EngineNotAvailable",
            "Cause": '[train] engine = "spark" is not built yet: set "lambda", or shorten [train] window',
        },
        "ResultPath": "$.failure",
        "Next": "RecordFailure",
    }


def _record_failure(snapshot: str) -> dict[str, Any]:
    task = _task(snapshot, {"action": "failed", **_ASKED, "error.$": "$.failure"}, "recorded", "Failed")
    return {**task, "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.unrecorded", "Next": "Failed"}]}
