"""The contract: all that `predict` needs to know of a model version, compiled at training into one small file.

Its bytes are canonical (sorted keys, no white space), so that its SHA-256 identifies it, and through `onnx_sha256`
the model too.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from functions.domain.errors import CorruptArtifactError

SCHEMA_VERSION = 2
_WITH_REFERENCE = 1  # held digests of the training data too, which reference.json has now

Task = Literal["binary", "multiclass", "regression"]
FeatureType = Literal["float32", "int64", "string", "bool"]
Action = Literal["reject", "flag"]
Class = bool | int | str


@dataclass(frozen=True, slots=True)
class Feature:
    """One named input of the model and, under the same name, one input tensor of the ONNX graph.

    `size` is None for one value a row (tensor [N, 1]), or k for a vector of k values a row (tensor [N, k]).
    `min` and `max` are inclusive. `nullable` is for float32 (null becomes NaN) and string (null becomes "").
    """

    name: str
    type: FeatureType
    size: int | None = None
    min: float | None = None
    max: float | None = None
    categories: tuple[str | int, ...] | None = None
    nullable: bool = False

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Feature":
        """Read a feature as `asdict` wrote it, from JSON."""
        categories = document["categories"]
        return cls(**{**document, "categories": None if categories is None else tuple(categories)})


@dataclass(frozen=True, slots=True)
class Output:
    """One output tensor of the ONNX graph; `shape` without the row dimension, e.g. (2,) for two probabilities."""

    name: str
    datatype: str  # the Open Inference Protocol's word: FP32, INT64, BYTES, BOOL
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Guard:
    """What to do about a row that is well-formed but unlike the training data, and how many rows a request may have."""

    out_of_range: Action = "reject"
    unknown_category: Action = "reject"
    max_rows: int = 1_000


@dataclass(frozen=True, slots=True)
class Contract:
    """Inputs, outputs and limits of one model version.

    `label_output` names the output that holds the predicted class or value, `probability_output` the one that holds
    the classes' probabilities ([N, number of classes], in the order of `classes`). `positive` is the class whose
    probability a binary model answers.
    """

    model: str
    task: Task
    onnx_sha256: str
    features: tuple[Feature, ...]
    outputs: tuple[Output, ...]
    label_output: str
    probability_output: str | None = None
    classes: tuple[str | int | bool, ...] | None = None
    positive: str | int | bool | None = None
    guard: Guard = field(default_factory=Guard)
    max_body: int = 1_048_576

    def to_bytes(self) -> bytes:
        """Canonical JSON, UTF-8."""
        document = {"v": SCHEMA_VERSION, **asdict(self)}
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Contract":
        """Read a parsed contract.

        Raises:
            CorruptArtifactError: it is of a schema version that this code does not know.
        """
        if document.get("v") not in (SCHEMA_VERSION, _WITH_REFERENCE):
            raise CorruptArtifactError(
                f"contract of schema version {document.get('v')!r}; this code reads {SCHEMA_VERSION}: "
                "train the model again with this version of Trimtab"
            )
        fields = {key: value for key, value in document.items() if key not in ("v", "reference")}
        fields["features"] = tuple(Feature.from_document(feature) for feature in fields["features"])
        fields["outputs"] = tuple(Output(**{**o, "shape": tuple(o["shape"])}) for o in fields["outputs"])
        fields["classes"] = None if fields["classes"] is None else tuple(fields["classes"])
        fields["guard"] = Guard(**fields["guard"])
        return cls(**fields)
