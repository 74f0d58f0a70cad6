"""What a rule's target is sent: the event, a fixed text, a part of the event, or a template filled from it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from functions.domain.errors import MisconfiguredError

PATH = re.compile(r"^\$((?:\.[A-Za-z0-9_-]+|\[\d+\]|\['[^']+'\])*)$")
STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]|\['([^']+)'\]")
PLACE = re.compile(r"<([A-Za-z0-9_.-]+)>")


def target_input(target: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str) -> str:
    """The JSON text for one target. Raises MisconfiguredError: what its input asks for is not there or no JSON."""
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(at_path(event, target["InputPath"]))
    if target.get("InputTransformer"):
        return _transformed(target["InputTransformer"], event, rule_arn)
    return json.dumps(event)


def at_path(event: Mapping[str, Any], path: str) -> Any:
    """The value at a path such as `$.detail.model`; None where there is none. Raises MisconfiguredError: no path."""
    match = PATH.match(path)
    if match is None:
        raise MisconfiguredError(f"{path!r} is no path that the local cloud knows: $.detail.model and $.list[0] are")
    value: Any = event
    for name, index, quoted in STEP.findall(match[1]):
        if index:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
        else:
            value = value.get(name or quoted) if isinstance(value, Mapping) else None
    return value


def check_target_input(target: Mapping[str, Any]) -> None:
    """Raises MisconfiguredError: its paths or its template are none."""
    if target.get("InputPath"):
        at_path({}, target["InputPath"])
    if transformer := target.get("InputTransformer"):
        for path in (transformer.get("InputPathsMap") or {}).values():
            at_path({}, path)
        known = set(transformer.get("InputPathsMap") or {})
        for name in PLACE.findall(transformer["InputTemplate"]):
            if name not in known and not name.startswith("aws.events."):
                raise MisconfiguredError(f"the template reads <{name}>, which is not in its InputPathsMap")


def _transformed(transformer: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str) -> str:
    values = {name: at_path(event, path) for name, path in (transformer.get("InputPathsMap") or {}).items()}
    values |= {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rpartition("/")[2],
        "aws.events.event": {key: part for key, part in event.items() if key != "detail"},
        "aws.events.event.json": event,
        "aws.events.event.ingestion-time": event["time"],
    }
    template, filled, at = str(transformer["InputTemplate"]), "", 0
    for match in PLACE.finditer(template):
        if match[1] not in values:
            continue
        filled += template[at : match.start()]
        filled += _written(values[match[1]], inside_text=filled.replace('\\"', "").count('"') % 2 == 1)
        at = match.end()
    filled += template[at:]
    try:
        json.loads(filled)
    except ValueError:
        raise MisconfiguredError(f"the filled template is no JSON: {filled[:200]}") from None
    return filled


def _written(value: Any, inside_text: bool) -> str:
    """As JSON; inside a JSON text, without quotes of its own."""
    if not inside_text:
        return json.dumps(value)
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return json.dumps(text)[1:-1]
