"""Lambda layers: numbered, immutable, deleted numbers never used again."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import RLock
from typing import Any

from trimtab.local.lambda_code import Code
from trimtab.local.lambda_errors import invalid, not_found
from trimtab.local.lambda_records import shown
from trimtab.local.state_folder import write_json

LAYER_ARN = re.compile(r"^arn:aws:lambda:[a-z0-9-]+:\d{12}:layer:([A-Za-z0-9_-]{1,140})(?::(\d+))?$")
Version = dict[str, Any]


class Layers:
    """All layers, in memory and each in its file."""

    def __init__(self, folder: Path, arn_prefix: str) -> None:
        self._folder, self._arn, self._lock = folder, arn_prefix + "layer:", RLock()
        self._layers: dict[str, dict[str, Any]] = {
            path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("[!.]*.json"))
        }

    def publish(self, name: str, code: Code, created: str, described: dict[str, Any]) -> Version:
        """The new version of a layer."""
        name = self._name(name)
        with self._lock:
            layer = self._layers.setdefault(name, {"next": 1, "versions": {}})
            number = layer["next"]
            version = {
                "LayerArn": self._arn + name,
                "LayerVersionArn": f"{self._arn}{name}:{number}",
                "Version": number,
                "CreatedDate": created,
                "Content": {"CodeSha256": code.sha256, "CodeSize": code.size},
                **described,
                "_code": code.digest,
                "_unzipped": code.unzipped,
            }
            layer["versions"][str(number)] = version
            layer["next"] = number + 1
            self._save(name)
            return shown(version)

    def get(self, name: str, number: int) -> Version:
        """One version. Raises LambdaError (ResourceNotFoundException)."""
        return shown(self._get(self._name(name), number))

    def by_arn(self, arn: str) -> Version:
        """One version with our own keys (`_code`, `_unzipped`), by its version ARN. Raises LambdaError."""
        match = LAYER_ARN.match(arn)
        if match is None or match[2] is None:
            raise invalid(f"1 validation error detected: {arn} is no ARN of a layer version")
        return self._get(match[1], int(match[2]))

    def resolve(self, arns: Sequence[str]) -> list[Version]:
        """The versions that a function asks for. Raises LambdaError as Lambda words it for functions."""
        found = []
        for arn in arns:
            match = LAYER_ARN.match(arn)
            layer = self._layers.get(match[1], {"versions": {}}) if match else {"versions": {}}
            version = layer["versions"].get(match[2]) if match else None
            if version is None:
                raise invalid(f"Layer version {arn} does not exist.")
            found.append(version)
        return found

    def versions(self, name: str) -> list[Version]:
        """All versions of a layer, newest first; none of one that does not exist."""
        layer = self._layers.get(self._name(name), {"versions": {}})
        return [shown(version) for version in sorted(layer["versions"].values(), key=lambda v: -v["Version"])]

    def latest(self) -> list[dict[str, Any]]:
        """Each layer with its newest version."""
        found = []
        for name in sorted(self._layers):
            if versions := self.versions(name):
                found.append({"LayerName": name, "LayerArn": self._arn + name, "LatestMatchingVersion": versions[0]})
        return found

    def delete(self, name: str, number: int) -> None:
        """Functions that use the version go on using it."""
        with self._lock:
            name = self._name(name)
            if name in self._layers and self._layers[name]["versions"].pop(str(number), None):
                self._save(name)

    def digests(self) -> Iterator[str]:
        for layer in self._layers.values():
            for version in layer["versions"].values():
                yield version["_code"]

    def _get(self, name: str, number: int) -> Version:
        version: Version | None = self._layers.get(name, {"versions": {}})["versions"].get(str(number))
        if version is None:
            raise not_found("The resource you requested does not exist.")
        return version

    def _name(self, name: str) -> str:
        match = LAYER_ARN.match(name)
        return match[1] if match else name

    def _save(self, name: str) -> None:
        write_json(self._folder / f"{name}.json", self._layers[name])
