"""The schema of a model's `model.toml`, documented key by key in docs/model-toml.md."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, field_validator, model_validator

from functions.adapters.alarm_settings import AlarmSettings
from functions.adapters.correction_settings import (
    REFERENCE,
    ApprovalSettings,
    Engine,
    GateSettings,
    KeepFirst,
    Package,
    QuarantineSettings,
    RolloutSettings,
    TrainWindow,
    keep_first_seconds,
)
from functions.adapters.evaluate_settings import EvaluateSettings, Span
from functions.domain.contract import Action, Feature, FeatureType, Task
from functions.domain.correction_config import TrainConfig, TrainSchedule
from functions.domain.durations import duration
from functions.domain.metric_names import METRICS, TASK_METRICS
from functions.domain.model_config import ModelConfig

TIME = "time"  # the data set's column that says when a row happened
MODEL_NAME = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"  # what CloudFormation takes as part of a stack's name
LARGEST_FLOAT32 = 3.4028234663852886e38
LARGEST_INT64 = 2**63 - 1
LARGEST_BODY = 4_500_000  # a Lambda event holds 6 MB, and a body in it grows by a third as base64


class Section(BaseModel):
    """One table of model.toml: immutable, no unknown keys, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class About(Section):
    """[model]"""

    name: str = Field(pattern=MODEL_NAME, max_length=32)
    task: Task
    owner: str = ""
    description: str = ""
    intended_use: str = ""
    limitations: str = ""


class FeatureSettings(Section):
    """[features.X]"""

    type: FeatureType
    size: int | None = Field(default=None, ge=1, le=65_536)
    min: float | None = None
    max: float | None = None
    categories: Annotated[tuple[StrictStr | StrictInt, ...] | None, Field(strict=False, min_length=1)] = None
    unit: str = ""
    nullable: bool = False
    description: str = ""

    @field_validator("categories", mode="before")
    @classmethod
    def _a_list(cls, value: object) -> object:
        if value is not None and not isinstance(value, list | tuple):
            raise ValueError("must be a list of values")
        return value

    @model_validator(mode="after")
    def _agrees_with_its_type(self) -> Self:
        self._check_range()
        self._check_categories()
        if self.nullable and self.type not in ("float32", "string"):
            raise ValueError(f"{self.type} features cannot be null: remove nullable, or make it float32 or string")
        return self

    def _check_range(self) -> None:
        bounds = [bound for bound in (self.min, self.max) if bound is not None]
        if bounds and self.type not in ("float32", "int64"):
            raise ValueError(f"min and max are for numbers, and the type is {self.type}: remove them")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}: swap them")
        if self.type == "int64" and any(not bound.is_integer() or abs(bound) > LARGEST_INT64 for bound in bounds):
            raise ValueError("min and max of an int64 are whole numbers of 64 bits")
        if self.type == "float32" and any(abs(bound) > LARGEST_FLOAT32 for bound in bounds):
            raise ValueError("min and max of a float32 are within ±3.4e38")

    def _check_categories(self) -> None:
        if self.categories is None:
            return
        wanted = {"string": str, "int64": int}.get(self.type)
        if wanted is None:
            raise ValueError(f"categories are for string and int64, and the type is {self.type}: remove them")
        odd = [category for category in self.categories if not isinstance(category, wanted)]
        if odd:
            raise ValueError(f"categories of {self.type} features are {wanted.__name__}s, and {odd[0]!r} is not")
        if len(set(self.categories)) < len(self.categories):
            twice = next(c for c in self.categories if self.categories.count(c) > 1)
            raise ValueError(f"category {twice!r} is listed twice: remove one")


class LabelSettings(Section):
    """[label]"""

    name: str = Field(min_length=1)
    positive: StrictBool | StrictInt | StrictStr | None = None
    matures_after: Span = "0s"


class TrainSettings(Section):
    """[train]"""

    estimator: str | None = Field(default=None, pattern=REFERENCE)
    onnx: str | None = Field(default=None, min_length=1)
    export: str | None = Field(default=None, pattern=REFERENCE)
    external: Annotated[bool, Field(strict=True)] = False
    seed: int = Field(default=0, ge=0, le=2**32 - 1)
    until: datetime | date | None = None
    holdout: float = Field(default=0.2, ge=0.01, le=0.5)
    window: TrainWindow | None = None
    keep_first: KeepFirst = "always"
    min_labels: int = Field(default=1_000, ge=50)
    schedule: TrainSchedule = "off"
    engine: Engine = "lambda"
    package: Package = "zip"
    memory: int = Field(default=3_008, ge=1_024, le=10_240)

    @model_validator(mode="after")
    def _one_road(self) -> Self:
        given = [key for key in ("estimator", "onnx", "export") if getattr(self, key) is not None]
        given += ["external"] if self.external else []
        if len(given) != 1:
            raise ValueError(f"give one of estimator, onnx, export and external, not {' and '.join(given) or 'none'}")
        return self

    @field_validator("onnx")
    @classmethod
    def _inside_the_folder(cls, value: str | None) -> str | None:
        if value is not None and (value.startswith(("/", "\\")) or ".." in value.replace("\\", "/").split("/")):
            raise ValueError("must be a file inside the model's folder")
        return value

    @property
    def end(self) -> datetime | None:
        """`until` as a moment in UTC: rows from then on are not in the first training set."""
        if self.until is None:
            return None
        if not isinstance(self.until, datetime):
            return datetime.combine(self.until, time(), UTC)
        return self.until.replace(tzinfo=UTC) if self.until.tzinfo is None else self.until.astimezone(UTC)


