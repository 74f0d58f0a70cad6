"""The half of a training that judges: from a candidate to an artifact's files, with onnxruntime, without scikit-learn.

It answers with the very library that serves, so what it measures is what clients will get.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from functions.adapters.imported_code import imported_files
from functions.adapters.onnx_model import OnnxModel, describe, onnx_answers, run
from functions.domain.candidate import Candidate, Description
from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.client_tensors import client_tensors, tensor
from functions.domain.contract import Class, Contract
from functions.domain.dataset import Dataset
from functions.domain.errors import ModelFolderError, ParityError
from functions.domain.holdout import Split
from functions.domain.holdout_metrics import beside_truth, measure, values
from functions.domain.parity import Parity, compare
from functions.domain.parity_rows import ParityRows
from functions.domain.reference import Reference
from functions.domain.release_artifact import MANIFEST, REFERENCE, SCHEMA_VERSION, Artifact, listing
from functions.domain.significant import significant
from functions.domain.training_reference import Classes, training_reference
from functions.domain.witness_answers import difference
from functions.domain.witness_rows import made_up_row, witness_rows

ROOT = Path(__file__).parents[2]
JUDGE_HALF = Path(__file__)


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate that answers as its original: the artifact's six files, and what was measured on the hold-out."""

    files: Mapping[str, bytes]
    model: OnnxModel
    metrics: Mapping[str, float | None]
    parity: Parity | None

    @property
    def digest(self) -> str:
        """The artifact's: that of its manifest."""
        return digest_of(self.files[MANIFEST])


def judge(
    candidate: Candidate, parts: Split | None, report: Callable[[str], None], imported: Artifact | None = None
) -> Judged:
    """Compare a candidate with its original and measure it; `parts` are the rows that it was fitted and is judged on.

    `imported` is the artifact that a ready-made model came with: without rows, its reference and its witnesses stay.
    The same candidate and rows give the same bytes.

    Raises:
        ModelFolderError: the model does not answer as its task asks for; ParityError: nor as its original does.
    """
    about = candidate.description
    parts = None if parts is None else parts.newest(candidate.lineage["data"]["fit"]["rows"])
    model = describe(candidate.onnx, about.features, about.task, about.classes)
    classes = Classes(model.classes, _positive(about, model))
    metrics: Mapping[str, float | None] = {}
    parity, known = None, _reference_of(about.model, imported)
    if parts is not None:
        report("comparing ONNX with its original" if candidate.original else "measuring on the hold-out")
        parity = _parity(candidate, model, parts.holdout)
        metrics, known = _measured(about, model, classes, parts, report)
    contract = _contract(candidate, model, classes.positive)
    files = {
        "model.onnx": candidate.onnx,
        "contract.json": contract.to_bytes(),
        "lineage.json": canonical_json(_lineage(candidate, metrics, parity)).encode(),
        "reference.json": known.to_bytes(),
        "witness.json": canonical_json(_witness(about, model, parts.holdout if parts else None, imported)).encode(),
    }
    return Judged({**files, MANIFEST: listing(about.model, files)}, model, metrics, parity)


def code_files() -> dict[str, str]:
    """SHA-256 of each of our files that judges."""
    return dict(_our_files())


@cache
def _our_files() -> tuple[tuple[str, str], ...]:
    files = sorted(imported_files(ROOT, JUDGE_HALF))
    return tuple((path.relative_to(ROOT).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files)


def _positive(about: Description, model: OnnxModel) -> Class | None:
    """[label] positive as the model itself writes that class."""
    wanted, classes = about.positive, model.classes
    if wanted is None or classes is None:
        return None
    if len(classes) != 2:
        raise ModelFolderError(f"[model] task is binary, but there are {len(classes)} classes: {list(classes)}")
    if wanted not in classes:
        raise ModelFolderError(f"[label] positive is {wanted!r}, but the classes are {list(classes)}")
    return classes[classes.index(wanted)]


def _parity(candidate: Candidate, model: OnnxModel, holdout: Dataset) -> Parity | None:
    original = candidate.original
    if original is None:
        return None
    rows = ParityRows.of(holdout, original.edges, original.kinds)
    ours = onnx_answers(model, client_tensors(holdout.features, rows.columns))
    return compare(rows, ours, original.answers, original.by, original.hints)


def _measured(
    about: Description, model: OnnxModel, classes: Classes, parts: Split, report: Callable[[str], None]
) -> tuple[Mapping[str, float | None], Reference]:
    """Hold-out metrics, and the reference for later windows."""
    holdout = parts.holdout
    answers = onnx_answers(model, client_tensors(holdout.features, holdout.columns))
    truth = beside_truth(holdout.labels, answers, classes.all, classes.positive)
    if truth.scores is None:
        report("note: the model answers no probabilities: of its performance in service, little can be judged")
    measured = measure(truth, classes.all, classes.positive, about.confidence)
    return values(measured), training_reference(about.model, parts.whole, holdout, classes, truth, measured)


def _contract(candidate: Candidate, model: OnnxModel, positive: Class | None) -> Contract:
    about = candidate.description
    return Contract(
        model=about.model,
        task=about.task,
        onnx_sha256=digest_of(candidate.onnx),
        features=about.features,
        outputs=model.outputs,
        label_output=model.label_output,
        probability_output=model.probability_output,
        classes=model.classes,
        positive=positive,
        guard=about.guard,
        max_body=about.max_body,
    )


def _lineage(candidate: Candidate, metrics: Mapping[str, float | None], parity: Parity | None) -> dict[str, Any]:
    """The fit's lineage, with what was measured, and with the code and the library that measured it."""
    document = dict(candidate.lineage)
    files = {**document["code"]["files"], **code_files()}
    document["code"] = {**document["code"], "files": files, "sha256": code_digest(files)}
    document["packages"] = {**document["packages"], "onnxruntime": onnxruntime.__version__}
    document["metrics"], document["parity"] = metrics, None
    if parity is not None and candidate.original is not None:
        document["parity"] = {
            "rows": parity.rows,
            "edge_rows": parity.edge_rows,
            "largest_difference": significant(parity.largest_difference, 3),
            "tolerance": candidate.original.by.tolerance,
        }
    return document


def code_digest(files: Mapping[str, str]) -> str:
    """One SHA-256 for all code files."""
    return digest_of("".join(f"{name}\0{sha}\n" for name, sha in sorted(files.items())))


def _reference_of(model: str, imported: Artifact | None) -> Reference:
    """What is known of a model that comes without rows: what it was imported with, under its name here."""
    if imported is None or REFERENCE not in imported.files:
        return Reference.unknown(model)
    return replace(Reference.from_bytes(imported.files[REFERENCE]), model=model)


def _witness(
    about: Description, model: OnnxModel, holdout: Dataset | None, imported: Artifact | None
) -> Mapping[str, Any]:
    """Rows with the model's own answers, by which a published release is smoke-tested.

    Raises:
        ParityError: an imported model does not answer as its witnesses say.
    """
    if imported is not None and holdout is None:
        rows = imported.witness["rows"]
    else:
        rows = [made_up_row(about.features)] if holdout is None else witness_rows(holdout)
    tensors = {f.name: tensor(f, [row[f.name] for row in rows]) for f in about.features}
    outputs = {name: np.asarray(found).tolist() for name, found in run(model.session(), tensors).items()}
    if imported is not None and holdout is None and (found := difference(imported.witness["outputs"], outputs)):
        raise ParityError(f"the imported model does not answer here as it did where it was trained: {found}")
    return {"v": SCHEMA_VERSION, "rows": rows, "outputs": outputs}
