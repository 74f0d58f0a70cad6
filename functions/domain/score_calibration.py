"""How far a model's scores can be taken for frequencies: what estimates of performance without labels stand on."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from functions.domain.contract import Class
from functions.domain.isotonic import isotonic
from functions.domain.log_table import class_text
from functions.domain.reference import Calibration


def calibrations(
    scores: NDArray[np.float64], truth: NDArray[np.int64], classes: Sequence[Class], positive: Class | None
) -> dict[str, Calibration]:
    """A map from score to observed frequency for each class ([rows, classes]); of a binary model the positive's alone.

    `truth` is the place of each row's class in `classes`. Each is an isotonic regression on the hold-out, one class
    against all others.
    """
    wanted = classes if positive is None else (positive,)
    places = {name: list(classes).index(name) for name in wanted}
    return {class_text(name): isotonic(scores[:, k], truth == k) for name, k in places.items()}
