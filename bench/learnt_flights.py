"""Real flights with what models that were fitted on some of them say of all: for measurements of the correction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.flights.dataset import load
from models.flights.estimator import build

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LearntFlights:
    """All flights of the year that arrived, in the order of time (UTC). `matrix` is as the estimator takes it."""

    matrix: NDArray[np.object_]
    columns: Mapping[str, NDArray[np.generic]]
    late: Rows
    time: NDArray[np.datetime64]

    @property
    def hours(self) -> NDArray[np.int64]:
        return self.time.astype("datetime64[h]").astype(np.int64)

    @property
    def days(self) -> NDArray[np.int64]:
        return self.time.astype("datetime64[D]").astype(np.int64)

    def between(self, start: str, end: str) -> Rows:
        """The flights from one day to before another, both as 2013-03-01."""
        return np.asarray((self.time >= np.datetime64(start)) & (self.time < np.datetime64(end)))

    def with_permuted(self, name: str, chance: np.random.Generator) -> "LearntFlights":
        """The same with one feature's values exchanged between the rows from March on: as served when it breaks."""
        matrix, place = self.matrix.copy(), list(self.columns).index(name)
        later = np.flatnonzero(self.between("2013-03-01", "2014-01-01"))
        matrix[later, place] = matrix[chance.permutation(later), place]
        return replace(self, matrix=matrix)

    def chances(self, rows: NDArray[np.int64], late: Rows, asked: Rows | None = None) -> Floats:
        """What the model's estimator, fitted on `rows` [some] with their labels [some], says of the rows asked for."""
        estimator = build().set_params(trees__random_state=0).fit(self.matrix[rows], late)
        matrix = self.matrix if asked is None else self.matrix[asked]
        return np.asarray(estimator.predict_proba(matrix)[:, 1], np.float64)


def learnt_flights() -> LearntFlights:
    """Read the flights; those that never arrived have no label and are left out."""
    loaded = load()
    there = np.array([late is not None for late in loaded["late"]])
    names = [name for name in loaded if name not in ("late", "time")]
    columns = {name: _column(loaded[name][there]) for name in names}
    matrix = np.empty((int(there.sum()), len(names)), object)
    for place, name in enumerate(names):
        matrix[:, place] = columns[name]
    return LearntFlights(
        matrix, columns, loaded["late"][there].astype(bool), loaded["time"][there].astype("datetime64[m]")
    )


def log_losses(chances: Floats, late: Rows) -> Floats:
    """Each row's log loss [rows]."""
    return -np.log(np.clip(np.where(late, chances, 1 - chances), 1e-15, 1.0))


def _column(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Texts as they are, numbers as floats with NaN where there is none."""
    if values.dtype == object or values.dtype.kind in "US":
        return np.ma.getdata(values)
    return np.ma.filled(np.ma.asarray(values).astype(np.float64), np.nan)
