"""CloudFormation's intrinsic functions and conditions, evaluated against what has been created so far."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.domain.errors import MisconfiguredError

NO_VALUE = object()
SUB = re.compile(r"\$\{(!?)([^}]+)\}")
DYNAMIC = re.compile(r"\{\{resolve:([a-z-]+):([^}]+)\}\}")


@dataclass(slots=True)
class Scope:
    """What a template's expressions may name.

    `ref` and `attribute` know the stack's resources and raise KeyError for others; `imported` knows the exports of all
    stacks; `parameter_store` reads SSM; `rewrite` has the last word on each string.
    """

    stack: str
    pseudo: Mapping[str, str]
    parameters: Mapping[str, Any]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    ref: Callable[[str], str]
    attribute: Callable[[str, str], Any]
    imported: Callable[[str], str]
    parameter_store: Callable[[str], str]
    rewrite: Callable[[str], str]
    _known: dict[str, bool] = field(default_factory=dict)

    def evaluate(self, value: Any) -> Any:
        """A value with every expression in it replaced; NO_VALUE where AWS::NoValue stood.

        Raises:
            MisconfiguredError: an unknown function or name.
        """
        if isinstance(value, str):
            return self.rewrite(self._dynamic(value))
        if isinstance(value, list):
            return [item for item in map(self.evaluate, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref" and isinstance(argument, str):
                return self._ref(argument)
            if name.startswith("Fn::"):
                return self._call(name, argument)
        evaluated = {key: self.evaluate(item) for key, item in value.items()}
        return {key: item for key, item in evaluated.items() if item is not NO_VALUE}

    def holds(self, condition: str) -> bool:
        """A condition of the template by its name."""
        if condition not in self._known:
            if condition not in self.conditions:
                raise MisconfiguredError(f"{self.stack}: there is no condition {condition}")
            self._known[condition] = self._decide(self.conditions[condition])
        return self._known[condition]

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.parameters:
            return self._parameter(name)
        try:
            return self.rewrite(self.ref(name))
        except KeyError:
            raise MisconfiguredError(f"{self.stack}: Ref to {name}, which is no resource or parameter of it") from None

    def _parameter(self, name: str) -> Any:
        parameter = self.parameters[name]
        if "Default" not in parameter:
            raise MisconfiguredError(f"{self.stack}: parameter {name} has no default: the local cloud gives none")
        if str(parameter.get("Type", "")).startswith("AWS::SSM::Parameter::Value"):
            return self.parameter_store(parameter["Default"])
        return parameter["Default"]

    def _call(self, name: str, argument: Any) -> Any:
        functions: dict[str, Callable[[Any], Any]] = {
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": lambda a: self.rewrite(self.evaluate(a[0]).join(map(str, self.evaluate(a[1])))),
            "Fn::Select": lambda a: self.evaluate(a[1])[int(self.evaluate(a[0]))],
            "Fn::Split": lambda a: self.evaluate(a[1]).split(self.evaluate(a[0])),
            "Fn::If": lambda a: self.evaluate(a[1] if self.holds(a[0]) else a[2]),
            "Fn::FindInMap": self._find_in_map,
            "Fn::ImportValue": lambda a: self.imported(self.evaluate(a)),
            "Fn::Base64": lambda a: base64.b64encode(self.evaluate(a).encode()).decode(),
            "Fn::ToJsonString": lambda a: json.dumps(self.evaluate(a)),
        }
        if name not in functions:
            raise MisconfiguredError(f"{self.stack}: the local cloud does not know {name}")
        return functions[name](argument)

    def _get_att(self, argument: Any) -> Any:
        logical, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        attribute = self.evaluate(attribute)
        try:
            return self.attribute(logical, attribute)
        except KeyError:
            raise MisconfiguredError(f"{self.stack}: the local cloud does not know {logical}.{attribute}") from None

    def _sub(self, argument: Any) -> Any:
        text, own = (argument, {}) if isinstance(argument, str) else argument

        def replaced(match: re.Match[str]) -> str:
            literal, name = match[1], match[2].strip()
            if literal:
                return f"${{{name}}}"
            if name in own:
                return str(self.evaluate(own[name]))
            return str(self._get_att(name) if "." in name else self._ref(name))

        return self.rewrite(self._dynamic(SUB.sub(replaced, text)))

    def _find_in_map(self, argument: Any) -> Any:
        name, first, second = (self.evaluate(part) for part in argument[:3])
        try:
            return self.evaluate(self.mappings[name][first][second])
        except KeyError:
            raise MisconfiguredError(f"{self.stack}: there is no {name}/{first}/{second} in Mappings") from None

    def _dynamic(self, text: str) -> str:
        def resolved(match: re.Match[str]) -> str:
            if match[1] != "ssm":
                raise MisconfiguredError(f"{self.stack}: the local cloud does not resolve {match[0]}")
            return self.parameter_store(match[2].split(":")[0])

        return DYNAMIC.sub(resolved, text)

    def _decide(self, expression: Any) -> bool:
        name, argument = next(iter(expression.items()))
        if name == "Condition":
            return self.holds(argument)
        if name == "Fn::Equals":
            return bool(self.evaluate(argument[0]) == self.evaluate(argument[1]))
        if name == "Fn::Not":
            return not self._decide(argument[0])
        if name in ("Fn::And", "Fn::Or"):
            return (all if name == "Fn::And" else any)(map(self._decide, argument))
        raise MisconfiguredError(f"{self.stack}: the local cloud does not know {name} in a condition")


def dependencies(resource: Mapping[str, Any], names: frozenset[str]) -> set[str]:
    """The resources of the same stack that must be there before this one."""
    found = resource.get("DependsOn") or []
    needed = {found} if isinstance(found, str) else set(found)
    _collect(resource.get("Properties", {}), needed)
    return needed & names


def _collect(value: Any, found: set[str]) -> None:
    if isinstance(value, list):
        for item in value:
            _collect(item, found)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "Ref" and isinstance(item, str):
                found.add(item)
            elif key == "Fn::GetAtt":
                found.add(item.split(".")[0] if isinstance(item, str) else item[0])
            elif key == "Fn::Sub":
                text = item if isinstance(item, str) else item[0]
                found.update(match[2].strip().split(".")[0] for match in SUB.finditer(text) if not match[1])
            _collect(item, found)
