"""The rows that a comparison is made on: answered by the loop, with a label, each found again in the history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from functions.domain.answers import Answers as ModelAnswers
from functions.domain.contract import Class
from functions.domain.log_table import class_text
from functions.domain.model_config import ModelConfig
from functions.domain.paired_scores import Answers, paired_score

_ASKED = "id, epoch_ms(time) as asked_ms, label, target, prediction, score"
_ANSWERED = "time is not null and source = 'api' and (label is not null or target is not null)"


@dataclass(frozen=True, slots=True)
class JudgedRows:
    """Rows of the log's table in the order of time.

    `place` [rows] is where each lies in the history, `asked_ms` [rows] when it was asked (milliseconds since 1970).
    `truth` [rows] is as `paired_score` takes it; `classes` are the multiclass model's, as the log writes them, in the
    order of their numbers. `loop` is what the endpoint answered.
    """

    place: NDArray[np.int64]
    asked_ms: NDArray[np.int64]
    truth: NDArray[Any]
    loop: Answers
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.place)


def judged_rows(table: Path, ids: Sequence[str | None], config: ModelConfig) -> JudgedRows:
    """Read them from the log of the whole replay; `ids` are the history's rows', None where one was turned away."""
    probabilities = ", probabilities" if config.task == "multiclass" else ""
    with duckdb.connect(config={"threads": 2}) as con:
        asked = f"select {_ASKED}{probabilities} from read_parquet($file) where {_ANSWERED}"  # noqa: S608 - constants
        found = con.execute(asked, {"file": str(table)}).fetchnumpy()
    places = {one: place for place, one in enumerate(ids) if one is not None}
    place = np.array([places.get(one, -1) for one in found["id"].tolist()], dtype=np.int64)
    order = np.argsort(place, kind="stable")  # the history is in the order of time
    order = order[place[order] >= 0]
    columns = {name: np.ma.getdata(values)[order] for name, values in found.items()}
    truth, loop, classes = _read(columns, config)
    return JudgedRows(place[order], columns["asked_ms"].astype(np.int64), truth, loop, classes)


def metric_of(config: ModelConfig, rows: JudgedRows, answers: Answers, part: slice | NDArray[Any]) -> float | None:
    """The judged metric of some rows' answers; None where it is not defined on them."""
    truth, given = rows.truth[part], _taken(answers, part)
    if len(truth) == 0:
        return None
    value = paired_score(config.task, config.evaluate.judged_metric, truth, given, given)(np.ones(len(truth)))[0]
    return float(value) if np.isfinite(value) else None


def as_answers(config: ModelConfig, labels: Sequence[Class] | None, given: ModelAnswers, rows: JudgedRows) -> Answers:
    """A model's answers as `JudgedRows` has the loop's; `labels` are its classes, in the order of its scores' columns.

    A class that it does not know has the probability 0.
    """
    scores = given.scores
    if labels is None:
        return Answers(np.zeros(0) if scores is None else scores.reshape(-1))
    texts = [class_text(label) for label in labels]
    said = np.array([] if given.labels is None else [class_text(label) for label in given.labels.reshape(-1).tolist()])
    if config.task == "binary":
        positive = class_text(config.positive)
        return Answers(said == positive, None if scores is None else scores[:, texts.index(positive)])
    number = {name: index for index, name in enumerate(rows.classes)}
    predicted = np.array([number.get(name, -1) for name in said.tolist()], dtype=np.int64)
    if scores is None:
        return Answers(predicted)
    wide = np.zeros((len(scores), len(rows.classes)))
    for column, name in enumerate(texts):
        if name in number:
            wide[:, number[name]] = scores[:, column]
    return Answers(predicted, wide)


def _read(columns: Mapping[str, NDArray[Any]], config: ModelConfig) -> tuple[NDArray[Any], Answers, tuple[str, ...]]:
    scores = columns["score"].astype(np.float64)
    if config.task == "regression":
        return columns["target"].astype(np.float64), Answers(scores), ()
    if config.task == "binary":
        positive = class_text(config.positive)
        return columns["label"] == positive, Answers(columns["prediction"] == positive, scores), ()
    chances: list[dict[str, Any]] = [row or {} for row in columns["probabilities"].tolist()]
    names = {*columns["label"].tolist(), *columns["prediction"].tolist(), *(name for row in chances for name in row)}
    classes = tuple(sorted(names))
    number = {name: index for index, name in enumerate(classes)}
    wide = np.array([[float(row.get(name, 0)) for name in classes] for row in chances]).reshape(-1, len(classes))
    predicted = np.array([number[name] for name in columns["prediction"].tolist()], dtype=np.int64)
    truth = np.array([number[name] for name in columns["label"].tolist()], dtype=np.int64)
    return truth, Answers(predicted, wide), classes


def _taken(answers: Answers, part: slice | NDArray[Any]) -> Answers:
    return Answers(answers.predicted[part], None if answers.probabilities is None else answers.probabilities[part])
