"""A model's deployed settings: what the functions behind the endpoint need of model.toml, as the registry keeps it.

CDK writes it at each deployment of the model's stack; so a threshold changes without another model version.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from functions.domain.approval import ApprovalConfig
from functions.domain.contract import Feature, Task
from functions.domain.correction_config import GateConfig, RolloutConfig, TrainConfig
from functions.domain.errors import CorruptArtifactError

SCHEMA_VERSION = 3  # 1 had no train, gate and rollout, 2 no approval: their defaults leave the model as it is


@dataclass(frozen=True, slots=True)
class EvaluationConfig:
    """[evaluate] of model.toml; docs/model-toml.md says what each is for. Spans are in seconds."""

    schedule_s: int
    window_s: int
    metrics: tuple[str, ...]
    slices: tuple[str, ...]
    min_rows: int
    min_labels: int
    min_coverage: float
    confidence: float
    tolerance: float
    drift_psi: float
    drift_fdr: float
    drift_cost: float
    consecutive: int
    cool_down_s: int

    @property
    def window(self) -> timedelta:
        return timedelta(seconds=self.window_s)

    @property
    def judged_metric(self) -> str:
        """The metric that verdicts are about: the first that is listed."""
        return self.metrics[0]


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """`matures_after_s` is how long after a prediction its label is known as a rule. `memory_mb` is predict's own."""

    model: str
    task: Task
    external: bool
    features: tuple[Feature, ...]
    label: str
    positive: str | int | bool | None
    matures_after_s: int
    evaluate: EvaluationConfig
    memory_mb: int = 1024
    about: Mapping[str, str] = field(default_factory=dict)  # the texts of [model], for reports and cards
    train: TrainConfig = field(default_factory=TrainConfig)
    gate: GateConfig = field(default_factory=GateConfig)
    rollout: RolloutConfig = field(default_factory=RolloutConfig)
    approval: ApprovalConfig = field(default_factory=ApprovalConfig)

    @property
    def matures_after(self) -> timedelta:
        return timedelta(seconds=self.matures_after_s)

    def to_document(self) -> dict[str, Any]:
        return {"v": SCHEMA_VERSION, **asdict(self)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "ModelConfig":
        """Read a registry document.

        Raises:
            CorruptArtifactError: of a schema version that this code does not know.
        """
        if document.get("v") not in (1, 2, SCHEMA_VERSION):
            raise CorruptArtifactError(
                f"settings of schema version {document.get('v')!r}; this code reads {SCHEMA_VERSION}: "
                "deploy the model's stack again"
            )
        fields = {key: value for key, value in document.items() if key != "v"}
        fields["features"] = tuple(Feature.from_document(feature) for feature in fields["features"])
        for name, section in _SECTIONS.items():
            if name in fields:
                fields[name] = section(**{k: tuple(v) if isinstance(v, list) else v for k, v in fields[name].items()})
        return cls(**fields)


_SECTIONS: Mapping[str, type[Any]] = {
    "evaluate": EvaluationConfig,
    "train": TrainConfig,
    "gate": GateConfig,
    "rollout": RolloutConfig,
    "approval": ApprovalConfig,
}
