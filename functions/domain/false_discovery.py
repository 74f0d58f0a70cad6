"""Many tests at once: the false discovery rate (Benjamini & Hochberg 1995, JRSS B 57, 289-300)."""

from collections.abc import Sequence

import numpy as np


def q_values(p_values: Sequence[float]) -> list[float]:
    """For each p-value the smallest false discovery rate at which it is a discovery among all of them.

    Where nothing at all is true, the chance of any discovery at rate q is at most q.
    """
    count = len(p_values)
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * count / np.arange(1, count + 1)
    q = np.empty(count)
    q[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return [float(value) for value in np.minimum(q, 1.0)]
