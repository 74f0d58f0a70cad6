"""A canary's evidence: both releases' models on every row that either has answered, paired; nothing is remembered."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.adapters.log_rows import open_log, read_log
from functions.adapters.table_rows import connect, sql_time, within
from functions.domain.confidence_sequence import Interval, clustered_confidence_sequence
from functions.domain.dataset import Dataset
from functions.domain.model_config import ModelConfig
from functions.domain.paired_scores import row_losses
from functions.domain.prediction_shift import prediction_psi
from functions.domain.significant import significant
from functions.domain.windows import Window, iso
from functions.gate.comparison import Pair
from functions.gate.request import CanaryRequest
from functions.gate.scoring import ScoringModel, all_classes
from functions.gate.shadow import DUCKDB_SHARE, THREADS
from functions.gate.tools import Tools

SCHEMA_VERSION = 1
DIGITS = 9
_SQUARED = ("rmse", "r2")  # metrics of a regression that are about squared errors

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shared:
    """The traffic that two releases share; `release` [rows] is who answered, `labelled` [rows] whose label has come."""

    rows: Dataset
    release: NDArray[np.int64]
    labelled: NDArray[np.bool_]


def canary(request: CanaryRequest, tools: Tools) -> dict[str, Any]:
    """What is known at `request.at` of two releases since they share the traffic; negative differences are better.

    Raises:
        NotFoundError: the model, or one of the releases, is not there.
        CorruptArtifactError: a version's file is not what was registered.
        UnavailableError: AWS did not answer.
    """
    config = tools.monitoring.config(request.model)
    shared = _shared(request, config, tools)
    champion, challenger = (
        tools.versions.of_release(request.model, number) for number in (request.champion, request.challenger)
    )
    pair = Pair.of(shared.rows.take(shared.labelled), champion, challenger)
    first, second = losses(pair, config.evaluate.judged_metric)
    found = difference(second - first, _hours(pair.rows), 1 - config.rollout.confidence)
    by = {"champion": request.champion, "challenger": request.challenger}
    return {
        "v": SCHEMA_VERSION,
        "as_of": iso(request.at),
        "rows": {name: int((shared.release == number).sum()) for name, number in by.items()},
        "labelled": len(pair),
        "labelled_challenger": int((shared.release[shared.labelled] == request.challenger).sum()),
        "loss": {"champion": _mean(first), "challenger": _mean(second)},
        "difference": {
            "mean": significant(found.mean, DIGITS),
            "low": significant(found.low, DIGITS),
            "high": significant(found.high, DIGITS),
        },
        "prediction_psi": _psi(shared, champion, challenger),
    }


def losses(pair: Pair, metric: str) -> tuple[Floats, Floats]:
    """Each row's loss of both [rows]: log loss, or a wrong class where one of them gives no probabilities.

    A regression's is its absolute error, or its square where that is what the model is judged by.
    """
    both = pair.champion, pair.challenger
    if pair.task != "regression" and any(answers.probabilities is None for answers in both):
        first, second = ((pair.truth != answers.predicted).astype(np.float64) for answers in both)
        return first, second
    first, second = (row_losses(pair.task, pair.truth, answers) for answers in both)
    return (first**2, second**2) if metric in _SQUARED else (first, second)


def difference(apart: Floats, hours: NDArray[np.int64], alpha: float) -> Interval:
    """The mean of a difference by row, and where it lies, however often one looks; rows of an hour may be dependent."""
    places = np.unique(hours, return_inverse=True)[1]
    totals = np.bincount(places, weights=apart)
    return clustered_confidence_sequence(np.bincount(places), totals, float(np.sum(apart**2)), alpha)


def _shared(request: CanaryRequest, config: ModelConfig, tools: Tools) -> Shared:
    """Rows of both releases since they share the traffic, with the labels that were known at the time of asking."""
    window = Window(request.since, request.at)
    truth = "target" if config.task == "regression" else "label"
    beside = {
        "time": "time",
        "release": "release",
        "truth": truth,
        "labelled": f"{truth} is not null and not coalesce(label_conflict, false)"
        f" and coalesce(labelled_at, time) <= {sql_time(request.at)}",
    }
    files = tools.files.of(config.model, (window,))
    with connect(THREADS, tools.memory_mb // DUCKDB_SHARE, tools.scratch / "spill") as con:
        open_log(con, files, config.features)
        of_both = f"release in ({request.champion}, {request.challenger})"
        read = read_log(con, config.features, f"source = 'api' and {of_both} and {within(window)}", beside)
    found = {name: np.ma.getdata(values)[read.complete] for name, values in read.beside.items()}
    features = {name: column[read.complete] for name, column in read.features.items()}
    rows = Dataset(config.features, features, found["truth"], found["time"].astype("datetime64[us]"))
    return Shared(rows, found["release"].astype(np.int64), found["labelled"].astype(bool))


def _psi(shared: Shared, champion: ScoringModel, challenger: ScoringModel) -> float | None:
    """How differently both answer all rows, labelled or not."""
    classes = all_classes((champion, challenger))
    first, second = (model.answers(shared.rows.columns, classes) for model in (champion, challenger))
    return prediction_psi(challenger.contract.task, first, second)


def _hours(rows: Dataset) -> NDArray[np.int64]:
    return np.asarray(rows.time).astype("datetime64[h]").astype(np.int64)


def _mean(values: Floats) -> float | None:
    return significant(float(np.mean(values)), DIGITS) if len(values) else None
