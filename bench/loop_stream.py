"""A stream of labelled rows for the simulated loop: flights, or a CSV file; and what fits on it would have answered."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from bench.prepare import BUILD, MODEL_FOLDER
from bench.stream_files import LABEL, TIME
from functions.adapters.model_folder import FolderCode, load_settings
from functions.domain.binary_metrics import SMALLEST_PROBABILITY
from functions.domain.dataset import moment
from functions.retrain.dataset import load_dataset

Floats = NDArray[np.float64]
KEPT = BUILD / "bench-loop"
TRAIN_SHARE, LABEL_DELAY = 0.1, timedelta(days=1)  # replay's and `trimtab new`'s own


@dataclass(frozen=True)
class Stream:
    """Labelled rows in the order of `time` (datetime64[us]); the first `first` of them train version 1.

    `inputs` are [rows, columns], strings as codes; `labels` [rows] 0 or 1; `delay` is how late labels come. `build`
    gives an unfitted estimator. Losses of fits are kept in `kept`, since each grid of settings needs the same ones.
    """

    name: str
    inputs: NDArray[np.float32]
    labels: NDArray[np.int64]
    time: NDArray[Any]
    first: int
    delay: timedelta
    build: Callable[[], Any]
    kept: Path

    @cached_property
    def seconds(self) -> NDArray[np.int64]:
        """`time` in whole seconds since 1970."""
        found: NDArray[np.int64] = self.time.astype("datetime64[s]").astype(np.int64)
        return found

    @cached_property
    def _content(self) -> bytes:
        return hashlib.sha256(self.inputs.tobytes() + self.labels.tobytes()).digest()

    def until(self, when: datetime) -> int:
        """How many rows had happened before that moment."""
        return int(np.searchsorted(self.time, moment(when)))

    def losses(self, rows: NDArray[np.int64]) -> Floats:
        """The log loss of every row of the stream [rows], by an estimator fitted on some of them."""
        digest = hashlib.sha256(self.name.encode() + rows.tobytes() + self._content).hexdigest()[:24]
        file = self.kept / f"{digest}.npy"
        if not file.is_file():
            with threadpool_limits(limits=1):
                fitted = self.build().fit(self.inputs[rows], self.labels[rows])
            positive = fitted.predict_proba(self.inputs)[:, 1]
            given = np.where(self.labels == 1, positive, 1 - positive)
            self.kept.mkdir(parents=True, exist_ok=True)
            np.save(file, -np.log(np.maximum(given, SMALLEST_PROBABILITY)))
        found: Floats = np.load(file)
        return found


def file_stream(name: str, path: Path, seed: int) -> Stream:
    """A CSV file of bench/river_streams.py, with the estimator that `trimtab new` writes."""
    with duckdb.connect() as con:
        read = f"select * from read_csv($path, types = {{'{LABEL}': 'VARCHAR'}}) order by {TIME}"
        columns = con.execute(read, {"path": str(path)}).fetchnumpy()
    labels = (columns.pop(LABEL) == "yes").astype(np.int64)
    time = columns.pop(TIME).astype("datetime64[us]")
    if not 0 < labels.mean() < 1:
        raise ValueError(f"{path.name} has one class")
    return Stream(
        name=f"{name}-{seed}",
        inputs=np.column_stack([_codes(column) for column in columns.values()]).astype(np.float32),
        labels=labels,
        time=time,
        first=int(len(labels) * TRAIN_SHARE),
        delay=LABEL_DELAY,
        build=lambda: HistGradientBoostingClassifier(learning_rate=0.05, random_state=0),
        kept=KEPT,
    )


def flights() -> Stream:
    """The flights with an arrival, from January on; January and February train, as model.toml has it."""
    settings, code = load_settings(MODEL_FOLDER), FolderCode(MODEL_FOLDER)
    rows = load_dataset(code, settings).labelled()
    if rows.time is None or settings.train.end is None:
        raise ValueError("flights have a time, and an end of their training set")
    return Stream(
        name="flights",
        inputs=np.column_stack([_codes(column) for column in rows.columns.values()]).astype(np.float32),
        labels=rows.labels.astype(np.int64),
        time=rows.time,
        first=int(np.searchsorted(rows.time, moment(settings.train.end))),
        delay=timedelta(hours=6),
        build=lambda: code.call("estimator:build")[-1].set_params(random_state=0),  # strings are codes already
        kept=KEPT,
    )


def _codes(column: NDArray[Any]) -> Floats:
    """Numbers as they are, texts as the numbers of their sorted values."""
    if column.dtype.kind in "OU":
        return np.unique(column.astype(str), return_inverse=True)[1].astype(np.float64)
    return np.ma.filled(column.astype(np.float64), np.nan)
