"""What a model answered to many rows, whichever library ran it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Answers:
    """Scores [rows, classes] (None where there are none) and labels [rows] (None where only scores are compared).

    A regression's scores are its values, [rows, 1].
    """

    scores: NDArray[np.float64] | None
    labels: NDArray[Any] | None
