"""What is around a rollout, as fakes: CloudWatch's counts, the gate's word, the bus; and a model's settings."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from functions.domain.correction_config import RolloutConfig
from functions.domain.error_rates import Requests
from functions.domain.errors import UnavailableError
from functions.domain.model_config import EvaluationConfig, ModelConfig
from functions.domain.release_metrics import Counted
from functions.domain.rollout import Rollout


class FakeMetrics:
    """`periods` are what CloudWatch answers, whatever the releases are."""

    def __init__(self) -> None:
        self.periods: list[Counted] = []
        self.asked: list[tuple[str, int, int, datetime, datetime]] = []

    def counted(
        self, function: str, champion: int, challenger: int, start: datetime, end: datetime
    ) -> Sequence[Counted]:
        self.asked.append((function, champion, challenger, start, end))
        return self.periods


class FakeGate:
    """`answer` is what the gate says of any canary; None: it does not answer."""

    def __init__(self) -> None:
        self.answer: dict[str, Any] | None = None
        self.asked: list[tuple[int | None, int, str, str]] = []

    def compare(self, rollout: Rollout, time: str) -> Mapping[str, Any]:
        self.asked.append((rollout.champion, rollout.release, rollout.started_at, time))
        if self.answer is None:
            raise UnavailableError("the gate does not answer")
        return self.answer


class FakeEvents:
    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.lost = False

    def publish(self, detail_type: str, detail: Mapping[str, Any], time: datetime) -> None:
        assert detail_type == "Rollout"
        if self.lost:
            raise UnavailableError("the bus does not answer")
        self.told.append({**detail, "time": time})

    @property
    def what(self) -> list[str]:
        return [event["what"] for event in self.told]


def comparison(
    rows: int,
    labelled: int,
    low: float | None = None,
    high: float | None = None,
    psi: float | None = 0.01,
    mean: float = 0.01,
) -> dict[str, Any]:
    """What the gate answers: rows of the challenger, and how its loss differs."""
    return {
        "v": 1,
        "as_of": "2013-03-01T00:00:00Z",
        "rows": {"champion": 9 * rows, "challenger": rows},
        "labelled": 10 * labelled,
        "labelled_challenger": labelled,
        "loss": {"champion": 0.4, "challenger": 0.41},
        "difference": {"mean": mean, "low": low, "high": high},
        "prediction_psi": psi,
    }


def requests(champion: int, challenger: int, champion_errors: int = 0, challenger_errors: int = 0) -> Counted:
    """A period's counts, without latencies."""
    return Counted((Requests(champion, champion_errors), Requests(challenger, challenger_errors)), None)


def settings_of(model: str, **rollout: Any) -> ModelConfig:
    """A model's deployed settings, with these in [rollout]."""
    return ModelConfig(
        model=model,
        task="binary",
        external=False,
        features=(),
        label="late",
        positive=1,
        matures_after_s=21_600,
        evaluate=EvaluationConfig(
            schedule_s=86_400,
            window_s=604_800,
            metrics=("log_loss",),
            slices=(),
            min_rows=200,
            min_labels=200,
            min_coverage=0.5,
            confidence=0.95,
            tolerance=0.05,
            drift_psi=0.05,
            drift_fdr=0.005,
            drift_cost=0.05,
            consecutive=2,
            cool_down_s=259_200,
        ),
        rollout=RolloutConfig(**rollout),
    )
