"""[quarantine], [gate], [approval] and [rollout] of model.toml.

What is learnt from, what must be shown, who must agree, and how it takes over.
"""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from functions.adapters.evaluate_settings import Span
from functions.domain.approval import ApprovalConfig, Mode
from functions.domain.correction_config import GateConfig, Judge, MovedByHand, RolloutConfig
from functions.domain.durations import PATTERN, duration

REFERENCE = r"^[A-Za-z_][A-Za-z0-9_]*:[A-Za-z_][A-Za-z0-9_]*$"  # module:function


class CorrectionSection(BaseModel):
    """A table of model.toml: immutable, no unknown keys, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class QuarantineSettings(CorrectionSection):
    """[quarantine]; docs/model-toml.md explains each key."""

    sender_share: float = Field(default=1.0, gt=0, le=1)
    flips: bool = True


class GateSettings(CorrectionSection):
    """[gate]; docs/model-toml.md explains each key."""

    metric: str | None = None
    min_gain: float = Field(default=0.0, ge=0, le=1)
    confidence: float = Field(default=0.9, ge=0.5, le=0.9999)
    slice_floor: float = Field(default=0.1, ge=0, le=10)
    calibration_floor: float = Field(default=0.02, ge=0, le=1)
    golden: str | None = Field(default=None, pattern=REFERENCE)
    golden_floor: float = Field(default=0.05, ge=0, le=10)
    latency_ratio: float = Field(default=2.0, ge=1, le=1_000)
    size_ratio: float = Field(default=4.0, ge=1, le=1_000)
    min_rows: int = Field(default=300, ge=50)
    parity_tolerance: float = Field(default=1e-5, gt=0, le=0.1)

    def compiled(self) -> GateConfig:
        """The settings as the functions take them."""
        return GateConfig(**self.model_dump(exclude={"golden"}), golden=self.golden is not None)


class ApprovalSettings(CorrectionSection):
    """[approval]; docs/model-toml.md explains each key."""

    mode: Mode = "auto"
    expires: Span = "30d"

    @field_validator("expires")
    @classmethod
    def _a_while(cls, value: str) -> str:
        if value == "0s":
            raise ValueError("nobody could approve anything: write a span such as 30d")
        return value

    def compiled(self) -> ApprovalConfig:
        """The settings as the functions take them."""
        return ApprovalConfig(self.mode, _seconds(self.expires))


class RolloutSettings(CorrectionSection):
    """[rollout]; docs/model-toml.md explains each key."""

    steps: Annotated[tuple[float, ...], Field(strict=False, max_length=10)] = ()
    min_samples: int = Field(default=200, ge=1)
    bake: Span = "1h"
    on: Annotated[tuple[Judge, ...], Field(strict=False)] = ("errors", "latency", "predictions", "labels")
    confidence: float = Field(default=0.95, ge=0.8, le=0.9999)
    watch: Span = "1d"
    moved_by_hand: MovedByHand = "put_right"
    keep: int = Field(default=5, ge=1, le=50)
    prediction_psi: float = Field(default=0.25, gt=0, le=10)

    @field_validator("steps", "on", mode="before")
    @classmethod
    def _a_list(cls, value: object) -> object:
        if not isinstance(value, list | tuple):
            raise ValueError("must be a list")
        return value

    @field_validator("steps")
    @classmethod
    def _rising_shares(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 < share < 1 for share in value) or list(value) != sorted(set(value)):
            raise ValueError("steps are rising shares of the traffic between 0 and 1: [0.1, 0.5]")
        return value

    def compiled(self) -> RolloutConfig:
        """The settings as the functions take them."""
        values = self.model_dump(exclude={"on", "bake", "watch"})
        return RolloutConfig(**values, judges=self.on, bake_s=_seconds(self.bake), watch_s=_seconds(self.watch))


def _keep_first(value: object) -> object:
    if value in ("always", "never") or (isinstance(value, str) and re.fullmatch(PATTERN, value)):
        return value
    raise ValueError(f'{value!r} should be "always", "never" or a span of time such as "90d"')


def _train_window(value: object) -> object:
    if value is None or value == "auto" or (isinstance(value, str) and re.fullmatch(PATTERN, value)):
        return value
    raise ValueError(f'{value!r} should be "auto" or a span of time such as "180d"')


KeepFirst = Annotated[str, BeforeValidator(_keep_first)]
TrainWindow = Annotated[str, BeforeValidator(_train_window)]
Package = Literal["zip", "image"]
Engine = Literal["lambda", "spark"]


def keep_first_seconds(value: str) -> int | None:
    """For how long the first training set is learnt from: None for always."""
    return None if value == "always" else 0 if value == "never" else _seconds(value)


def _seconds(span: str) -> int:
    return round(duration(span).total_seconds())
