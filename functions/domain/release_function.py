"""A Lambda function as releases see it: what a published version freezes, and when it is ready."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from functions.domain.canonical_json import canonical_json, digest_of

LIVE = "live"
NO_WEIGHTS: Mapping[str, float] = MappingProxyType({})  # one version gets all of the traffic
VERSION_VARIABLE, CONTRACT_VARIABLE = "MODEL_VERSION", "CONTRACT_SHA256"

_FROZEN = (
    "CodeSha256",
    "Runtime",
    "Handler",
    "MemorySize",
    "Timeout",
    "Architectures",
    "EphemeralStorage",
    "TracingConfig",
    "LoggingConfig",
    "KMSKeyArn",
    "Role",
)


@dataclass(frozen=True, slots=True)
class FunctionState:
    """The configuration of `$LATEST` or of a published version, as Lambda's GetFunctionConfiguration answers it."""

    configuration: Mapping[str, Any]

    @property
    def revision(self) -> str:
        return str(self.configuration["RevisionId"])

    @property
    def code_sha256(self) -> str:
        return str(self.configuration["CodeSha256"])

    @property
    def number(self) -> int:
        """The version's number; `$LATEST` has none and raises ValueError."""
        return int(self.configuration["Version"])

    @property
    def environment(self) -> dict[str, str]:
        return dict(self.configuration.get("Environment", {}).get("Variables", {}))

    @property
    def layers(self) -> list[str]:
        """ARNs of the layer versions, in order."""
        return [layer["Arn"] for layer in self.configuration.get("Layers") or []]

    @property
    def failure(self) -> str | None:
        """Why it will never be ready, or None."""
        for state, reason in (("State", "StateReason"), ("LastUpdateStatus", "LastUpdateStatusReason")):
            if self.configuration.get(state) == "Failed":
                return str(self.configuration.get(reason, "Lambda gives no reason"))
        return None

    @property
    def ready(self) -> bool:
        """Whether its last update is in effect, it can be invoked, and its snapshot (SnapStart) is taken."""
        settled = self.configuration.get("LastUpdateStatus", "Successful") == "Successful"
        usable = self.configuration.get("State") in ("Active", "Inactive")
        snap_start = self.configuration.get("SnapStart", {})
        published = self.configuration.get("Version") != "$LATEST"
        waits = published and snap_start.get("ApplyOn", "None") != "None"
        return settled and usable and (not waits or snap_start.get("OptimizationStatus") == "On")


@dataclass(frozen=True, slots=True)
class Alias:
    """What `live` points to. `weights` are shares of the traffic that go to other versions."""

    arn: str
    version: str
    revision: str
    weights: Mapping[str, float]


class Releases(Protocol):
    """Lambda, as far as releases need it: `adapters/lambda_releases.py` says what each call does and raises."""

    def latest(self, function: str) -> FunctionState: ...
    def version(self, function: str, number: int) -> FunctionState: ...
    def versions(self, function: str) -> Iterator[FunctionState]: ...
    def find_layer(self, layer: str, contract_digest: str, content_sha256: str) -> str | None: ...
    def publish_layer(self, layer: str, contract_digest: str, bucket: str, key: str, content_sha256: str) -> str: ...
    def configure(
        self, function: str, revision: str, layers: Sequence[str], environment: Mapping[str, str]
    ) -> None: ...
    def publish(self, function: str, revision: str, code_sha256: str, description: str) -> int: ...
    def alias(self, function: str) -> Alias | None: ...
    def create_alias(self, function: str, number: int) -> Alias: ...
    def move_alias(
        self, function: str, number: int, revision: str, reason: str, weights: Mapping[str, float] = NO_WEIGHTS
    ) -> None: ...
    def delete_version(self, function: str, number: int) -> None: ...
    def layer_versions(self, layer: str) -> list[str]: ...
    def delete_layer(self, arn: str) -> None: ...
    def invoke(self, function: str, number: int, event: bytes) -> bytes: ...


def code_digest(state: FunctionState, model_layer: str) -> str:
    """SHA-256 of what a published version freezes, without what names the model version.

    The model's own layer (any version of `model_layer`) and the two variables that roll_out sets are left out, so that
    two releases of one state of the code have one digest, whatever model they serve.
    """
    configuration = state.configuration
    frozen = {key: configuration[key] for key in _FROZEN if configuration.get(key)}
    variables = {k: v for k, v in state.environment.items() if k not in (VERSION_VARIABLE, CONTRACT_VARIABLE)}
    network = configuration.get("VpcConfig") or {}
    document = {
        "v": 1,
        **frozen,
        "Environment": variables,
        "SnapStart": configuration.get("SnapStart", {}).get("ApplyOn", "None"),
        "VpcConfig": {key: sorted(network.get(key) or []) for key in ("SubnetIds", "SecurityGroupIds")},
        "Layers": other_layers(state.layers, model_layer),
    }
    return digest_of(canonical_json(document))


def other_layers(layers: Sequence[str], model_layer: str) -> list[str]:
    """The ARNs that are no version of the model's own layer."""
    return [arn for arn in layers if arn.split(":")[6] != model_layer]


def is_bootstrap(state: FunctionState) -> bool:
    """Whether a version serves no model: it answers "no release"."""
    return CONTRACT_VARIABLE not in state.environment
