"""The half of a training that fits: from rows to a candidate, with scikit-learn and the converter, without onnxruntime.

The other half judges the candidate (functions/adapters/candidate_judge.py), in another process, by another library.
"""

from pathlib import Path

from threadpoolctl import threadpool_limits

from functions.adapters.model_folder import FolderCode
from functions.adapters.model_settings import ModelSettings
from functions.domain.candidate import Candidate, Description, OriginalAnswers
from functions.domain.client_tensors import client_tensors
from functions.domain.contract import Guard
from functions.domain.errors import ParityError
from functions.domain.holdout import Split
from functions.domain.likely_cause import ENCODER
from functions.domain.parity import Yardstick, spread
from functions.domain.parity_rows import ParityRows
from functions.retrain.edge_rows import edge_rows
from functions.retrain.hints import hints
from functions.retrain.hold_to_contract import hold_to_contract
from functions.retrain.lineage import lineage
from functions.retrain.newest_rows import better_rows
from functions.retrain.progress import Progress
from functions.retrain.roads import Trained, by_estimator, by_export, ready_made
from functions.retrain.split import check_classes
from functions.retrain.split_values import split_values

REFUSES = "the original refuses rows that the contract lets in, and ONNX answers them"


def fit(
    folder: Path, settings: ModelSettings, parts: Split | None, snapshot: str | None, report: Progress
) -> Candidate:
    """Fit the model of `folder` on rows, and convert it; `parts` is None where a ready-made model comes without data.

    `snapshot` is the digest of the manifest that lists the rows. The same rows, code and versions give the same bytes.

    Raises:
        ModelFolderError: the folder does not hold what it should, or the rows are not what its model.toml lets in.
        ParityError: the original refuses rows that the contract lets in.
    """
    if parts is not None:
        hold_to_contract(parts.whole, settings, report)
        check_classes(parts, settings)
    trained = _trained(folder, settings, parts, report)
    if parts is not None:
        trained, parts = better_rows(
            trained, parts, lambda fewer: _trained(folder, settings, fewer, report), settings, report
        )
    original = None if parts is None else _original_answers(trained, parts, settings)
    return Candidate(
        trained.data, _description(settings, trained), lineage(folder, settings, parts, snapshot), original
    )


def _trained(folder: Path, settings: ModelSettings, parts: Split | None, report: Progress) -> Trained:
    code = FolderCode(folder)
    if parts is None or settings.train.onnx is not None:
        return ready_made(folder, settings, parts.whole if parts else None, report)
    if settings.train.export is not None:
        return by_export(code, settings, parts.fit, report)
    return by_estimator(code, settings, parts.fit, report)


def _description(settings: ModelSettings, trained: Trained) -> Description:
    return Description(
        model=settings.model.name,
        task=settings.model.task,
        features=settings.contract_features,
        positive=settings.label.positive,
        classes=trained.classes,
        guard=Guard(**settings.guard.model_dump()),
        max_body=settings.api.max_body,
        confidence=settings.evaluate.confidence,
    )


def _original_answers(trained: Trained, parts: Split, settings: ModelSettings) -> OriginalAnswers | None:
    """What the original answers to the hold-out and at its edges; None where there is no original."""
    original = trained.original
    if original is None:
        return None
    holdout = parts.holdout
    edges, kinds = edge_rows(holdout, settings, split_values(trained.graph, holdout.features))
    tensors = client_tensors(holdout.features, ParityRows.of(holdout, edges, kinds).columns)
    try:
        with threadpool_limits(limits=1):  # as at fitting
            answers = original.answers(tensors)
    except Exception as error:  # whatever the framework raises
        raise ParityError(f"{REFUSES}: {type(error).__name__}: {error}\n{ENCODER}") from error
    regression = settings.model.task == "regression"
    by = Yardstick(settings.gate.parity_tolerance, regression, spread(parts.fit.labels, regression))
    return OriginalAnswers(edges, kinds, answers, by, hints(trained.graph, original.estimator, holdout.features))
