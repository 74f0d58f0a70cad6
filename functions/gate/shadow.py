"""Shadow by replay: the challenger answers the real traffic of the last window, which the champion answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from functions.adapters.log_rows import open_log, read_log
from functions.adapters.table_rows import connect, within
from functions.domain.dataset import Column, Dataset
from functions.domain.model_config import ModelConfig
from functions.domain.paired_scores import Answers
from functions.domain.prediction_shift import prediction_psi
from functions.domain.significant import significant
from functions.domain.windows import Window
from functions.gate.comparison import Pair
from functions.gate.scoring import ScoringModel, all_classes
from functions.gate.tools import Tools

THREADS = 2
MOST_ROWS = 100_000  # the newest of the window
DUCKDB_SHARE = 3  # DuckDB may take a third of the memory
DIGITS = 9


@dataclass(frozen=True, slots=True)
class Traffic:
    """Rows that clients sent in a window, complete ones only; `labelled` are those whose label has come."""

    window: Window
    columns: Mapping[str, Column]
    labelled: Dataset

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


def traffic(config: ModelConfig, at: datetime, tools: Tools) -> Traffic:
    """The last [evaluate] window of what this stage's own versions were asked."""
    window = Window(at - config.evaluate.window, at)
    truth = "target" if config.task == "regression" else "label"
    files = tools.files.of(config.model, (window,))
    with connect(THREADS, tools.memory_mb // DUCKDB_SHARE, tools.scratch / "spill") as con:
        open_log(con, files, config.features)
        where = f"source = 'api' and {within(window)}"
        last = f"select time from log_rows where {where} order by time desc limit {MOST_ROWS}"
        where = f"{where} and time >= (select min(time) from ({last}))"
        read = read_log(con, config.features, where, {"time": "time", "truth": truth})
    columns = {name: column[read.complete] for name, column in read.features.items()}
    labels, time = (read.beside[name][read.complete] for name in ("truth", "time"))
    if config.task == "regression":
        labels = np.ma.filled(np.ma.asarray(labels).astype(np.float64), np.nan)
    rows = Dataset(config.features, columns, labels, time.astype("datetime64[us]"))
    return Traffic(window, columns, rows.labelled())


def shadowed(found: Traffic, champion: ScoringModel, challenger: ScoringModel) -> tuple[dict[str, Any], int]:
    """What both say of real traffic, for the decision's document; and to how many rows the challenger says no number.

    On the labelled rows the challenger's metrics may flatter it: it may have learnt from some of them. They are told,
    not judged by.
    """
    classes = all_classes((champion, challenger))
    first, second = (model.answers(found.columns, classes) for model in (champion, challenger))
    task = challenger.contract.task
    pair = Pair.of(found.labelled, champion, challenger)
    document = {
        "window": found.window.to_document(),
        "rows": len(found),
        "labelled": len(pair),
        "prediction_psi": prediction_psi(task, first, second),
        "mean_prediction": {"champion": _mean(first), "challenger": _mean(second)},
        "metrics": pair.metrics(),
    }
    return document, int((~_numbers(second)).sum())


def _mean(answers: Answers) -> float | None:
    """The mean probability of the positive class, or value; None of several classes, and of nothing."""
    values = answers.predicted if answers.probabilities is None else answers.probabilities
    if values.ndim > 1 or not len(values):
        return None
    return significant(float(np.mean(values.astype(np.float64))), DIGITS)


def _numbers(answers: Answers) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For which rows all that was answered is finite."""
    values = answers.predicted if answers.probabilities is None else answers.probabilities
    finite = np.isfinite(values.astype(np.float64))
    return finite if finite.ndim == 1 else np.asarray(finite.all(axis=1))