class GuardSettings(Section):
    """[guard]"""

    out_of_range: Action = "reject"
    unknown_category: Action = "reject"
    max_rows: int = Field(default=1_000, ge=1, le=100_000)


class ApiSettings(Section):
    """[api]"""

    auth: Literal["api_key", "iam"] = "api_key"
    rate: float = Field(default=50, gt=0, le=10_000)
    burst: int = Field(default=100, ge=1, le=10_000)
    quota: int = Field(default=1_000_000, ge=1, le=2**31 - 1)
    max_body: int = Field(default=1_048_576, ge=1_024, le=LARGEST_BODY)


class LambdaSettings(Section):
    """[lambda]"""

    memory: int = Field(default=1_024, ge=256, le=10_240)
    timeout: int = Field(default=10, ge=1, le=29)
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    snap_start: bool = False
    reserved_concurrency: int | None = Field(default=None, ge=1, le=10_000)


class ModelSettings(Section):
    """All of a model.toml."""

    model: About
    features: dict[str, FeatureSettings] = Field(min_length=1, max_length=2_000)
    label: LabelSettings
    train: TrainSettings
    guard: GuardSettings = GuardSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    alarms: AlarmSettings = AlarmSettings()
    quarantine: QuarantineSettings = QuarantineSettings()
    gate: GateSettings = GateSettings()
    approval: ApprovalSettings = ApprovalSettings()
    rollout: RolloutSettings = RolloutSettings()
    api: ApiSettings = ApiSettings()
    lambda_: LambdaSettings = Field(default=LambdaSettings(), alias="lambda")

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        for name in self.features:
            if not 1 <= len(name) <= 128 or not name.isprintable() or name != name.strip():
                raise ValueError(f"feature {name!r}: a name has 1 to 128 printable characters and no space around it")
        if self.label.name in self.features:
            raise ValueError(f"{self.label.name!r} is the label and a feature: remove [features.{self.label.name}]")
        self._check_evaluate()
        if fault := self._gate_fault():
            raise ValueError(fault)
        if self.model.task == "binary" and self.label.positive is None:
            raise ValueError("a binary model needs [label] positive: the class whose probability it answers")
        if self.model.task != "binary" and self.label.positive is not None:
            raise ValueError(f"[label] positive is for binary models, and the task is {self.model.task}: remove it")
        return self

    def _check_evaluate(self) -> None:
        folded = [name.casefold() for name in self.features]
        twin = next((name for name in self.features if folded.count(name.casefold()) > 1), None)
        if twin is not None:
            raise ValueError(f"feature {twin!r}: another differs in case only, which no SQL engine tells apart: rename")
        for name in self.evaluate.slices:
            if name not in self.features:
                raise ValueError(f"[evaluate] slices: {name!r} is no feature: list features, or remove it")
            if self.features[name].size is not None:
                raise ValueError(f"[evaluate] slices: {name!r} is a vector, which has no slices: remove it")
        if fault := self.evaluate.fault(self.model.task):
            raise ValueError(fault)

    def _gate_fault(self) -> str | None:
        known, metric = TASK_METRICS[self.model.task], self.gate.metric
        if metric is None:
            return None
        if metric not in known:
            return f"[gate] metric: {self.model.task} models have {', '.join(known)}; {metric!r} is none of them"
        if METRICS[metric].better == "zero":
            return f"[gate] metric: {metric} has no better side: name another"
        return None

    @property
    def config(self) -> ModelConfig:
        """What the functions behind the endpoint need of these settings."""
        return ModelConfig(
            model=self.model.name,
            task=self.model.task,
            external=self.train.external,
            features=self.contract_features,
            label=self.label.name,
            positive=self.label.positive,
            matures_after_s=round(duration(self.label.matures_after).total_seconds()),
            evaluate=self.evaluate.compiled(self.model.task),
            memory_mb=self.lambda_.memory,
            train=self._train_config(),
            gate=self.gate.compiled(),
            rollout=self.rollout.compiled(),
            approval=self.approval.compiled(),
            about=self.model.model_dump(exclude={"name", "task"}),
        )

    def _train_config(self) -> TrainConfig:
        window = self.train.window
        return TrainConfig(
            window_s=None if window is None or window == "auto" else round(duration(window).total_seconds()),
            auto_window=window == "auto",
            keep_first_s=keep_first_seconds(self.train.keep_first),
            min_labels=self.train.min_labels,
            schedule=self.train.schedule,
            engine=self.train.engine,
            memory_mb=self.train.memory,
            holdout=self.train.holdout,
            seed=self.train.seed,
            sender_share=self.quarantine.sender_share,
            flips=self.quarantine.flips,
        )

    @property
    def contract_features(self) -> tuple[Feature, ...]:
        """The features as the contract has them, in the order of model.toml."""
        return tuple(
            Feature(name, f.type, f.size, _bound(f.type, f.min), _bound(f.type, f.max), f.categories, f.nullable)
            for name, f in self.features.items()
        )


def _bound(kind: FeatureType, value: float | None) -> float | None:
    return int(value) if kind == "int64" and value is not None else value
