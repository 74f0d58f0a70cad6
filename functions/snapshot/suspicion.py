"""What speaks against labels beside their flags: rows of the log in the form in which the domain looks for it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.domain.contract import Contract
from functions.domain.label_noise import LabelledRows, Tainted, tainted_labels
from functions.domain.log_table import class_text
from functions.domain.model_config import ModelConfig
from functions.domain.reference import Calibration
from functions.snapshot.labelled_rows import LabelledLog

SCORE = "score"
LEAST_CHANCE = 1e-4  # no label is impossible

ByVersion = Mapping[str, Mapping[str, Calibration] | None]  # version's number: by class, as its reference has them
Floats = NDArray[np.float64]


def suspected(
    found: LabelledLog,
    clean: NDArray[np.int64],
    config: ModelConfig,
    contract: Contract,
    calibrations: ByVersion,
) -> list[Tainted]:
    """Rows that had better not be learnt from: places in `clean`, which are the places of rows nothing speaks against.

    Rows without a score can be judged by nobody's; they are left out.
    """
    scored = np.isfinite(found.scores[clean])
    places = np.flatnonzero(scored if scored.ndim == 1 else scored.all(axis=1))
    if not len(places):
        return []
    rows = _rows(found, clean[places], config, contract, calibrations)
    tainted = tainted_labels(rows, config.train.sender_share, config.train.seed, flips=config.train.flips)
    return [Tainted(places[each.rows], each.reason, each.detail, each.sender) for each in tainted]


def _rows(
    found: LabelledLog, chosen: NDArray[np.int64], config: ModelConfig, contract: Contract, calibrations: ByVersion
) -> LabelledRows:
    names, senders = np.unique(found.senders[chosen].astype(str), return_inverse=True)
    scores, labels = found.scores[chosen], found.rows.labels[chosen]
    columns = {f.name: found.rows.columns[f.name][chosen] for f in config.features if f.size is None}
    rows = LabelledRows(
        names=[str(name) for name in names],
        senders=senders.astype(np.int64),
        digests=found.digests[chosen],
        columns=columns if scores.ndim > 1 else {**columns, SCORE: scores},
        periods=np.asarray(found.rows.time)[chosen].astype("datetime64[D]").astype(np.int64),
    )
    if config.task == "regression":
        return replace(rows, residuals=scores - labels.astype(np.float64))
    chances = _chances(scores, contract)
    places = {value: place for place, value in enumerate(contract.classes or ())}
    return replace(
        rows,
        given=np.array([places[label] for label in labels.tolist()], dtype=np.int64),
        chances=chances,
        calibrated=_calibrated(chances, found.versions[chosen], contract, calibrations),
    )


def _chances(scores: Floats, contract: Contract) -> Floats:
    """[rows, classes], in the order of the contract's classes; of two the log has the positive one's alone."""
    if scores.ndim > 1:
        return scores
    positive = [value == contract.positive for value in contract.classes or ()].index(True)
    both = np.stack([1 - scores, scores], axis=1)
    return both if positive == 1 else both[:, ::-1].copy()


def _calibrated(chances: Floats, versions: NDArray[Any], contract: Contract, calibrations: ByVersion) -> Floats | None:
    """The chances by the calibration of the version that gave them; None where one of the versions has none."""
    better = np.empty_like(chances)
    texts = [class_text(value) for value in contract.classes or ()]
    for version in set(versions.tolist()):
        known, rows = calibrations.get(version), versions == version
        if not known:
            return None
        for place, text in enumerate(texts):
            if text in known:
                better[rows, place] = np.interp(chances[rows, place], known[text].scores, known[text].rates)
        if len(known) == 1:  # of two classes, the positive one's
            [positive] = [texts.index(text) for text in known]
            better[rows, 1 - positive] = 1 - better[rows, positive]
    bounded = np.maximum(better, LEAST_CHANCE)
    return np.asarray(bounded / bounded.sum(axis=1, keepdims=True))
