"""What a tensor is, for annotations."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # numpy.typing takes time to import, and says nothing at run time
    from numpy.typing import NDArray

type Tensor = NDArray[Any]
