"""Which releases answer a model's clients, and in which shares."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Traffic:
    """`canary` answers `weight` of the requests, `release` the others; without a release, bootstrap answers all.

    Raises:
        ValueError: a weight outside 0 to 1, or one without a canary, or a canary beside no release or beside itself.
    """

    release: int | None = None
    canary: int | None = None
    weight: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.weight < 1 or (self.canary is None) != (self.weight == 0):
            raise ValueError(f"a canary {self.canary} with {self.weight} of the traffic")
        if self.canary is not None and self.release in (None, self.canary):
            raise ValueError(f"canary {self.canary} beside release {self.release}")

    @property
    def weights(self) -> dict[str, float]:
        """As the alias has them: shares by Lambda version."""
        return {} if self.canary is None else {str(self.canary): self.weight}

    def is_that_of(self, version: str, weights: Mapping[str, float]) -> bool:
        """Whether an alias that points to `version` and has `weights` sends the traffic so."""
        return version == str(self.release) and dict(weights) == self.weights

    def __str__(self) -> str:
        if self.release is None:
            return "no release"
        if self.canary is None:
            return f"release {self.release}"
        return f"release {self.release}, and {self.weight:.0%} to release {self.canary}"
