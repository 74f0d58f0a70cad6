"""Send a file's rows to a model's endpoint, in requests that it takes."""

import re
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import Any

from rich.progress import track

from functions.adapters.model_folder import load_settings
from functions.domain.errors import InvalidRequestError, NotFoundError
from trimtab.console import notes
from trimtab.endpoint import find_endpoint
from trimtab.project import Project
from trimtab.rows import read_rows
from trimtab.scores import scores
from trimtab.stage import Stage

BATCH_ROWS = 200


@dataclass(frozen=True, slots=True)
class FileAnswers:
    """Answers in the file's order; `scores` is empty where the file has no truth."""

    predictions: list[dict[str, Any]]
    scores: dict[str, float]
    left_out: list[str]


def predict_file(project: Project, stage: Stage, model: str, file: Path, label: str | None) -> FileAnswers:
    """Answers for all rows of a file.

    Raises:
        InvalidRequestError: the file, or a row of it, is not what the model takes, and nothing after that was sent; or
            the model is hosted elsewhere.
    """
    try:
        settings = load_settings(project.model_folder(model))
    except NotFoundError:  # a model of somebody else's project: its endpoint still says what it takes
        settings = None
    if settings is not None and settings.train.external:
        raise InvalidRequestError(
            f"{model} is hosted elsewhere ([train] external), so nothing here predicts: send what it answered as "
            "observations, see docs/external-models.md"
        )
    endpoint = find_endpoint(stage, model)
    label = label or (settings.label.name if settings else None)
    most_rows = min(BATCH_ROWS, settings.guard.max_rows) if settings else BATCH_ROWS
    rows = read_rows(file, endpoint.get(f"/v2/models/{model}")["inputs"], label)
    predictions: list[dict[str, Any]] = []
    batches = list(batched(rows.features, most_rows, strict=False))
    for batch in track(batches, "asking", console=notes, transient=True, disable=not notes.is_terminal):
        try:
            predictions += endpoint.predict(batch)["predictions"]
        except InvalidRequestError as error:
            raise InvalidRequestError(f"{file}: {_in_file(str(error), len(predictions))}") from None
    found: dict[str, float] = {}
    truth = rows.truth or [None] * len(predictions)
    known = [(actual, answer) for actual, answer in zip(truth, predictions, strict=True) if actual is not None]
    if known and settings:
        actual, answers = zip(*known, strict=True)
        found = scores(settings.model.task, settings.label.positive, actual, answers)
    return FileAnswers(predictions, found, rows.left_out)


def _in_file(error: str, rows_before: int) -> str:
    """The endpoint's words, with rows numbered as in the file: from 1, the header not counted."""
    return re.sub(r"\brow (\d+)", lambda found: f"row {rows_before + int(found[1]) + 1} of the file", error)
