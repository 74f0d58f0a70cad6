"""A cloud assembly as CDK writes it: its stacks in the order of their dependencies, and the files of its assets."""

import json
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from functions.domain.errors import MisconfiguredError
from trimtab.local.intrinsics import dependencies

Template = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StackTemplate:
    """One stack: its CloudFormation name and its template."""

    name: str
    template: Template

    def in_order(self) -> list[str]:
        """The logical names of its resources, each after what it depends on."""
        resources = self.template.get("Resources", {})
        names = frozenset(resources)
        graph = {name: sorted(dependencies(resource, names)) for name, resource in resources.items()}
        try:
            return list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            raise MisconfiguredError(f"{self.name}: resources depend on each other: {error.args[1]}") from None


@dataclass(frozen=True, slots=True)
class Assembly:
    """`assets` finds a staged file by bucket and key, as functions' code names it.

    Container images are passed over: functions from them are listed as not done.
    """

    folder: Path
    stacks: tuple[StackTemplate, ...]
    assets: dict[tuple[str, str], Path]


def read_assembly(folder: Path, account: str, region: str) -> Assembly:
    """Read a folder that `python app.py` wrote.

    Raises:
        MisconfiguredError: it is no cloud assembly, or a template or an asset in it is missing or broken.
    """
    manifest = _json(folder / "manifest.json", f"{folder} is no cloud assembly: run `python app.py` first")
    artifacts: dict[str, Any] = manifest.get("artifacts", {})
    names = [name for name, artifact in artifacts.items() if artifact["type"] == "aws:cloudformation:stack"]
    graph = {name: [d for d in artifacts[name].get("dependencies", []) if d in names] for name in names}
    stacks = []
    for artifact_id in TopologicalSorter(graph).static_order():
        properties = artifacts[artifact_id]["properties"]
        template = _json(folder / properties["templateFile"], f"{folder}: the template of {artifact_id} is missing")
        stacks.append(StackTemplate(properties.get("stackName", artifact_id), template))
    if not stacks:
        raise MisconfiguredError(f"{folder} holds no stack")
    manifests = [a["properties"]["file"] for a in artifacts.values() if a["type"] == "cdk:asset-manifest"]
    assets: dict[tuple[str, str], Path] = {}
    for name in manifests:
        assets |= _assets(folder, name, account, region)
    return Assembly(folder, tuple(stacks), assets)


def _assets(folder: Path, name: str, account: str, region: str) -> dict[tuple[str, str], Path]:
    found = {}
    listed = _json(folder / name, f"{folder}: the asset manifest {name} is missing")
    for asset in listed.get("files", {}).values():
        source = asset["source"]
        path = folder / source["path"]
        if source["path"].endswith(".template.json"):
            continue
        if source.get("packaging") != "file":
            raise MisconfiguredError(f"{name}: {source['path']} is no zip: assets must be built as one")
        if not path.is_file():
            raise MisconfiguredError(f"the asset {path} is missing: synthesise again")
        for destination in asset["destinations"].values():
            bucket = destination["bucketName"].replace("${AWS::AccountId}", account).replace("${AWS::Region}", region)
            found[bucket, destination["objectKey"]] = path
    return found


def _json(path: Path, otherwise: str) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text())
    except FileNotFoundError:
        raise MisconfiguredError(otherwise) from None
    except ValueError as error:
        raise MisconfiguredError(f"{path} is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise MisconfiguredError(f"{path} is no JSON object")
    return value
