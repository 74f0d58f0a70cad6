"""What the local Lambda keeps of a function, in one file each, and how functions are named."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from trimtab.local.lambda_errors import invalid, not_found
from trimtab.local.state_folder import write_json

LATEST = "$LATEST"
NAME = re.compile(
    r"^(?:(?:arn:aws:lambda:[a-z0-9-]+:)?(?:\d{12}):function:)?([A-Za-z0-9_-]{1,64})(?::(\$LATEST|[A-Za-z0-9_-]{1,128}))?$"
)

Configuration = dict[str, Any]


@dataclass(slots=True)
class Function:
    """A function with its versions. Configurations are as the API shows them; keys that begin with _ are our own.

    `_code` and `_layers` are digests of zips; `_published` is what the last published version was made from.
    """

    name: str
    latest: Configuration
    next_version: int = 1
    versions: dict[str, Configuration] = field(default_factory=dict)
    aliases: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    invoke_configs: dict[str, dict[str, Any]] = field(default_factory=dict)
    concurrency: int | None = None
    tags: dict[str, str] = field(default_factory=dict)

    def configuration(self, qualifier: str | None) -> Configuration:
        """The configuration of $LATEST, of a version, or of what an alias points to."""
        if qualifier in (None, LATEST):
            return self.latest
        alias = self.aliases.get(str(qualifier))
        found = self.versions.get(alias["FunctionVersion"] if alias else str(qualifier))
        if found is None:
            raise not_found(f"Function not found: {self.latest['FunctionArn']}:{qualifier}")
        return found


class FunctionFiles:
    """All functions, in memory and each in its file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._functions = {}
        for path in sorted(folder.glob("[!.]*.json")):
            function = Function(**json.loads(path.read_text()))
            self._functions[function.name] = function

    def __iter__(self) -> Iterator[Function]:
        return iter(list(self._functions.values()))

    def find(self, name: str) -> Function | None:
        return self._functions.get(name)

    def get(self, name: str, arn: str) -> Function:
        """Raises LambdaError (ResourceNotFoundException) naming `arn`."""
        function = self._functions.get(name)
        if function is None:
            raise not_found(f"Function not found: {arn}")
        return function

    def save(self, function: Function) -> None:
        write_json(self._folder / f"{function.name}.json", asdict(function))
        self._functions[function.name] = function

    def delete(self, name: str) -> None:
        self._functions.pop(name, None)
        (self._folder / f"{name}.json").unlink(missing_ok=True)


def split_name(value: str, qualifier: str | None = None) -> tuple[str, str | None]:
    """Name and qualifier from a name, a partial or a full ARN, with the qualifier in it or beside it."""
    match = NAME.match(value)
    if match is None:
        raise invalid(f"1 validation error detected: Value '{value}' at 'functionName' is no function's name or ARN")
    if match[2] and qualifier and match[2] != qualifier:
        raise invalid("The derived qualifier from the function name does not match the specified qualifier.")
    return match[1], qualifier or match[2]


def new_revision() -> str:
    return str(uuid4())


def shown(record: dict[str, Any]) -> dict[str, Any]:
    """A record as the API shows it: without our own keys."""
    return {key: value for key, value in record.items() if not key.startswith("_")}
