"""Labels that had better not be learnt from, each with the reason: what `snapshot` sets aside before training.

In this order, each row with the first reason that is found: exact floods, senders who send other rows than everybody
else, senders whose labels are flipped or far off, likely false labels whoever sent them, and what is above a sender's
share. All but the last look for what is out of line; none can tell when most of the senders lie alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from functions.domain.confident_learning import confident_learning
from functions.domain.label_floods import floods
from functions.domain.residual_noise import residual_noise
from functions.domain.sender_drift import sender_drift
from functions.domain.sender_noise import sender_noise
from functions.domain.sender_share import above_share

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Reason = Literal["duplicate_flood", "sender_drift", "sender_labels", "likely_false", "sender_share"]


@dataclass(frozen=True, slots=True)
class LabelledRows:
    """Labelled rows of the log, in the order of time; every array is of the rows.

    `senders` are places in `names`; `digests` of each row's features and label; `columns` are features, and the score,
    to compare senders by. A classifier has `given`, the label's class, and `chances` [rows, classes]: what the model
    that answered gave each class, before the label was known; `calibrated`: the same by the calibration of its
    training, where there is one. A regression has `residuals`: predicted minus true. `periods` numbers the days.
    """

    names: Sequence[str]
    senders: Ints
    digests: NDArray[np.integer]
    columns: Mapping[str, NDArray[np.generic]]
    given: Ints | None = None
    chances: Floats | None = None
    calibrated: Floats | None = None
    residuals: Floats | None = None
    periods: Ints | None = None

    def __len__(self) -> int:
        return len(self.senders)

    def take(self, rows: Ints) -> "LabelledRows":
        def taken[T: NDArray[np.generic]](values: T | None) -> T | None:
            return None if values is None else values[rows]  # type: ignore[return-value]

        return replace(
            self,
            senders=self.senders[rows],
            digests=self.digests[rows],
            columns={name: values[rows] for name, values in self.columns.items()},
            given=taken(self.given),
            chances=taken(self.chances),
            calibrated=taken(self.calibrated),
            residuals=taken(self.residuals),
            periods=taken(self.periods),
        )


@dataclass(frozen=True, slots=True)
class Tainted:
    """Places of rows [some] to set aside, why, and in a few words for a person; `sender` where it is one's doing."""

    rows: Ints
    reason: Reason
    detail: str
    sender: str | None


def tainted_labels(given: LabelledRows, share: float, seed: int, *, flips: bool = True) -> list[Tainted]:
    """What to set aside. `share` is the most that one sender may make up; `flips` whether false labels are looked for.

    No row is in two findings.
    """
    found: list[Tainted] = []
    left = np.arange(len(given))
    searches = (_floods, _drifted, *((_senders_labels, _likely_false) if flips else ()))
    for search in searches:
        if len(left):
            now = [replace(finding, rows=left[finding.rows]) for finding in search(given.take(left))]
            found += now
            left = np.setdiff1d(left, np.concatenate([f.rows for f in now])) if now else left
    aside = left[above_share(given.senders[left], share, seed)]
    for sender in np.unique(given.senders[aside]).tolist():
        rows = aside[given.senders[aside] == sender]
        has = int((given.senders[left] == sender).sum())
        detail = (
            f"sent {has:,} of {len(left):,} labels; no sender makes up more than {share:.0%} of what is learnt from"
        )
        found.append(Tainted(rows, "sender_share", detail, given.names[sender]))
    return found


def _floods(given: LabelledRows) -> Iterator[Tainted]:
    for flood in floods(given.digests, given.senders):
        detail = f"the same row with the same label {flood.repeats:,} times; {flood.plausible:,} would be plausible"
        yield Tainted(flood.rows, "duplicate_flood", detail, given.names[flood.sender])


def _drifted(given: LabelledRows) -> Iterator[Tainted]:
    for drift in sender_drift(given.columns, given.senders):
        detail = (
            f"{drift.column} is distributed unlike the other senders': index {drift.index:.2f}, "
            f"theirs {max(drift.others, 0.0):.2f}"
        )
        yield Tainted(np.flatnonzero(given.senders == drift.sender), "sender_drift", detail, given.names[drift.sender])


def _senders_labels(given: LabelledRows) -> Iterator[Tainted]:
    if given.residuals is not None:
        for far in residual_noise(given.residuals, given.senders):
            detail = (
                f"{far.rate:.1%} of the sender's {far.labels:,} labels are far off; of the others' {far.others:.1%}"
            )
            yield Tainted(far.rows, "sender_labels", detail, given.names[far.sender])
    if given.chances is None or given.given is None:
        return
    found = sender_noise(given.chances, given.given, given.senders, given.periods)
    for sender in found.senders:
        if sender.out_of_line:
            theirs = given.senders == sender.sender
            rows = np.flatnonzero(theirs if sender.takes_all else theirs & (found.posterior > 0.5))
            detail = (
                f"about {sender.rate:.0%} ({sender.low:.0%} to {sender.high:.0%}) of the sender's {sender.labels:,} "
                f"labels contradict what the others' say of such rows; {found.usual:.0%} is usual"
            )
            yield Tainted(rows, "sender_labels", detail, given.names[sender.sender])


def _likely_false(given: LabelledRows) -> Iterator[Tainted]:
    if given.calibrated is None or given.given is None:
        return
    for cell in confident_learning(given.calibrated, given.given):
        detail = (
            f"labelled class {cell.given} and scored class {cell.likely}: {cell.labels:,} such labels, "
            f"{cell.expected:,.0f} expected"
        )
        yield Tainted(cell.rows, "likely_false", detail, None)
