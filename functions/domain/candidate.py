"""A candidate: what a fit hands to whoever judges it, as files. Neither side needs the other's libraries.

The fit knows the original model and what it answers; the judge runs the ONNX model and sees whether it is the same.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from functions.domain.answers import Answers
from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.contract import Class, Feature, Guard, Task
from functions.domain.dataset import Dataset
from functions.domain.errors import CorruptArtifactError
from functions.domain.likely_cause import Hints
from functions.domain.packed_arrays import pack, unpack
from functions.domain.parity import Yardstick
from functions.domain.parity_rows import counted, spelt_out
from functions.domain.training_file import from_bytes, to_bytes

SCHEMA_VERSION = 1
MODEL, DESCRIPTION, LINEAGE, EDGES, ANSWERS = (
    "model.onnx", "candidate.json", "lineage.json", "edges.npz", "answers.npz",
)  # fmt: skip
FILES = (MODEL, DESCRIPTION, LINEAGE, EDGES, ANSWERS)


@dataclass(frozen=True, slots=True)
class Description:
    """What the judge must know of the model's folder. `classes` are those that the fit or the graph names, if any."""

    model: str
    task: Task
    features: tuple[Feature, ...]
    positive: Class | None
    classes: tuple[Class, ...] | None
    guard: Guard
    max_body: int
    confidence: float  # of the intervals of hold-out metrics


@dataclass(frozen=True, slots=True)
class OriginalAnswers:
    """What the fitted model itself answered: to the hold-out's rows, then to `edges`, of which each has a kind."""

    edges: Dataset
    kinds: tuple[str, ...]
    answers: Answers
    by: Yardstick
    hints: Hints


@dataclass(frozen=True, slots=True)
class Candidate:
    """`original` is None where there is none to compare with. `lineage` lacks what only the judge can say."""

    onnx: bytes
    description: Description
    lineage: Mapping[str, Any]
    original: OriginalAnswers | None

    def to_files(self) -> dict[str, bytes]:
        """The same candidate gives the same bytes."""
        original = self.original
        document: dict[str, Any] = {"v": SCHEMA_VERSION, **asdict(self.description), "original": None}
        files = {MODEL: self.onnx, LINEAGE: canonical_json(self.lineage).encode()}
        if original is not None:
            document["original"] = {
                "kinds": counted(original.kinds),
                "by": asdict(original.by),
                "hints": asdict(original.hints),
            }
            files[EDGES] = to_bytes(original.edges)
            files[ANSWERS] = _packed(original.answers)
        return {**files, DESCRIPTION: canonical_json(document).encode()}

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "Candidate":
        """Read a candidate.

        Raises:
            CorruptArtifactError: a file is missing, malformed, or of a schema version that this code does not know.
        """
        try:
            document = json.loads(files[DESCRIPTION])
            if document.pop("v") != SCHEMA_VERSION:
                raise ValueError(f"it is of another schema version; this code reads {SCHEMA_VERSION}")
            about = document.pop("original")
            description = _description(document)
            original = None if about is None else _original(about, description, files)
            return cls(files[MODEL], description, json.loads(files[LINEAGE]), original)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
            raise CorruptArtifactError(f"this is no candidate, or not all of one: {error!r}: train again") from error


def candidate_digest(files: Mapping[str, bytes]) -> str:
    """One SHA-256 for all files of a candidate."""
    return digest_of("".join(f"{name}\0{sha256(files[name]).hexdigest()}\n" for name in sorted(files)))


def candidate_prefix(model: str, digest: str) -> str:
    """Where in the artifact bucket a candidate's files lie."""
    return f"candidates/model={model}/{digest}/"


def _description(document: dict[str, Any]) -> Description:
    classes = document["classes"]
    read = {
        "features": tuple(Feature.from_document(feature) for feature in document["features"]),
        "classes": None if classes is None else tuple(classes),
        "guard": Guard(**document["guard"]),
    }
    return Description(**{**document, **read})


def _original(about: Mapping[str, Any], description: Description, files: Mapping[str, bytes]) -> OriginalAnswers:
    kinds = spelt_out([(str(kind), int(count)) for kind, count in about["kinds"]])
    hints = Hints(**{**about["hints"], "rescaling": tuple(about["hints"]["rescaling"])})
    edges = from_bytes(files[EDGES], description.features)
    if len(kinds) != len(edges):
        raise ValueError(f"{len(edges):,} edge rows have {len(kinds):,} kinds")
    return OriginalAnswers(edges, kinds, _unpacked(files[ANSWERS]), Yardstick(**about["by"]), hints)


def _packed(answers: Answers) -> bytes:
    """Labels as places in the list of those that there are."""
    arrays, about = {}, dict[str, Any]()
    if answers.scores is not None:
        arrays["scores"] = answers.scores
    if answers.labels is not None:
        values = answers.labels.tolist()
        places = {value: place for place, value in enumerate(dict.fromkeys(values))}
        arrays["labels"] = np.array([places[value] for value in values], dtype=np.int32)
        about["labels"] = list(places)
    return pack(about, arrays)


def _unpacked(data: bytes) -> Answers:
    about, arrays = unpack(data)
    labels = None
    if "labels" in arrays:
        known = np.empty(len(about["labels"]), dtype=object)
        known[:] = about["labels"]
        labels = known[arrays["labels"]]
    scores = arrays.get("scores")
    return Answers(None if scores is None else scores.astype(np.float64), labels)
