"""Numbers cut to the digits that mean something: the last ones of a sum depend on the order of its terms."""

import math


def significant(value: float | None, digits: int = 12) -> float | None:
    """A float to so many significant digits; None for None and for what is no finite number (JSON has none)."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")
