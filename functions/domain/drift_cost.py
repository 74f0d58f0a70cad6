"""What a column's drift is estimated to cost in performance."""

import numpy as np

from functions.domain.drift_cells import Cells


def estimated_cost(cells: Cells, loss: float | None) -> float | None:
    """The change of the mean loss that the change of this column's shares alone would bring, in units of the loss.

    The sum over cells of (window share - reference share) x the mean hold-out loss of the cell; positive is worse. It
    supposes that the loss within a cell stays what it was, and looks at one column at a time: columns that drift
    together are each charged with the whole. Cells whose loss is not known (new categories, values that the hold-out
    lacked) are taken at the overall `loss`. None where no cell's loss is known, or the window has no rows.
    """
    known = ~np.isnan(cells.losses)
    if loss is None or not known.any() or not cells.window.sum() or not cells.reference.sum():
        return None
    losses = np.where(known, cells.losses, loss)
    return float((cells.window_shares - cells.reference_shares) @ losses)
