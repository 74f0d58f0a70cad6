"""The decision: what a challenger showed, check by check, against the champion and on the evidence that there is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.domain import gate_checks
from functions.domain.correction_config import GateConfig
from functions.domain.dataset import Dataset
from functions.domain.gate_decision import Check
from functions.domain.model_config import ModelConfig
from functions.gate.comparison import Pair, calibration_errors, rows_document, slice_gains
from functions.gate.latency import BATCH, latencies
from functions.gate.scoring import ScoringModel
from functions.gate.shadow import Traffic, shadowed
from functions.gate.versions import Champion


@dataclass(frozen=True, slots=True)
class Judgement:
    """All checks, and what is told beside them; filled in by `judged`."""

    checks: list[Check] = field(default_factory=list)
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is judged, against whom, on what. `left_out` are held-out rows that the champion was fitted on."""

    config: ModelConfig
    champion: Champion | None
    challenger: ScoringModel
    rows: Dataset
    left_out: int
    golden: Dataset | None
    traffic: Traffic
    seed: int

    @property
    def metric(self) -> str:
        """The metric that decides."""
        return self.config.gate.metric or self.config.evaluate.judged_metric


def judged(subject: Subject, parity: Check) -> Judgement:
    """Every check, whatever the others say: a refusal tells all that is wrong."""
    config = subject.config.gate
    found = Judgement([parity, gate_checks.enough_rows(len(subject.rows), config, subject.left_out)])
    against = subject.challenger if subject.champion is None else subject.champion.model
    pair = Pair.of(subject.rows, against, subject.challenger)
    found.evidence["held_out"] = {**rows_document(pair), "metrics": pair.metrics()}
    found.evidence["traffic"], odd = shadowed(subject.traffic, against, subject.challenger)
    found.checks.append(gate_checks.answers(odd, len(subject.traffic)))
    if config.golden:
        found.checks.append(_golden(subject, against))
    if subject.champion is not None:
        found.checks.extend(_against(subject, subject.champion.model, pair))
    return found


def _against(subject: Subject, champion: ScoringModel, pair: Pair) -> Iterator[Check]:
    """The checks that take a champion to compare with."""
    config, metric = subject.config.gate, subject.metric
    yield gate_checks.gain(pair.gain(metric, config, subject.seed), metric, len(pair), config)
    features = subject.config.evaluate.slices
    if features:
        yield gate_checks.slices(slice_gains(pair, features, metric, config, subject.seed), metric, config)
    errors = calibration_errors(pair)
    if errors is not None:
        yield gate_checks.calibration(*errors, config)
    columns: Mapping[str, Any] = subject.traffic.columns if len(subject.traffic) >= BATCH else subject.rows.columns
    if len(next(iter(columns.values()))):
        yield gate_checks.latency(*latencies(champion, subject.challenger, columns), config)
    yield gate_checks.size(champion.size, subject.challenger.size, config)


def _golden(subject: Subject, against: ScoringModel) -> Check:
    config: GateConfig = subject.config.gate
    if subject.golden is None:
        text = "model.toml names a golden set, and no version was deployed with one: `trimtab deploy` once more"
        return Check("golden", False, text)
    pair = Pair.of(subject.golden, against, subject.challenger)
    gain = pair.gain(subject.metric, config, subject.seed)
    return gate_checks.golden(gain, subject.metric, len(pair), config, alone=subject.champion is None)
