"""Which labelled rows are kept out of training, and why; docs/correction.md has the reasons as a table."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.domain.contract import Contract
from functions.domain.dataset import moment
from functions.domain.model_config import ModelConfig
from functions.domain.quarantine_release import QuarantineRelease
from functions.snapshot.labelled_rows import LabelledLog
from functions.snapshot.suspicion import ByVersion, suspected

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The rows that are kept out, each with one reason: the first that speaks against it. All are [rows] of objects."""

    ids: NDArray[Any]
    times: NDArray[Any]
    senders: NDArray[Any]
    reasons: NDArray[Any]
    details: NDArray[Any]


def quarantined(
    found: LabelledLog,
    config: ModelConfig,
    contract: Contract,
    calibrations: ByVersion,
    released: Iterable[QuarantineRelease],
) -> tuple[Mask, Quarantined]:
    """Which rows are learnt from [rows], and the others with their reasons.

    Of what cannot be learnt from, a person's word changes nothing: rows without a feature or without a known class.
    """
    sheet = _Sheet(found)
    sheet.add("incomplete", ~found.complete, "a feature that may not be null is, or a vector has another length")
    if found.rows.labels.dtype == object:
        unknown = np.array([label is None for label in found.rows.labels], dtype=bool)
        sheet.add("unknown_class", unknown, "the live version does not know the label's class")
    allowed = _released(found, released)
    sheet.spare(allowed)
    sheet.add("flags", found.flags != "", found.flags)
    sheet.add("label_conflict", found.conflict, "two labels claim to be the newest, and differ")
    clean = np.flatnonzero(sheet.kept)
    for tainted in suspected(found, clean, config, contract, calibrations):
        rows = np.zeros(len(found), dtype=bool)
        rows[clean[tainted.rows]] = True
        sheet.add(tainted.reason, rows, tainted.detail)
    return sheet.kept, sheet.quarantined()


class _Sheet:
    """Reasons by row, filled in one after the other."""

    def __init__(self, found: LabelledLog) -> None:
        self._found = found
        self._reasons = np.full(len(found), None, dtype=object)
        self._details = np.full(len(found), "", dtype=object)
        self._spared = np.zeros(len(found), dtype=bool)

    @property
    def kept(self) -> Mask:
        return np.array([reason is None for reason in self._reasons], dtype=bool)

    def spare(self, rows: Mask) -> None:
        """Nothing that is added from now on counts for these rows."""
        self._spared |= rows

    def add(self, reason: str, rows: Mask, detail: Any) -> None:
        """A reason for rows that have none yet; `detail` is a text, or [all rows] of them."""
        new = rows & self.kept & ~self._spared
        self._reasons[new] = reason
        self._details[new] = detail[new] if isinstance(detail, np.ndarray) else detail

    def quarantined(self) -> Quarantined:
        out = ~self.kept
        found = self._found
        times = np.asarray(found.rows.time)[out]
        return Quarantined(found.ids[out], times, found.senders[out], self._reasons[out], self._details[out])


def _released(found: LabelledLog, released: Iterable[QuarantineRelease]) -> Mask:
    """The rows that a person let out of quarantine."""
    allowed = np.zeros(len(found), dtype=bool)
    ids = set[str]()
    for release in released:
        if release.id is not None:
            ids.add(release.id)
            continue
        allowed |= (found.senders == release.sender) & _within(found, *release.period)
    if ids:
        allowed |= np.array([row in ids for row in found.ids], dtype=bool)
    return allowed


def _within(found: LabelledLog, start: datetime | None, end: datetime | None) -> Mask:
    time = np.asarray(found.rows.time)
    inside = np.ones(len(found), dtype=bool)
    if start is not None:
        inside &= time >= moment(start)
    if end is not None:
        inside &= time < moment(end)
    return inside
