"""Lambda in memory, strict where moto is lax: revisions, updates that take time, snapshots, missing versions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from functions.domain.errors import ConflictError, CorruptArtifactError, NotFoundError, SmokeTestError
from functions.domain.release_artifact import lambda_sha256
from functions.domain.release_function import NO_WEIGHTS, Alias, FunctionState

Invoker = Callable[[Mapping[str, Any], bytes], bytes]


@dataclass
class FakeFunction:
    latest: dict[str, Any]
    versions: dict[int, dict[str, Any]] = field(default_factory=dict)
    alias: Alias | None = None
    published_from: str = ""  # the revision of $LATEST that the newest version was published from
    count: int = 0  # versions that were ever published: numbers are never used again
    updating: int = 0  # reads until an update is in effect


class FakeLambda:
    """`invoker` answers for a version: its configuration and the event's bytes; a RuntimeError is the function's own.

    `objects` is what lies in S3, `slow` how many reads an update or a snapshot takes.
    """

    def __init__(self, invoker: Invoker, objects: Mapping[tuple[str, str], bytes], slow: int = 0) -> None:
        self.functions: dict[str, FakeFunction] = {}
        self.layers: dict[
            str, list[tuple[str, str] | None]
        ] = {}  # name: (contract, content's SHA-256) or None: deleted
        self._objects = objects
        self._invoker = invoker
        self._slow = slow
        self._count = 0

    def create(self, function: str, **configuration: Any) -> None:
        base = {
            "FunctionName": function,
            "Version": "$LATEST",
            "CodeSha256": "code-1",
            "Runtime": "python3.13",
            "Handler": "functions.predict.handler.handler",
            "MemorySize": 512,
            "Timeout": 29,
            "Role": "arn:aws:iam::123456789012:role/predict",
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "Environment": {"Variables": {"MODEL": "flights"}},
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        }
        self.functions[function] = FakeFunction({**base, **configuration, "RevisionId": self._revision()})

    def change_code(self, function: str, code: str) -> None:
        """What `cdk deploy` does with new code."""
        self._function(function).latest |= {"CodeSha256": code, "RevisionId": self._revision()}

    def latest(self, function: str) -> FunctionState:
        found = self._function(function)
        if found.updating:
            found.updating -= 1
            if not found.updating:  # AWS gives the function another revision when an update has come into effect
                found.latest |= {"LastUpdateStatus": "Successful", "RevisionId": self._revision()}
        return FunctionState(deepcopy(found.latest))

    def version(self, function: str, number: int) -> FunctionState:
        versions = self._function(function).versions
        if number not in versions:
            raise NotFoundError(f"there is no version {number} of {function}")
        configuration = versions[number]
        if configuration["pending"]:
            configuration["pending"] -= 1
        else:
            configuration["State"] = "Active"
            if configuration["SnapStart"]["ApplyOn"] != "None":
                configuration["SnapStart"]["OptimizationStatus"] = "On"
        return FunctionState(deepcopy(configuration))

    def versions(self, function: str) -> Iterator[FunctionState]:
        # A list first: a generator would read on while others publish.
        return iter([FunctionState(deepcopy(v)) for v in self._function(function).versions.values()])

    def find_layer(self, layer: str, contract_digest: str, content_sha256: str) -> str | None:
        for number, found in enumerate(self.layers.get(layer, []), 1):
            if found == (contract_digest, content_sha256):
                return _layer_arn(layer, number)
        return None

    def publish_layer(self, layer: str, contract_digest: str, bucket: str, key: str, content_sha256: str) -> str:
        published = lambda_sha256(self._objects[bucket, key])
        self.layers.setdefault(layer, []).append((contract_digest, published))
        if published != content_sha256:
            self.layers[layer][-1] = None
            raise CorruptArtifactError(f"s3://{bucket}/{key} was changed while it was published as a layer: not used")
        return _layer_arn(layer, len(self.layers[layer]))

    def configure(self, function: str, revision: str, layers: Sequence[str], environment: Mapping[str, str]) -> None:
        found = self._changeable(function, revision)
        for arn in layers:
            name, number = arn.split(":")[6:]
            if not 1 <= int(number) <= len(self.layers.get(name, [])) or self.layers[name][int(number) - 1] is None:
                raise NotFoundError(f"there is no layer version {arn}")
        found.latest |= {
            "Layers": [{"Arn": arn} for arn in layers],
            "Environment": {"Variables": dict(environment)},
            "RevisionId": self._revision(),
        }
        found.updating = self._slow
        if self._slow:
            found.latest["LastUpdateStatus"] = "InProgress"

    def publish(self, function: str, revision: str, code_sha256: str, description: str) -> int:
        found = self._changeable(function, revision)
        if found.latest["CodeSha256"] != code_sha256:
            raise ConflictError(f"the code of {function} is not {code_sha256}")
        if found.published_from == found.latest["RevisionId"]:
            return max(found.versions)
        found.count += 1
        number = found.count
        found.versions[number] = deepcopy(found.latest) | {
            "Version": str(number),
            "Description": description,
            "State": "Pending",
            "pending": self._slow,
            "RevisionId": self._revision(),
        }
        found.published_from = found.latest["RevisionId"]
        return number

    def alias(self, function: str) -> Alias | None:
        return self._function(function).alias

    def create_alias(self, function: str, number: int) -> Alias:
        found = self._function(function)
        if found.alias is not None:
            raise ConflictError(f"{function}:live exists")
        return self.point(function, number)

    def move_alias(
        self, function: str, number: int, revision: str, reason: str, weights: Mapping[str, float] = NO_WEIGHTS
    ) -> None:
        alias = self._function(function).alias
        if alias is None:
            raise NotFoundError(f"there is no {function}:live")
        if alias.revision != revision:
            raise ConflictError(f"{function}:live is of another revision")
        self.point(function, number, weights)

    def delete_version(self, function: str, number: int) -> None:
        found = self._function(function)
        if found.alias is not None and str(number) in (found.alias.version, *found.alias.weights):
            raise ConflictError(f"an alias points to version {number} of {function}")
        found.versions.pop(number, None)

    def layer_versions(self, layer: str) -> list[str]:
        found = self.layers.get(layer, [])
        return [_layer_arn(layer, number) for number, known in enumerate(found, 1) if known is not None]

    def delete_layer(self, arn: str) -> None:
        layer, number = arn.split(":")[6:]
        self.layers[layer][int(number) - 1] = None

    def invoke(self, function: str, number: int, event: bytes) -> bytes:
        state = self.version(function, number)
        assert state.ready, "a version is invoked once it is ready"
        try:
            return self._invoker(state.configuration, event)
        except RuntimeError as error:
            raise SmokeTestError(f"release {number} of {function} failed: {error}") from error

    def point(self, function: str, number: int, weights: Mapping[str, float] = NO_WEIGHTS) -> Alias:
        found = self._function(function)
        for version in (str(number), *weights):
            if int(version) not in found.versions:
                raise NotFoundError(f"there is no version {version} of {function}")
        assert all(0 <= share <= 1 for share in weights.values()), f"weights are from 0 to 1: {weights}"
        assert sum(weights.values()) <= 1, f"weights sum to at most 1: {weights}"
        assert str(number) not in weights, "an alias shares its traffic with another version"
        assert len(weights) <= 1, "and with one at most"
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:{function}:live"
        found.alias = Alias(arn, str(number), self._revision(), dict(weights))
        return found.alias

    def _changeable(self, function: str, revision: str) -> FakeFunction:
        found = self._function(function)
        if found.updating:
            raise ConflictError(f"an update of {function} is under way")
        if found.latest["RevisionId"] != revision:
            raise ConflictError(f"{function} is of another revision")
        return found

    def _function(self, function: str) -> FakeFunction:
        if function not in self.functions:
            raise NotFoundError(f"there is no function {function}")
        return self.functions[function]

    def _revision(self) -> str:
        self._count += 1
        return f"revision-{self._count}"


def _layer_arn(layer: str, number: int) -> str:
    return f"arn:aws:lambda:us-east-1:123456789012:layer:{layer}:{number}"
