"""A training in two halves: neither needs the other's libraries, and what travels between them is checked."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.answers import Answers
from functions.domain.candidate import (
    ANSWERS,
    DESCRIPTION,
    FILES,
    Candidate,
    Description,
    OriginalAnswers,
    candidate_digest,
)
from functions.domain.contract import Feature, Guard
from functions.domain.dataset import Dataset
from functions.domain.errors import CorruptArtifactError
from functions.domain.likely_cause import Hints
from functions.domain.parity import Yardstick
from functions.domain.parity_rows import SPLIT, UNKNOWN

ROOT = Path(__file__).parents[2]
FIT_NEEDS_NOT = {"onnxruntime", "duckdb"}
JUDGE_NEEDS_NOT = {"sklearn", "skl2onnx", "onnx", "scipy", "pydantic", "duckdb"}


def loaded_by(module: str) -> set[str]:
    """Top-level modules that importing a module brings into a fresh interpreter."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_the_half_that_fits_needs_no_onnxruntime() -> None:
    loaded = loaded_by("functions.retrain.fitting")
    assert {"sklearn", "skl2onnx"} <= loaded
    assert not loaded & FIT_NEEDS_NOT


def test_the_half_that_judges_needs_no_scikit_learn_and_no_converter() -> None:
    loaded = loaded_by("functions.adapters.candidate_judge")
    assert "onnxruntime" in loaded
    assert not loaded & JUDGE_NEEDS_NOT


DESCRIBED = Description(
    model="small",
    task="binary",
    features=(Feature("x", "float32", min=0), Feature("town", "string", categories=("Oslo",), nullable=True)),
    positive=True,
    classes=(False, True),
    guard=Guard(out_of_range="flag"),
    max_body=1_024,
    confidence=0.95,
)


def candidate(labels: list[bool | int | str] | None) -> Candidate:
    edges = {"x": np.array([1.0, np.nan]), "town": np.array(["Oslo", ""], dtype=object)}
    rows = Dataset(DESCRIBED.features, edges, np.array([None, None], dtype=object), None)
    answers = Answers(np.array([[0.25, 0.75]] * 3), None if labels is None else np.array(labels, dtype=object))
    hints = Hints(trees=True, rescaling=("PCA",), computed=False, by_estimator=True)
    original = OriginalAnswers(rows, (f"{SPLIT} x", f"{UNKNOWN} town"), answers, Yardstick(1e-5, False, 1.0), hints)
    return Candidate(b"onnx", DESCRIBED, {"v": 2, "model": "small"}, original)


@pytest.mark.parametrize("labels", [[True, False, True], ["a", "b", "a"], [3, 1, 3], None])
def test_a_candidate_comes_back_as_it_left(labels: list[bool | int | str] | None) -> None:
    sent = candidate(labels)
    files = sent.to_files()
    found = Candidate.from_files(files)
    assert set(files) == set(FILES)
    assert found.to_files() == files
    assert (found.description, found.lineage, found.onnx) == (sent.description, sent.lineage, sent.onnx)
    assert found.original is not None
    assert sent.original is not None
    assert (found.original.kinds, found.original.hints) == (sent.original.kinds, sent.original.hints)
    given_labels = found.original.answers.labels
    assert (None if given_labels is None else given_labels.tolist()) == labels
    assert candidate_digest(files) == candidate_digest(dict(reversed(files.items())))


def test_a_candidate_without_an_original_has_nothing_to_compare() -> None:
    files = Candidate(b"onnx", DESCRIBED, {}, None).to_files()
    assert ANSWERS not in files
    assert Candidate.from_files(files).original is None


@given(st.sampled_from(FILES), st.binary(max_size=40) | st.sampled_from([b"{}", b"[]", b'{"v":1}', b"null"]))
def test_what_is_no_candidate_is_an_error(name: str, body: bytes) -> None:
    if name in ("model.onnx", "lineage.json"):  # any bytes are a model here, any document a lineage
        return
    with pytest.raises(CorruptArtifactError, match=r"train again|no file of arrays"):
        Candidate.from_files({**candidate([True, False, True]).to_files(), name: body})


@pytest.mark.parametrize("missing", FILES)
def test_a_candidate_that_lacks_a_file_is_an_error(missing: str) -> None:
    files = {name: body for name, body in candidate([1, 2, 1]).to_files().items() if name != missing}
    with pytest.raises(CorruptArtifactError, match="not all of one"):
        Candidate.from_files(files)


def test_a_later_candidate_is_an_error() -> None:
    files = candidate(None).to_files()
    later = json.loads(files[DESCRIPTION]) | {"v": 2}
    with pytest.raises(CorruptArtifactError, match="another schema version"):
        Candidate.from_files({**files, DESCRIPTION: json.dumps(later).encode()})
