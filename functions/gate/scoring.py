"""A registered version, or a challenger, that scores rows as `predict` would."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.adapters.onnx_model import open_session
from functions.domain.canonical_json import digest_of
from functions.domain.client_tensors import client_tensors
from functions.domain.contract import Class, Contract
from functions.domain.dataset import Column
from functions.domain.errors import CorruptArtifactError
from functions.domain.log_table import class_text
from functions.domain.paired_scores import Answers

CHUNK = 20_000  # rows that are scored at once: memory does not grow with the rows
UNKNOWN = -1  # the place of a class that no model knows


@dataclass(frozen=True, slots=True)
class ScoringModel:
    """One version's session; `size` is that of its model.onnx in bytes."""

    contract: Contract
    size: int
    session: Any

    @classmethod
    def open(cls, contract: Contract, onnx: bytes) -> "ScoringModel":
        """Open a model.

        Raises:
            CorruptArtifactError: its digest is not the one that its contract names.
            ModelFolderError: onnxruntime refuses it.
        """
        if digest_of(onnx) != contract.onnx_sha256:
            raise CorruptArtifactError(f"model.onnx of {contract.model} is not the one that its contract names")
        return cls(contract, len(onnx), open_session(onnx))

    def run(self, columns: Mapping[str, Column]) -> dict[str, NDArray[Any]]:
        """Each output's array by name, for rows of features."""
        names = [output.name for output in self.contract.outputs]
        feeds = client_tensors(self.contract.features, columns)
        return dict(zip(names, self.session.run(names, feeds), strict=True))

    def answers(self, columns: Mapping[str, Column], classes: Sequence[Class]) -> Answers:
        """What it says of rows; of several classes, in the order of `classes`, which has all of its own."""
        rows = len(next(iter(columns.values())))
        if not rows:  # not every graph takes none
            return self._no_answers(classes)
        parts = [
            self._answers({name: column[at : at + CHUNK] for name, column in columns.items()}, classes)
            for at in range(0, rows, CHUNK)
        ]
        chances = [part.probabilities for part in parts if part.probabilities is not None]
        predicted = np.concatenate([part.predicted for part in parts])
        return Answers(predicted, np.concatenate(chances) if chances else None)

    def _answers(self, columns: Mapping[str, Column], classes: Sequence[Class]) -> Answers:
        contract, outputs = self.contract, self.run(columns)
        labels = outputs[contract.label_output].reshape(-1)
        chances = None
        if contract.probability_output is not None:
            chances = outputs[contract.probability_output].astype(np.float64)
        own = contract.classes or ()
        if contract.task == "regression":
            return Answers(labels.astype(np.float64))
        if contract.task == "binary":
            called = np.array([label == contract.positive for label in labels.tolist()], dtype=bool)
            positive = [value == contract.positive for value in own].index(True)
            return Answers(called, None if chances is None else chances[:, positive])
        places = {value: place for place, value in enumerate(classes)}  # True and 1 are one key: graphs answer numbers
        predicted = np.array([places[label] for label in labels.tolist()], dtype=np.int64)
        if chances is None:
            return Answers(predicted)
        spread = np.zeros((len(labels), len(classes)))
        spread[:, [places[value] for value in own]] = chances
        return Answers(predicted, spread)

    def _no_answers(self, classes: Sequence[Class]) -> Answers:
        contract = self.contract
        if contract.task == "regression":
            return Answers(np.zeros(0))
        binary = contract.task == "binary"
        predicted = np.zeros(0, dtype=bool if binary else np.int64)
        chances = np.zeros(0) if binary else np.zeros((0, len(classes)))
        return Answers(predicted, None if contract.probability_output is None else chances)


def all_classes(models: Sequence[ScoringModel]) -> tuple[Class, ...]:
    """The classes of several versions: the first's in their order, then what the others have beside them."""
    found: dict[Class, None] = {}
    for model in models:
        found |= dict.fromkeys(value for value in model.contract.classes or () if value not in found)
    return tuple(found)


def truth_of(labels: Column, contract: Contract, classes: Sequence[Class]) -> NDArray[Any]:
    """Labels, as values or as the log's texts, in the form of `Answers.predicted`; UNKNOWN for none of `classes`."""
    if contract.task == "regression":
        return labels.astype(np.float64)
    texts = [class_text(label) for label in labels.tolist()]
    if contract.task == "binary":
        wanted = class_text(contract.positive)
        return np.array([text == wanted for text in texts], dtype=bool)
    places = {class_text(value): place for place, value in enumerate(classes)}
    return np.array([places.get(text, UNKNOWN) for text in texts], dtype=np.int64)
