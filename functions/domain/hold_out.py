"""Which rows of a retraining are held out: its newest, as many as judge it well and as few as it can spare."""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

FEW_ENOUGH = 2_000  # rows that may always be held out, however long they took to come


def hold_out_from(time: NDArray[np.datetime64], share: float, window: timedelta, least: int) -> np.datetime64:
    """The moment from which on rows are held out; `time` [rows] is that of the log's rows, oldest first.

    At most `share` of them, and no more than one window of traffic or FEW_ENOUGH rows, whichever is more: a challenger
    should learn from most of what is new. But `least` rows at least, as long as that leaves half of them to learn from.
    Rows of one moment stay together, so it may be fewer by these; it is never none.

    Raises:
        ValueError: there are no rows.
    """
    rows = len(time)
    if rows == 0:
        raise ValueError("no rows to hold any out of")
    in_window = rows - int(np.searchsorted(time, time[-1] - np.timedelta64(window)))
    wanted = max(int(rows * share), min(least, rows // 2))
    size = max(1, min(wanted, max(in_window, FEW_ENOUGH)))
    moment = time[rows - size]
    first = int(np.searchsorted(time, moment))
    if first < rows - size:  # some of that moment would be learnt from
        after = int(np.searchsorted(time, moment, side="right"))
        moment = time[after] if after < rows else moment
    found: np.datetime64 = moment
    return found
