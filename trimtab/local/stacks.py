"""What has been created from the templates, in a file for each stack: physical ids, attributes, resolved properties."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from functions.domain.errors import MisconfiguredError
from trimtab.local.state_folder import write_json


@dataclass(frozen=True, slots=True)
class Resource:
    """One created resource. `physical_id` is what Ref gives; attributes that begin with _ are our own."""

    type: str
    physical_id: str
    attributes: dict[str, Any]
    properties: dict[str, Any]
    retained: bool

    @property
    def digest(self) -> str:
        return properties_digest(self.properties)


@dataclass(slots=True)
class Stack:
    """One stack's resources by logical name, its outputs and exports."""

    name: str
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    exports: dict[str, Any] = field(default_factory=dict)

    def of_type(self, wanted: str) -> Iterator[tuple[str, Resource]]:
        return ((name, resource) for name, resource in self.resources.items() if resource.type == wanted)


class Stacks:
    """All stacks, in memory and each in its file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stacks: dict[str, Stack] = {}
        for path in sorted(folder.glob("[!.]*.json")):
            read = json.loads(path.read_text())
            resources = {name: Resource(**resource) for name, resource in read["resources"].items()}
            self._stacks[read["name"]] = Stack(read["name"], resources, read["outputs"], read["exports"])

    def __iter__(self) -> Iterator[Stack]:
        return iter(list(self._stacks.values()))

    def get(self, name: str) -> Stack:
        """The stack of that name, new if there is none."""
        return self._stacks.setdefault(name, Stack(name))

    def save(self, stack: Stack) -> None:
        write_json(self._folder / f"{stack.name}.json", asdict(stack))

    def export(self, name: str) -> str:
        """Raises MisconfiguredError: no stack exports that name."""
        for stack in self:
            if name in stack.exports:
                return str(stack.exports[name])
        raise MisconfiguredError(f"no stack exports {name}: is the stack that does part of the assembly?")


def properties_digest(properties: Mapping[str, Any]) -> str:
    """Equal for equal resolved properties."""
    return hashlib.sha256(json.dumps(properties, sort_keys=True).encode()).hexdigest()
