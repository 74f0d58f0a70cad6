"""Which rows a model learns from, and which measure it: the newest, or a seeded choice where rows have no time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.domain.correction_config import GateConfig, TrainConfig
from functions.domain.dataset import Column, Dataset, as_datetime, joined
from functions.domain.errors import CorruptArtifactError, ModelFolderError
from functions.domain.snapshot_manifest import SnapshotManifest

NEWEST_ROWS = 400  # a retraining's hold-out has these at least, if they are not more than its share


@dataclass(frozen=True, slots=True)
class Split:
    """The training set, cut in two: `fit` to learn from, `holdout` to be measured on.

    `newest_to_try` says how many of the newest rows of `fit` may do better alone, each less than all.
    """

    fit: Dataset
    holdout: Dataset
    newest_to_try: tuple[int, ...] = ()

    def newest(self, count: int) -> "Split":
        """The same hold-out, with the last `count` rows alone to learn from."""
        if count >= len(self.fit):
            return self
        return Split(self.fit.take(slice(len(self.fit) - count, None)), self.holdout)

    @property
    def whole(self) -> Dataset:
        """Both parts together, in their order."""
        fit, holdout = self.fit, self.holdout
        columns = {name: np.concatenate([fit.columns[name], holdout.columns[name]]) for name in fit.columns}
        time = None if fit.time is None or holdout.time is None else np.concatenate([fit.time, holdout.time])
        return Dataset(fit.features, columns, np.concatenate([fit.labels, holdout.labels]), time)


def newest_share(time: Column, share: float) -> datetime:
    """The moment from which on the newest `share` of the rows are; `time` is sorted datetime64[us] of at least one row.

    Rows of one moment are not parted: the hold-out begins at a moment, and everything from then on is in it.
    """
    return as_datetime(time[_begins(time, int(len(time) * (1 - share)))])


def newest_for_retraining(time: Column, share: float, window: timedelta) -> datetime:
    """The moment at which a retraining's hold-out begins: at most `share` of the rows, and no more than are needed.

    Needed is the larger of the rows of half a `window` and the newest 400. What is held out is the newest there is,
    and a model that is retrained because the world has changed must learn from what is new: with a whole window held
    out, a challenger has often seen nothing of the change yet. `time` is sorted datetime64[us] of at least one row.
    """
    by_window = int(np.searchsorted(time, time[-1] - np.timedelta64(window / 2)))
    enough = min(by_window, max(0, len(time) - NEWEST_ROWS))
    return as_datetime(time[_begins(time, max(int(len(time) * (1 - share)), enough))])


def newest_to_try(config: TrainConfig, gate: GateConfig, of_log: int, fit: int) -> tuple[int, ...]:
    """How many of the newest rows may do better alone than all `fit`, of which `of_log` are the log's.

    What comes between two retrainings that follow each other at once, and a third of that: where something changed in
    between, it is half old.
    """
    if not config.auto_window:
        return ()
    counts = (config.min_labels, config.min_labels // 3)
    return tuple(count for count in counts if gate.min_rows <= count <= of_log and count < fit)


def split_by_time(parts: Sequence[Dataset], hold_out_from: datetime) -> Split:
    """Rows before that moment, and those from it on. Rows of a part without a time are older than any moment."""
    timed = [part for part in parts if part.time is not None]
    older = [part.between(None, hold_out_from) if part.time is not None else part for part in parts]
    return Split(joined(older), joined([part.between(hold_out_from, None) for part in timed]))


def split_by_seed(rows: Dataset, count: int, seed: int) -> Split:
    """`count` rows by chance to be measured on, each class of a classifier in proportion and with one row at least."""
    chosen = np.zeros(len(rows), dtype=bool)
    chance = np.random.default_rng(seed)
    for members, share in _strata(rows.labels, count):
        chosen[chance.permutation(members)[:share]] = True
    return Split(rows.take(~chosen), rows.take(chosen))


def seeded_count(labels: Column, share: float) -> int:
    """How many rows a hold-out of `share` has: one of each class at least, and one of each is left to learn from."""
    classes = 1 if labels.dtype != object else len(set(labels.tolist()))
    return min(max(round(len(labels) * share), classes), len(labels) - classes)


def split_of(manifest: SnapshotManifest, parts: Sequence[Dataset]) -> Split:
    """Cut the rows of a manifest's files, in its order, as it says.

    Raises:
        CorruptArtifactError: that does not give as many rows on either side as it says.
    """
    if manifest.hold_out_from is None:
        split = split_by_seed(joined(parts), manifest.holdout_rows, manifest.seed)
    else:
        split = split_by_time(parts, parsed(manifest.hold_out_from))
    found, said = (len(split.fit), len(split.holdout)), (manifest.fit_rows, manifest.holdout_rows)
    if found != said:
        raise CorruptArtifactError(f"the snapshot says {said} rows to fit and to hold out, and has {found}")
    return replace(split, newest_to_try=manifest.newest_to_try)


def iso(moment: datetime) -> str:
    """A moment as a manifest has it: UTC, microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parsed(text: str) -> datetime:
    """The other way round."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _begins(time: Column, index: int) -> int:
    """The first row of the moment of row `index`; of the second moment where that is the first of all."""
    first = int(np.searchsorted(time, time[min(index, len(time) - 1)]))
    if first > 0:
        return first
    second = int(np.searchsorted(time, time[0], side="right"))
    if second == len(time):
        raise ModelFolderError("all rows have the same `time`, so no newest part can be held out: leave `time` out")
    return second


def _strata(labels: Column, count: int) -> list[tuple[NDArray[np.int64], int]]:
    """The rows of each class, and how many of them to take: `count` in all, by largest remainder, one each at least."""
    if labels.dtype != object:
        return [(np.arange(len(labels)), count)]
    classes, codes = np.unique(labels.astype(str), return_inverse=True)
    sizes: NDArray[Any] = np.bincount(codes)
    exact = sizes * count / len(labels)
    shares = np.clip(np.floor(exact).astype(np.int64), 1, np.maximum(sizes - 1, 1))
    while shares.sum() < count and np.any(shares < sizes - 1):
        shares[np.argmax(np.where(shares < sizes - 1, exact - shares, -np.inf))] += 1
    while shares.sum() > count and np.any(shares > 1):
        shares[np.argmax(np.where(shares > 1, shares - exact, -np.inf))] -= 1
    return [(np.flatnonzero(codes == place), int(shares[place])) for place in range(len(classes))]
