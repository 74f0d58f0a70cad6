"""[evaluate] of model.toml: how often a model is judged, on what, and by which thresholds."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictStr, field_validator, model_validator

from functions.domain.contract import Task
from functions.domain.durations import PATTERN, duration
from functions.domain.metric_names import METRICS, TASK_METRICS
from functions.domain.model_config import EvaluationConfig

# What divides a day or is a number of days: evaluations then happen at the same hours each day.
Schedule = Literal["1h", "2h", "3h", "4h", "6h", "8h", "12h", "1d", "7d"]
Span = Annotated[str, Field(pattern=PATTERN)]
Names = Annotated[tuple[StrictStr, ...], Field(strict=False)]


class EvaluateSettings(BaseModel):
    """[evaluate]; docs/model-toml.md explains each key."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    schedule: Schedule = "1d"
    window: Span = "7d"
    metrics: Names = ()
    slices: Names = ()
    min_rows: int = Field(default=200, ge=30)
    min_labels: int = Field(default=200, ge=30)
    min_coverage: float = Field(default=0.5, ge=0, le=1)
    confidence: float = Field(default=0.95, ge=0.8, le=0.9999)
    tolerance: float = Field(default=0.05, ge=0, le=1)
    drift_psi: float = Field(default=0.05, gt=0, le=10)
    drift_fdr: float = Field(default=0.005, gt=0, le=0.2)
    drift_cost: float = Field(default=0.05, ge=0, le=10)
    consecutive: int = Field(default=2, ge=1, le=30)
    cool_down: Span = "3d"

    @field_validator("metrics", "slices", mode="before")
    @classmethod
    def _a_list(cls, value: object) -> object:
        if not isinstance(value, list | tuple):
            raise ValueError("must be a list of names")
        twice = next((name for name in value if value.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice!r} is listed twice: remove one")
        return value

    @model_validator(mode="after")
    def _window_of_whole_hours(self) -> Self:
        seconds = duration(self.window).total_seconds()
        if seconds % 3600 or not 3600 <= seconds <= 366 * 86_400:
            raise ValueError("window is a whole number of hours or days, 1h to 366d: the log lies by the hour")
        return self

    def fault(self, task: Task) -> str | None:
        """What does not go with the model's task, in words; None where all does."""
        odd = next((name for name in self.metrics if name not in TASK_METRICS[task]), None)
        if odd is not None:
            return f"[evaluate] metrics: {task} models have {', '.join(TASK_METRICS[task])}; {odd!r} is none of them"
        if self.metrics and METRICS[self.metrics[0]].better == "zero":
            return (
                f"[evaluate] metrics: the first one is judged, and {self.metrics[0]} has no better side: list another"
            )
        return None

    def compiled(self, task: Task) -> EvaluationConfig:
        """The settings as the functions take them: all metrics of the task, the judged one first."""
        metrics = self.metrics or TASK_METRICS[task]
        return EvaluationConfig(
            schedule_s=_seconds(self.schedule),
            window_s=_seconds(self.window),
            metrics=metrics,
            slices=self.slices,
            min_rows=self.min_rows,
            min_labels=self.min_labels,
            min_coverage=self.min_coverage,
            confidence=self.confidence,
            tolerance=self.tolerance,
            drift_psi=self.drift_psi,
            drift_fdr=self.drift_fdr,
            drift_cost=self.drift_cost,
            consecutive=self.consecutive,
            cool_down_s=_seconds(self.cool_down),
        )


def _seconds(span: str) -> int:
    return round(duration(span).total_seconds())
