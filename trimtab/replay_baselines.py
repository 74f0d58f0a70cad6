"""What a replay's rows would have been answered without the loop: by the first model for ever, or by the calendar.

Both are fitted and scored offline, by the code and the library of training and serving. The calendar's refits learn
from every labelled row whose label was known by then, with no hold-out and no gate, as a cron job would do it: each
answers from its day on until the next one. They are compared on exactly the rows that the loop answered.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.adapters.model_folder import FolderCode
from functions.adapters.model_settings import ModelSettings
from functions.adapters.onnx_model import OnnxModel, describe, onnx_answers
from functions.domain.answers import Answers as ModelAnswers
from functions.domain.client_tensors import client_tensors
from functions.domain.contract import Contract
from functions.domain.correction_config import TrainConfig
from functions.domain.dataset import Dataset, joined, known_labels
from functions.domain.errors import ModelFolderError
from functions.domain.paired_scores import Answers
from trimtab.judged_rows import JudgedRows, as_answers
from trimtab.replay_comparison import Comparison


@dataclass(frozen=True, slots=True)
class Past:
    """What there was to learn from: `first` are the rows before the replay, `replayed` those of it.

    `asked_ms` and `known_ms` [replayed rows] are when each was asked and its label known. `answered` [replayed rows]
    says which got an answer: of the others, nothing is in the log.
    """

    first: Dataset
    replayed: Dataset
    asked_ms: NDArray[np.int64]
    known_ms: NDArray[np.int64]
    answered: NDArray[np.bool_]

    def known_by(self, now_ms: int, train: TrainConfig) -> Dataset:
        """The labelled rows whose label was known by then, within what [train] window and keep_first ask for."""
        usable = known_labels(self.replayed.labels) & self.answered & (self.known_ms <= now_ms)
        if train.window is not None:
            usable &= self.asked_ms >= now_ms - _milliseconds(train.window)
        log = self.replayed.take(usable)
        return joined([self.first.labelled(), log]) if self._keeps_first(now_ms, train) else log

    def _keeps_first(self, now_ms: int, train: TrainConfig) -> bool:
        if train.keep_first_s is None or self.first.time is None:
            return train.keep_first_s != 0
        newest_ms = int(self.first.time[-1].astype("datetime64[ms]").astype(np.int64))
        return train.keep_first_s > 0 and now_ms <= newest_ms + train.keep_first_s * 1_000


@dataclass(frozen=True, slots=True)
class Calendar:
    """The answers of refits on the calendar to the judged rows; `refits_ms` is when each took over."""

    answers: Answers
    refits_ms: tuple[int, ...]


def compare(
    folder: Path,
    settings: ModelSettings,
    artifact: Path,
    past: Past,
    rows: JudgedRows,
    period: timedelta | None,
    report: Callable[[str], None],
) -> Comparison | None:
    """All lines on the judged rows; None where there is no such row. Without a period there is no calendar's line.

    A ready-made model cannot be refitted: it has no calendar's line either.
    """
    if len(rows) == 0:
        return None
    first = first_model(artifact)
    lines = {"frozen": frozen(settings, first, past, rows)}
    refits: int | None = None
    if period is not None and settings.train.onnx is None:
        refitted = calendar(folder, settings, first, past, rows, period, report)
        lines["calendar"], refits = refitted.answers, len(refitted.refits_ms)
    return Comparison(settings.config, rows, {**lines, "loop": rows.loop}, refits)


def first_model(artifact: Path) -> OnnxModel:
    """The model of a trained artifact on this disk."""
    contract = Contract.from_document(json.loads((artifact / "contract.json").read_bytes()))
    data = (artifact / "model.onnx").read_bytes()
    return OnnxModel(data, contract.outputs, contract.label_output, contract.probability_output, contract.classes)


def frozen(settings: ModelSettings, first: OnnxModel, past: Past, rows: JudgedRows) -> Answers:
    """The first model's answers to all judged rows."""
    given = _asked(first, past.replayed.take(rows.place))
    return as_answers(settings.config, first.classes, given, rows)


def calendar(
    folder: Path,
    settings: ModelSettings,
    first: OnnxModel,
    past: Past,
    rows: JudgedRows,
    period: timedelta,
    report: Callable[[str], None],
) -> Calendar:
    """Refit every `period` from the replay's first row on; until the first refit the first model answers.

    A refit that fails (one class only, say) is told to `report`, and the model before it goes on. There is one row at
    least.
    """
    parts: list[Answers] = []
    refits: list[int] = []
    model, begun = first, int(past.asked_ms[0])
    for from_ms, part in _periods(rows, begun, _milliseconds(period)):
        if from_ms > begun:
            fitted = _fitted(folder, settings, past.known_by(from_ms, settings.config.train), report)
            if fitted is not None:
                model, refits = fitted, [*refits, from_ms]
        if part.start == part.stop:
            continue
        given = _asked(model, past.replayed.take(rows.place[part]))
        parts.append(as_answers(settings.config, model.classes, given, rows))
    return Calendar(_joined(parts), tuple(refits))


def _periods(rows: JudgedRows, begun: int, period_ms: int) -> Iterator[tuple[int, slice]]:
    """When each period begins, and its judged rows."""
    last = int(rows.asked_ms[-1]) if len(rows) else begun
    for from_ms in range(begun, last + 1, period_ms):
        first, end = np.searchsorted(rows.asked_ms, [from_ms, from_ms + period_ms])
        yield from_ms, slice(int(first), int(end))


def _fitted(folder: Path, settings: ModelSettings, rows: Dataset, report: Callable[[str], None]) -> OnnxModel | None:
    from functions.retrain.roads import by_estimator, by_export  # scikit-learn takes seconds to import

    road = by_export if settings.train.export is not None else by_estimator
    try:
        trained = road(FolderCode(folder), settings, rows, lambda text: None)
        return describe(trained.data, rows.features, settings.model.task, trained.classes)
    except ModelFolderError as error:
        report(f"a refit on the calendar failed: {str(error).splitlines()[0]}")
        return None


def _asked(model: OnnxModel, rows: Dataset) -> ModelAnswers:
    return onnx_answers(model, client_tensors(rows.features, rows.columns))


def _joined(parts: list[Answers]) -> Answers:
    predicted = np.concatenate([part.predicted for part in parts])
    chances: list[Any] = [part.probabilities for part in parts]
    return Answers(predicted, None if any(part is None for part in chances) else np.concatenate(chances))


def _milliseconds(span: timedelta) -> int:
    return round(span.total_seconds() * 1_000)
