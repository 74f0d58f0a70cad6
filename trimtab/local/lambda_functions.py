"""Lambda functions and their versions, as strict as AWS: revisions are checked, versions are frozen.

A function from a container image is kept, and can be published, but not run.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.local.lambda_code import UNZIPPED_LIMIT, Code, CodeStore
from trimtab.local.lambda_errors import conflict, invalid, stale_revision
from trimtab.local.lambda_layers import Layers
from trimtab.local.lambda_records import LATEST, Configuration, Function, FunctionFiles, new_revision

RUNTIME = "python3.13"
PLAIN_FIELDS = {
    "Description": "",
    "Timeout": 3,
    "MemorySize": 128,
    "TracingConfig": {"Mode": "PassThrough"},
    "EphemeralStorage": {"Size": 512},
    "Architectures": ["x86_64"],
    "DeadLetterConfig": None,
    "KMSKeyArn": None,
    "VpcConfig": None,
    "FileSystemConfigs": None,
}
LIMITS = {"Timeout": (1, 900), "MemorySize": (128, 10_240)}
RESERVED_VARIABLES = re.compile(r"^(AWS_(?!XRAY_|LAMBDA_EXEC_WRAPPER$)|LAMBDA_|_HANDLER$|_X_AMZN_)")
ENVIRONMENT_LIMIT = 4_096
NO_FILES = b"PK\x05\x06" + bytes(18)  # an image is kept by its name alone: this is the zip that holds nothing
MOVING = ("Version", "FunctionArn", "RevisionId", "LastModified", "Description", "_published")


@dataclass(frozen=True, slots=True)
class Functions:
    """The operations on functions and versions. `fetch` brings code from S3; `now` is the time as AWS writes it."""

    files: FunctionFiles
    codes: CodeStore
    layers: Layers
    arn_prefix: str
    fetch: Callable[[str, str, str | None], bytes]
    now: Callable[[], str]

    def create(self, asked: Mapping[str, Any]) -> Configuration:
        """A new function, with version 1 when `Publish` is set."""
        name = asked["FunctionName"]
        if self.files.find(name) is not None:
            raise conflict(f"Function already exist: {name}")
        arn = f"{self.arn_prefix}function:{name}"
        latest: Configuration = {"FunctionName": name, "FunctionArn": arn, "Version": LATEST}
        for key in ("Role", "Code") if asked.get("PackageType") == "Image" else ("Role", "Handler", "Runtime", "Code"):
            if not asked.get(key):
                raise invalid(f"{key} is missing")
        self._set_code(latest, asked["Code"])
        self._set_configuration(latest, {**PLAIN_FIELDS, **asked})
        function = Function(name, latest, tags=dict(asked.get("Tags") or {}))
        self._touch(function)
        self.files.save(function)
        return self.publish(function, asked) if asked.get("Publish") else latest

    def update_code(self, function: Function, asked: Mapping[str, Any]) -> Configuration:
        """New code for $LATEST."""
        _check_revision(function, asked)
        changed = dict(function.latest)
        self._set_code(changed, asked)
        if asked.get("Architectures"):
            changed["Architectures"] = asked["Architectures"]
        self._check_size(changed)
        if asked.get("DryRun"):
            return changed
        return self._replace(function, changed, asked)

    def update_configuration(self, function: Function, asked: Mapping[str, Any]) -> Configuration:
        """New settings for $LATEST; what isn't named stays."""
        _check_revision(function, asked)
        changed = dict(function.latest)
        self._set_configuration(changed, asked)
        return self._replace(function, changed, asked)

    def publish(self, function: Function, asked: Mapping[str, Any]) -> Configuration:
        """$LATEST as a new version; the last one again when nothing has changed since."""
        _check_revision(function, asked)
        latest = function.latest
        if asked.get("CodeSha256") and asked["CodeSha256"] != latest["CodeSha256"]:
            raise invalid(
                f"CodeSHA256 ({asked['CodeSha256']}) is different from current CodeSHA256 in $LATEST "
                f"({latest['CodeSha256']}). Please try again with the CodeSHA256 in $LATEST."
            )
        fingerprint = _fingerprint(latest)
        newest = function.versions.get(str(function.next_version - 1))
        if newest is not None and newest["_published"] == fingerprint:
            return newest
        number = str(function.next_version)
        version = json.loads(json.dumps(latest))
        version |= {
            "Version": number,
            "FunctionArn": f"{latest['FunctionArn']}:{number}",
            "RevisionId": new_revision(),
            "LastModified": self.now(),
            "_published": fingerprint,
        }
        if asked.get("Description"):
            version["Description"] = asked["Description"]
        if version["SnapStart"]["ApplyOn"] == "PublishedVersions":
            version["SnapStart"]["OptimizationStatus"] = "On"
        function.versions[number] = version
        function.next_version += 1
        latest["RevisionId"] = new_revision()  # whoever read $LATEST before must read it again
        self.files.save(function)
        return dict(version)

    def delete(self, function: Function, qualifier: str | None) -> None:
        """A version, if no alias points to it; without a qualifier all of the function."""
        if qualifier is None:
            self.files.delete(function.name)
            return
        if not qualifier.isdigit():
            raise invalid(f"{qualifier} cannot be deleted: only versions can, or the whole function")
        function.configuration(qualifier)
        using = [
            alias["Name"]
            for alias in function.aliases.values()
            if qualifier == alias["FunctionVersion"] or qualifier in alias["_weights"]
        ]
        if using:
            raise conflict(
                f"Version {qualifier} of function {function.name} is used by alias {', '.join(using)}: move it first"
            )
        del function.versions[qualifier]
        function.policies.pop(qualifier, None)
        self.files.save(function)

    def roles(self) -> list[tuple[str, str]]:
        """Each function's name, and its role."""
        return [(function.name, function.latest["Role"]) for function in self.files]

    def used_digests(self) -> set[str]:
        """Digests of all code and layers that some version runs."""
        configurations = [c for f in self.files for c in (f.latest, *f.versions.values())]
        return {digest for c in configurations for digest in (c["_code"], *c["_layers"])}

    def _replace(self, function: Function, changed: Configuration, asked: Mapping[str, Any]) -> Configuration:
        function.latest = changed
        self._touch(function)
        self.files.save(function)
        return self.publish(function, {}) if asked.get("Publish") else changed

    def _touch(self, function: Function) -> None:
        function.latest |= {"RevisionId": new_revision(), "LastModified": self.now()}
        function.latest |= {"State": "Active", "LastUpdateStatus": "Successful"}

    def _set_code(self, configuration: Configuration, asked: Mapping[str, Any]) -> None:
        if asked.get("ZipFile"):
            archive = asked["ZipFile"]
        elif asked.get("S3Bucket") and asked.get("S3Key"):
            archive = self.fetch(asked["S3Bucket"], asked["S3Key"], asked.get("S3ObjectVersion"))
        elif asked.get("ImageUri"):
            archive = NO_FILES
        else:
            raise invalid("Please provide a source for function code: ZipFile, S3Bucket and S3Key, or ImageUri")
        code: Code = self.codes.add(archive)
        image = asked.get("ImageUri")
        configuration |= {
            "PackageType": "Image" if image else "Zip",
            "CodeSha256": hashlib.sha256(image.encode()).hexdigest() if image else code.sha256,
            "CodeSize": code.size,
            "_code": code.digest,
            "_unzipped": code.unzipped,
        }

    def _set_configuration(self, configuration: Configuration, asked: Mapping[str, Any]) -> None:
        if asked.get("Runtime", RUNTIME) != RUNTIME:
            raise invalid(f"the local cloud runs {RUNTIME} only, not {asked['Runtime']}")
        for key, (least, most) in LIMITS.items():
            if key in asked and not least <= asked[key] <= most:
                raise invalid(f"'{key.lower()}' must be between {least} and {most}, not {asked[key]}")
        for key in ("Role", "Handler", "Runtime", *PLAIN_FIELDS):
            if asked.get(key) is not None:
                configuration[key] = asked[key]
        if "Environment" in asked or "Environment" not in configuration:
            configuration["Environment"] = {"Variables": _variables(asked)}
        if "SnapStart" in asked or "SnapStart" not in configuration:
            apply_on = (asked.get("SnapStart") or {}).get("ApplyOn", "None")
            configuration["SnapStart"] = {"ApplyOn": apply_on, "OptimizationStatus": "Off"}
        if "LoggingConfig" in asked or "LoggingConfig" not in configuration:
            group = f"/aws/lambda/{configuration['FunctionName']}"
            configuration["LoggingConfig"] = {
                "LogFormat": "Text",
                "LogGroup": group,
                **(asked.get("LoggingConfig") or {}),
            }
        if "Layers" in asked or "Layers" not in configuration:
            found = self.layers.resolve(asked.get("Layers") or [])
            if len(found) > 5:
                raise invalid("Cannot reference more than 5 layers.")
            configuration["Layers"] = [
                {"Arn": layer["LayerVersionArn"], "CodeSize": layer["Content"]["CodeSize"]} for layer in found
            ]
            configuration["_layers"] = [layer["_code"] for layer in found]
            configuration["_layers_unzipped"] = sum(layer["_unzipped"] for layer in found)
        self._check_size(configuration)

    def _check_size(self, configuration: Configuration) -> None:
        total = configuration["_unzipped"] + configuration.get("_layers_unzipped", 0)
        if total > UNZIPPED_LIMIT:
            raise invalid(
                f"Function code combined with layers exceeds the maximum allowed size of {UNZIPPED_LIMIT} bytes. "
                f"The actual size is {total} bytes."
            )


def _variables(asked: Mapping[str, Any]) -> dict[str, str]:
    variables: dict[str, str] = dict((asked.get("Environment") or {}).get("Variables") or {})
    reserved = sorted(key for key in variables if RESERVED_VARIABLES.match(key))
    if reserved:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided contains reserved keys that are currently not supported for modification: {', '.join(reserved)}"
        )
    if len(json.dumps(variables, separators=(",", ":")).encode()) > ENVIRONMENT_LIMIT:
        raise invalid("Lambda was unable to configure your environment variables: they exceeded the 4KB limit.")
    return variables


def _check_revision(function: Function, asked: Mapping[str, Any]) -> None:
    if asked.get("RevisionId") and asked["RevisionId"] != function.latest["RevisionId"]:
        raise stale_revision("GetFunction/GetAlias")


def _fingerprint(configuration: Configuration) -> str:
    fixed = {key: value for key, value in configuration.items() if key not in MOVING}
    return hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()
