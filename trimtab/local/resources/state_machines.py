"""Step Functions: state machines, of the kind and with the states that moto's interpreter runs here."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from functions.domain.errors import MisconfiguredError
from trimtab.local.resources.resource_type import Context, Made, Properties, ResourceType, created, known, tag_list
from trimtab.local.stacks import Resource

STATES = frozenset({"Task", "Choice", "Pass", "Succeed", "Fail", "Wait", "Parallel"})
FUNCTION = re.compile(r"^arn:aws:(states:::lambda:invoke$|lambda:)")
LOGGING = {"Level": "level", "IncludeExecutionData": "includeExecutionData"}


def put_state_machine(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    """A definition that the local cloud can't run is an error here, not in an execution."""
    machine = properties.get("StateMachineName") or name
    if properties.get("StateMachineType", "STANDARD") != "STANDARD":
        raise MisconfiguredError("the local cloud runs STANDARD state machines only")
    _check(properties["DefinitionString"])
    asked = {
        "definition": properties["DefinitionString"],
        "roleArn": properties["RoleArn"],
        "loggingConfiguration": _logging(properties.get("LoggingConfiguration") or {}),
        "tracingConfiguration": {"enabled": bool((properties.get("TracingConfiguration") or {}).get("Enabled"))},
    }
    states, arn = context.client("stepfunctions"), context.arn("states", f"stateMachine:{machine}")
    tags = [{"key": tag["Key"], "value": tag["Value"]} for tag in tag_list(properties)]
    there = existing is not None and existing.physical_id == arn
    if there or not created(
        lambda: states.create_state_machine(name=machine, type="STANDARD", tags=tags, **asked),
        "StateMachineAlreadyExists",
    ):
        states.update_state_machine(stateMachineArn=arn, **asked)
    return Made(arn, {"Arn": arn, "Name": machine})


def delete_state_machine(context: Context, resource: Resource) -> None:
    context.client("stepfunctions").delete_state_machine(stateMachineArn=resource.physical_id)


def _check(text: str) -> None:
    """Raises MisconfiguredError: what in the definition does not run here."""
    try:
        definition = json.loads(text)
    except ValueError as error:
        raise MisconfiguredError(f"the definition is no JSON: {error}") from None
    if definition.get("QueryLanguage", "JSONPath") != "JSONPath":
        raise MisconfiguredError("the local cloud runs definitions in JSONPath only")
    for name, state in _states(definition):
        if state.get("Type") not in STATES:
            raise MisconfiguredError(f"the local cloud does not run the state {name}: its Type is {state.get('Type')}")
        if state["Type"] == "Task" and not FUNCTION.match(str(state.get("Resource"))):
            raise MisconfiguredError(f"the local cloud's tasks are functions: {name} is {state.get('Resource')}")


def _states(definition: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, state in definition.get("States", {}).items():
        yield name, state
        for branch in state.get("Branches") or []:
            yield from _states(branch)


def _logging(asked: Mapping[str, Any]) -> dict[str, Any]:
    given = {lowered: asked[name] for name, lowered in LOGGING.items() if name in asked}
    groups = [one["CloudWatchLogsLogGroup"]["LogGroupArn"] for one in asked.get("Destinations") or []]
    return {**given, "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}} for arn in groups]}


TYPES = {
    "AWS::StepFunctions::StateMachine": ResourceType(
        known(
            "StateMachineName", "StateMachineType", "DefinitionString", "RoleArn", "LoggingConfiguration",
            "TracingConfiguration",
        ),
        put_state_machine,
        delete_state_machine,
    ),
}  # fmt: skip
