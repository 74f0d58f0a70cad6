"""What of model.toml says how a model is corrected: retrained, judged against its challenger, rolled out."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Judge = Literal["errors", "latency", "predictions", "labels"]
TrainSchedule = Literal["off", "weekly", "monthly"]
MovedByHand = Literal["put_right", "adopt"]


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """[train] and [quarantine] as `snapshot` and the state machine need them. Spans are in seconds.

    `window_s` is how far back the log is learnt from, None for all of it; with `auto_window` the newest rows alone are
    tried as well. `keep_first_s` is for how long after its own
    newest row the first training set is learnt from as well: None for always, 0 for never.
    """

    window_s: int | None = None
    auto_window: bool = False
    keep_first_s: int | None = None
    min_labels: int = 1_000
    schedule: TrainSchedule = "off"
    engine: Literal["lambda", "spark"] = "lambda"
    memory_mb: int = 3_008
    holdout: float = 0.2
    seed: int = 0
    sender_share: float = 1.0
    flips: bool = True

    @property
    def window(self) -> timedelta | None:
        return None if self.window_s is None else timedelta(seconds=self.window_s)


@dataclass(frozen=True, slots=True)
class GateConfig:
    """[gate]: what a challenger must show. Gains and floors are relative to the champion's metric.

    `golden` says whether the model has a golden set.
    """

    metric: str | None = None
    min_gain: float = 0.0
    confidence: float = 0.9
    slice_floor: float = 0.1
    calibration_floor: float = 0.02
    golden: bool = False
    golden_floor: float = 0.05
    latency_ratio: float = 2.0
    size_ratio: float = 4.0
    min_rows: int = 300
    parity_tolerance: float = 1e-5


@dataclass(frozen=True, slots=True)
class RolloutConfig:
    """[rollout]: how a release takes over. `steps` are its shares of the traffic on the way; spans in seconds."""

    steps: tuple[float, ...] = ()
    min_samples: int = 200
    bake_s: int = 3_600
    judges: tuple[Judge, ...] = ("errors", "latency", "predictions", "labels")
    confidence: float = 0.95
    watch_s: int = 86_400
    moved_by_hand: MovedByHand = "put_right"
    keep: int = 5
    prediction_psi: float = 0.25

    @property
    def bake(self) -> timedelta:
        return timedelta(seconds=self.bake_s)

    @property
    def watch(self) -> timedelta:
        return timedelta(seconds=self.watch_s)
