"""What a template may ask of a state machine here."""

import json
from typing import Any

import pytest

from functions.domain.errors import MisconfiguredError
from trimtab.local.moto_interpreter import LONGEST_S
from trimtab.local.resources.resource_type import Context
from trimtab.local.resources.state_machines import put_state_machine
from trimtab.local.state_machine_target import check_state_machine_target, is_state_machine

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:m"


def define(*states: dict[str, Any], **more: Any) -> str:
    numbered = {f"S{number}": state for number, state in enumerate(states)}
    return json.dumps({"StartAt": "S0", "States": numbered, **more})


@pytest.mark.parametrize(
    ("properties", "says"),
    [
        ({"StateMachineType": "EXPRESS"}, "STANDARD state machines only"),
        ({"DefinitionString": "{"}, "no JSON"),
        ({"DefinitionString": define(QueryLanguage="JSONata")}, "JSONPath only"),
        ({"DefinitionString": define({"Type": "Map"})}, "the state S0: its Type is Map"),
        (
            {"DefinitionString": define({"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem"})},
            "tasks are functions: S0 is arn:aws:states:::dynamodb:getItem",
        ),
        (
            {"DefinitionString": define({"Type": "Parallel", "Branches": [{"States": {"In": {"Type": "Map"}}}]})},
            "the state In",
        ),
        (
            {
                "DefinitionString": define(
                    {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken"}
                )
            },
            "waitForTaskToken",
        ),
    ],
)
def test_what_the_interpreter_does_not_run_is_an_error_that_names_it(properties: dict[str, Any], says: str) -> None:
    context = Context("http://127.0.0.1:9", "123456789012", "us-east-1")
    with pytest.raises(MisconfiguredError, match=says):
        put_state_machine(context, "m", {"DefinitionString": define(), "RoleArn": "r", **properties}, None)


def test_a_target_that_is_a_state_machine_needs_a_role() -> None:
    assert is_state_machine(ARN)
    assert not is_state_machine(ARN.replace("stateMachine", "execution"))
    check_state_machine_target({"Arn": ARN, "RoleArn": "arn:aws:iam::123456789012:role/r"})
    with pytest.raises(MisconfiguredError, match="has no RoleArn"):
        check_state_machine_target({"Arn": ARN})


def test_a_task_is_waited_for_longer_than_any_function_may_run() -> None:
    assert LONGEST_S > 900
