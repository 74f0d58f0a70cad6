"""A release: one model version with one state of the code, published as one immutable Lambda version.

Its number is the Lambda version's own. The pair (model version, code digest) has one release at most.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from functions.domain.errors import ConflictError, CorruptArtifactError
from functions.domain.model_version import known_fields

SCHEMA_VERSION = 2  # 1 knew no bar and was never pruned

ReleaseState = Literal["published", "tested", "failed"]

# A failed smoke test may be asked again: what failed need not have been the release.
_NEXT: Mapping[ReleaseState, tuple[ReleaseState, ...]] = {
    "published": ("tested", "failed"),
    "tested": ("tested", "failed"),
    "failed": ("tested", "failed"),
}


@dataclass(frozen=True, slots=True)
class Release:
    """`layer` is the ARN of the layer version that holds the model; `live_at` the last time it went live.

    `barred` is why it may not go live until a person lifts it; `pruned_at` is when its Lambda version was given up.
    """

    model: str
    number: int
    model_version: int
    code_digest: str
    layer: str
    published_at: str
    state: ReleaseState = "published"
    reason: str | None = None
    live_at: str | None = None
    barred: str | None = None
    pruned_at: str | None = None

    @property
    def good(self) -> bool:
        """Whether live may go back to it: it passed its smoke test, was live, is not barred and was not pruned."""
        return self.state == "tested" and self.live_at is not None and self.barred is None and self.pruned_at is None

    def moved_to(self, state: ReleaseState, reason: str | None = None) -> "Release":
        """The same release after a smoke test.

        Raises:
            ConflictError: that state cannot follow the present one.
        """
        if state not in _NEXT[self.state]:
            raise ConflictError(f"{self.model} release {self.number} is {self.state}: it cannot become {state}")
        return replace(self, state=state, reason=reason)

    def gone_live(self, time: str) -> "Release":
        """The same release, live since `time`.

        Raises:
            ConflictError: it has not passed its smoke test.
        """
        if self.state != "tested":
            raise ConflictError(f"{self.model} release {self.number} is {self.state}, not tested: it cannot go live")
        return replace(self, live_at=time)

    def to_document(self) -> dict[str, Any]:
        return {"v": SCHEMA_VERSION, **asdict(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Release":
        """Read a registry document.

        Raises:
            CorruptArtifactError: of a schema version or a state that this code does not know.
        """
        fields = known_fields(document, "release", (1, SCHEMA_VERSION))
        if fields["state"] not in get_args(ReleaseState):
            raise CorruptArtifactError(f"a release in the unknown state {fields['state']!r}")
        return cls(**fields)
