"""How far a model's scores can be taken for frequencies: what estimates of performance without labels stand on."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from functions.domain.log_table import class_text
from functions.domain.reference import Calibration
from functions.domain.reference_digest import DIGITS
from functions.domain.significant import significant
from functions.retrain.onnx_model import Class


def calibrations(
    scores: NDArray[np.float64], truth: NDArray[np.int64], classes: Sequence[Class], positive: Class | None
) -> dict[str, Calibration]:
    """A map from score to observed frequency for each class ([rows, classes]); of a binary model the positive's alone.

    `truth` is the place of each row's class in `classes`. Each is an isotonic regression on the hold-out (Zadrozny and
    Elkan 2002, KDD, p. 694), one class against all others.
    """
    wanted = classes if positive is None else (positive,)
    places = {name: list(classes).index(name) for name in wanted}
    return {class_text(name): _isotonic(scores[:, k], truth == k) for name, k in places.items()}


def _isotonic(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> Calibration:
    fitted = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, truth.astype(np.float64))
    return Calibration(
        tuple(significant(value) or 0.0 for value in fitted.X_thresholds_.tolist()),
        tuple(significant(value, DIGITS) or 0.0 for value in fitted.y_thresholds_.tolist()),
    )
