"""EventBridge: schedules and their groups, event buses and their policies, rules."""

import json
from collections.abc import Mapping
from typing import Any

from functions.domain.errors import MisconfiguredError
from trimtab.local.event_input import check_target_input
from trimtab.local.event_pattern import read_pattern
from trimtab.local.function_target import is_function
from trimtab.local.recurrence import read_recurrence
from trimtab.local.resources.resource_type import Context, Made, Properties, ResourceType, created, known, tag_list
from trimtab.local.stacks import Resource
from trimtab.local.state_machine_target import check_state_machine_target, is_state_machine

SCHEDULE_TARGET = frozenset({"Arn", "RoleArn", "Input", "RetryPolicy", "DeadLetterConfig"})
RULE_TARGET = frozenset(
    {"Arn", "Id", "RoleArn", "Input", "InputPath", "InputTransformer", "RetryPolicy", "DeadLetterConfig"}
)


def put_group(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    group = properties.get("Name") or name
    if existing is None or existing.physical_id != group:
        scheduler = context.client("scheduler")
        if group not in {one["Name"] for one in scheduler.list_schedule_groups()["ScheduleGroups"]}:
            scheduler.create_schedule_group(Name=group, Tags=tag_list(properties))
    return Made(group, {"Arn": context.arn("scheduler", f"schedule-group/{group}"), "State": "ACTIVE"})


def delete_group(context: Context, resource: Resource) -> None:
    context.client("scheduler").delete_schedule_group(Name=resource.physical_id)


def put_schedule(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    schedule, group = properties.get("Name") or name, properties.get("GroupName") or "default"
    read_recurrence(properties["ScheduleExpression"], properties.get("ScheduleExpressionTimezone"), is_rule=False)
    _check_schedule(properties)
    asked = {
        "Name": schedule,
        "GroupName": group,
        "ScheduleExpression": properties["ScheduleExpression"],
        "ScheduleExpressionTimezone": properties.get("ScheduleExpressionTimezone") or "UTC",
        "FlexibleTimeWindow": properties["FlexibleTimeWindow"],
        "State": properties.get("State") or "ENABLED",
        "Description": properties.get("Description") or "",
        "Target": _numbers(properties["Target"]),
    }
    scheduler = context.client("scheduler")
    there = existing is not None and _place(existing) == (group, schedule)
    if there or not created(lambda: scheduler.create_schedule(**asked), "ConflictException"):
        scheduler.update_schedule(**asked)
    return Made(schedule, {"Arn": context.arn("scheduler", f"schedule/{group}/{schedule}"), "_group": group})


def delete_schedule(context: Context, resource: Resource) -> None:
    context.client("scheduler").delete_schedule(Name=resource.physical_id, GroupName=resource.attributes["_group"])


def _place(existing: Resource) -> tuple[str, str]:
    return existing.attributes["_group"], existing.physical_id


def _check_schedule(properties: Properties) -> None:
    if properties["FlexibleTimeWindow"].get("Mode") != "OFF":
        raise MisconfiguredError("the local cloud's schedules are punctual: FlexibleTimeWindow must be OFF")
    target = properties["Target"]
    _check_known(target, SCHEDULE_TARGET)
    if is_state_machine(target["Arn"]):
        check_state_machine_target(target)
    elif not is_function(target["Arn"]):
        raise MisconfiguredError(f"the local cloud's schedules reach functions and state machines: not {target['Arn']}")
    try:
        json.loads(target.get("Input") or "{}")
    except ValueError:
        raise MisconfiguredError(f"the input of {target['Arn']} is no JSON") from None


def _check_known(target: Mapping[str, Any], names: frozenset[str]) -> None:
    if unknown := set(target) - names:
        raise MisconfiguredError(
            f"the local cloud does not know {', '.join(sorted(unknown))} of the target {target['Arn']}"
        )


def _numbers(target: Mapping[str, Any]) -> dict[str, Any]:
    """A target as the API takes it; templates may hold numbers as text."""
    made = dict(target)
    if "RetryPolicy" in made:
        made["RetryPolicy"] = {key: int(value) for key, value in made["RetryPolicy"].items()}
    return made


def put_bus(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    bus = properties.get("Name") or name
    if existing is None or existing.physical_id != bus:
        tags = {"Tags": tag_list(properties)} if properties.get("Tags") else {}
        described = {"Description": properties["Description"]} if properties.get("Description") else {}
        created(
            lambda: context.client("events").create_event_bus(Name=bus, **described, **tags),
            "ResourceAlreadyExistsException",
        )
    return Made(bus, {"Arn": context.arn("events", f"event-bus/{bus}"), "Name": bus})


def delete_bus(context: Context, resource: Resource) -> None:
    context.client("events").delete_event_bus(Name=resource.physical_id)


def put_bus_policy(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    """Kept: rights are not judged here."""
    return Made(name, {})


def delete_bus_policy(context: Context, resource: Resource) -> None:
    """moto never had it."""


def put_rule(context: Context, name: str, properties: Properties, existing: Resource | None) -> Made:
    rule, bus = properties.get("Name") or name, (properties.get("EventBusName") or "default").rpartition("/")[2]
    pattern, expression = properties.get("EventPattern"), properties.get("ScheduleExpression")
    targets = [_checked(target) for target in properties.get("Targets") or []]
    if pattern is not None:
        read_pattern(pattern)
    if expression is not None:
        read_recurrence(expression)
    asked = {"EventPattern": json.dumps(pattern)} if pattern is not None else {}
    asked |= {"ScheduleExpression": expression} if expression is not None else {}
    events = context.client("events")
    events.put_rule(
        Name=rule,
        EventBusName=bus,
        State=properties.get("State") or "ENABLED",
        Description=properties.get("Description") or "",
        **asked,
    )
    before = [target["Id"] for target in (existing.properties.get("Targets") or [])] if existing else []
    if existing is not None and existing.attributes["_name"] == rule and before:
        events.remove_targets(Rule=rule, EventBusName=bus, Ids=before)
    if targets:
        events.put_targets(Rule=rule, EventBusName=bus, Targets=targets)
    path, physical = (rule, rule) if bus == "default" else (f"{bus}/{rule}", f"{bus}|{rule}")
    return Made(physical, {"Arn": context.arn("events", f"rule/{path}"), "_bus": bus, "_name": rule})


def delete_rule(context: Context, resource: Resource) -> None:
    events, place = context.client("events"), {"EventBusName": resource.attributes["_bus"]}
    ids = [target["Id"] for target in resource.properties.get("Targets") or []]
    if ids:
        events.remove_targets(Rule=resource.attributes["_name"], Ids=ids, **place)
    events.delete_rule(Name=resource.attributes["_name"], **place)


def _checked(target: Mapping[str, Any]) -> dict[str, Any]:
    _check_known(target, RULE_TARGET)
    if is_state_machine(target["Arn"]):
        check_state_machine_target(target)
    elif not is_function(target["Arn"]) and not target["Arn"].startswith("arn:aws:sns:"):
        raise MisconfiguredError(
            f"the local cloud's rules reach functions, topics, state machines: not {target['Arn']}"
        )
    check_target_input(target)
    return _numbers(target)


TYPES = {
    "AWS::Scheduler::ScheduleGroup": ResourceType(known("Name"), put_group, delete_group),
    "AWS::Scheduler::Schedule": ResourceType(
        known(
            "Name", "GroupName", "Description", "ScheduleExpression", "ScheduleExpressionTimezone", "State",
            "FlexibleTimeWindow", "Target",
        ),
        put_schedule,
        delete_schedule,
    ),
    "AWS::Events::EventBus": ResourceType(
        known("Name", "Description", "KmsKeyIdentifier", "DeadLetterConfig"), put_bus, delete_bus
    ),
    "AWS::Events::EventBusPolicy": ResourceType(
        known("EventBusName", "StatementId", "Statement", "Action", "Principal", "Condition"),
        put_bus_policy,
        delete_bus_policy,
    ),
    "AWS::Events::Rule": ResourceType(
        known("Name", "Description", "EventBusName", "EventPattern", "ScheduleExpression", "State", "Targets"),
        put_rule,
        delete_rule,
    ),
}  # fmt: skip
