"""How long two models take for a row and for a batch, side by side in this process."""

from collections.abc import Callable, Mapping
from functools import partial
from statistics import median
from time import perf_counter

import numpy as np

from functions.domain.dataset import Column
from functions.gate.scoring import ScoringModel

BATCH = 100
REPEATS = {"one row": 201, f"a batch of {BATCH} rows": 31}

Times = Mapping[str, float]


def latencies(champion: ScoringModel, challenger: ScoringModel, columns: Mapping[str, Column]) -> tuple[Times, Times]:
    """Medians in microseconds by what was asked; both models take turns, so that a busy machine troubles them alike."""
    rows = len(next(iter(columns.values())))
    spread = np.linspace(0, rows - 1, BATCH).astype(np.int64)
    batch = {name: column[spread] for name, column in columns.items()}
    asked = {"one row": {name: column[:1] for name, column in batch.items()}, f"a batch of {BATCH} rows": batch}
    found: tuple[dict[str, float], dict[str, float]] = ({}, {})
    for name, features in asked.items():
        runs = [_runner(model, features) for model in (champion, challenger)]
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(REPEATS[name]):
            for run, kept in zip(runs, times, strict=True):
                start = perf_counter()
                run()
                kept.append(perf_counter() - start)
        for of, kept in zip(found, times, strict=True):
            of[name] = round(median(kept) * 1e6, 1)
    return found


def _runner(model: ScoringModel, features: Mapping[str, Column]) -> Callable[[], object]:
    model.run(features)  # the first one allocates
    return partial(model.run, features)
