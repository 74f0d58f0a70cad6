"""What the registry keeps of an evaluation: enough to judge the next one, and to draw a model's history."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from functions.domain.errors import CorruptArtifactError

SCHEMA_VERSION = 1

VerdictName = Literal["KEEP", "RETRAIN", "ROLL_BACK", "NOT_ENOUGH_EVIDENCE"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One window's findings in short. Times are ISO 8601 in UTC; windows are half-open.

    `window` is what drift, quality and operation were judged on; `labelled_window`, of the same length and as recent as
    labels mature, what performance was. `finding` is what this window alone would have said, `verdict` what was decided
    with the ones before. `metrics` are realised ones ({name: {value, low, high}}) overall, `versions` the judged metric
    by model version. `estimated` is for `window`; `estimated_labelled` for `labelled_window`, where it can be held
    against `metrics`. `drifted` are names of columns, the costliest first; `report` is report.json's key.
    """

    model: str
    window: tuple[str, str]
    labelled_window: tuple[str, str]
    evaluated_at: str
    live_version: str | None
    verdict: VerdictName
    finding: VerdictName
    reasons: tuple[str, ...]
    rules: tuple[str, ...]  # that fired in this window
    rows: int
    labelled_rows: int
    metrics: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    versions: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    estimated: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    estimated_labelled: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    drifted: tuple[str, ...] = ()
    report: str | None = None

    def to_document(self) -> dict[str, Any]:
        return {"v": SCHEMA_VERSION, **asdict(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Evaluation":
        """Read a registry document.

        Raises:
            CorruptArtifactError: of a schema version or a verdict that this code does not know.
        """
        if document.get("v") != SCHEMA_VERSION or document.get("verdict") not in get_args(VerdictName):
            raise CorruptArtifactError(
                f"an evaluation of schema version {document.get('v')!r} with verdict {document.get('verdict')!r}; "
                f"this code reads {SCHEMA_VERSION}"
            )
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in document.items() if k != "v"}
        return cls(**fields)
