"""A column's reference and window side by side, cell by cell: bins or categories, new ones, and the missing values."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from functions.domain.column_counts import CategoryCounts, NumberCounts, atoms, compared_edges
from functions.domain.reference import CategoryDigest, NumberDigest

MISSING, NEW, OTHER = "(missing)", "(new)", "(other)"


@dataclass(frozen=True, slots=True)
class Cells:
    """Counts by cell, [cells] each. `losses` is the mean hold-out loss by cell, NaN where none is known."""

    labels: tuple[str, ...]
    reference: NDArray[np.float64]
    window: NDArray[np.float64]
    losses: NDArray[np.float64]

    @property
    def reference_shares(self) -> NDArray[np.float64]:
        return _shares(self.reference)

    @property
    def window_shares(self) -> NDArray[np.float64]:
        return _shares(self.window)


def number_cells(digest: NumberDigest, window: NumberCounts) -> Cells:
    """The reference's bins, and missing values where there are any on either side.

    A bin whose smallest value is an atom of the reference (many rows without rain) is two cells: that value, and the
    others. Without that, no rain and hardly any would be the same.
    """
    losses = _numbers(digest.losses) if digest.losses else np.full(len(digest.counts), np.nan)
    cut, special = compared_edges(digest), atoms(digest)
    starts = np.concatenate([[-np.inf], cut])
    counted = window.folded(cut)
    found = []
    for index, label in enumerate(bin_labels(digest.edges)):
        low = digest.edges[index - 1] if index else -np.inf
        high = digest.edges[index] if index < len(digest.edges) else np.inf
        inside = (starts >= low) & (starts < high)
        count, rows, loss = digest.counts[index], counted[inside].sum(), losses[index]
        if index in special:
            tied, value = digest.ties[index], special[index]
            at = float(counted[starts == value].sum())
            found.append((_shown(value, (*digest.edges, value)), tied, at, loss))
            label, count, rows = f"{label}, not {_shown(value, (*digest.edges, value))}", count - tied, rows - at
            loss = loss if count else np.nan
        found.append((label, count, rows, loss))
    kept = [cell for cell in found if cell[1] or cell[2]] or found[:1]
    labels, reference, present, cell_losses = zip(*kept, strict=True)
    cells = Cells(labels, *(np.array(part, dtype=np.float64) for part in (reference, present, cell_losses)))
    return _with_cell(cells, MISSING, digest.missing, window.missing, digest.missing_loss)


def category_cells(digest: CategoryDigest, window: CategoryCounts) -> Cells:
    """The reference's categories, most frequent first, then all others, and missing values where there are any.

    Where the reference counts its rarest values together, others can be rare or new: they are one cell with those.
    Where it knows every value that it had, others are new.
    """
    names = sorted(digest.categories, key=lambda name: (-digest.categories[name], name))
    cells = Cells(
        tuple(names),
        np.array([digest.categories[name] for name in names], np.float64),
        np.array([window.counts.get(name, 0) for name in names], np.float64),
        _numbers([digest.losses.get(name) for name in names]),
    )
    others = window.others + sum(rows for name, rows in window.counts.items() if name not in digest.categories)
    cells = _with_cell(cells, OTHER if digest.other else NEW, digest.other, others, digest.other_loss)
    return _with_cell(cells, MISSING, digest.missing, window.missing, digest.missing_loss)


def new_categories(digest: CategoryDigest, window: CategoryCounts) -> tuple[int, list[tuple[str, int]]]:
    """How many rows have a value that the reference never had, and the most frequent of those values.

    None can be told apart where the reference itself counts rare values together.
    """
    if digest.other:
        return 0, []
    asked = [(name, rows) for name, rows in window.counts.items() if rows and name not in digest.categories]
    ranked = sorted([*asked, *window.listed], key=lambda item: (-item[1], item[0]))
    return window.others + sum(rows for _, rows in asked), ranked


def bin_labels(edges: Sequence[float]) -> tuple[str, ...]:
    """Half-open bins as people read them: `< 1`, `[1, 2)`, `≥ 2`; without edges there is one bin of all values."""
    if not edges:
        return ("all",)
    shown = [_shown(edge, edges) for edge in edges]
    between = [f"[{low}, {high})" for low, high in pairwise(shown)]
    return (f"< {shown[0]}", *between, f"≥ {shown[-1]}")


def _shown(edge: float, edges: Sequence[float]) -> str:
    """With as many digits, from four up, as it takes to tell the edges apart."""
    different = set(edges)
    digits = next((d for d in range(4, 17) if len({f"{e:.{d}g}" for e in different}) == len(different)), 17)
    return f"{edge:.{digits}g}"


def _with_cell(cells: Cells, label: str, reference: int, window: int, loss: float | None) -> Cells:
    if not reference and not window:
        return cells
    return Cells(
        (*cells.labels, label),
        np.append(cells.reference, reference),
        np.append(cells.window, window),
        np.append(cells.losses, np.nan if loss is None else loss),
    )


def _numbers(values: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _shares(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    return counts / counts.sum() if counts.sum() else np.zeros(len(counts))
