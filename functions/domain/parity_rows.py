"""What is special about a row on which a conversion is tried; `retrain` makes these rows, `gate` compares on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from functions.domain.dataset import Column, Dataset

HOLDOUT = "hold-out"
SPLIT = "at a split value of"
ALL_SPLITS = "each number at one of its split values"
CATEGORY = "listed category of"
UNKNOWN = "unknown category of"
MISSING = "null in"
MOST_HOLDOUT_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class ParityRows:
    """Columns as in a Dataset, and what is special about each row: those of the hold-out come first."""

    columns: Mapping[str, Column]
    kinds: tuple[str, ...]

    @classmethod
    def of(cls, holdout: Dataset, edges: Dataset, edge_kinds: Sequence[str]) -> "ParityRows":
        """The hold-out's rows, and rows at its edges."""
        base = compared(holdout)
        columns = {name: np.concatenate([base.columns[name], edges.columns[name]]) for name in base.columns}
        return cls(columns, (*[HOLDOUT] * len(base), *edge_kinds))


def compared(holdout: Dataset) -> Dataset:
    """The rows of a hold-out on which parity is seen: all, or an even choice of a very large one."""
    return holdout.take(slice(None, None, max(1, -(-len(holdout) // MOST_HOLDOUT_ROWS))))


def counted(kinds: Sequence[str]) -> list[tuple[str, int]]:
    """Kinds as runs: each with how many rows of it follow one another."""
    return [(kind, len(list(run))) for kind, run in groupby(kinds)]


def spelt_out(runs: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """The other way round."""
    return tuple(kind for kind, count in runs for _ in range(count))
