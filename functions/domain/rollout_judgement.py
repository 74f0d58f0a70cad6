"""What a rollout does next, by the evidence: on to the next share, wait, take all of the traffic, or go back.

Harm is looked for at every look, and so is a clear gain in labels: both rest on evidence that may be looked at as often
as one likes (`confidence_sequence`, `error_rates`). A step ends when it has lasted long enough, has seen enough rows,
and no judge objects. Where something is missing it waits, and says for what: nothing passes by default.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from functions.domain.correction_config import Judge, RolloutConfig
from functions.domain.error_rates import Latency, Requests, errors_higher, latency_slower
from functions.domain.errors import CorruptArtifactError
from functions.domain.rollout import Rollout

# Of the chance that model.toml leaves for a wrong word, the share of each judge that CloudWatch informs; the labels'
# interval has all of it (Bonferroni: a rollout is wrongly rolled back with at most 1.4 times that chance).
OPERATION_SHARE = 0.2
_OF_THE_CODE: tuple[Judge, ...] = ("errors", "latency")

Action = Literal["advance", "hold", "promote", "roll_back"]


@dataclass(frozen=True, slots=True)
class Decision:
    action: Action
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the gate says of both releases since the rollout began: rows of the challenger, with a label and in all.

    `mean` is the challenger's mean loss minus the champion's, on the same rows, `low` and `high` where it lies; None
    while nothing can be said. `psi` is how far the distribution of its predictions is from the champion's.
    """

    rows: int
    labelled: int
    mean: float | None
    low: float | None
    high: float | None
    psi: float | None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Comparison":
        """Read the gate's answer.

        Raises:
            CorruptArtifactError: it is of another schema version or not of the form that it should be.
        """
        try:
            if document["v"] != 1:
                raise CorruptArtifactError(f"a comparison of schema version {document['v']!r}; this code reads 1")
            difference = document["difference"]
            return cls(
                int(document["rows"]["challenger"]),
                int(document["labelled_challenger"]),
                difference["mean"],
                difference["low"],
                difference["high"],
                document["prediction_psi"],
            )
        except (KeyError, TypeError) as error:
            raise CorruptArtifactError(f"the gate's comparison is not well-formed: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of champion and challenger, in this order, period by period; `compared` None: not asked yet."""

    requests: tuple[tuple[Requests, Requests], ...] = ()
    latencies: tuple[tuple[Latency, Latency], ...] = ()
    compared: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """[rollout] of model.toml, and what of [gate] bounds a canary too."""

    rollout: RolloutConfig
    latency_ratio: float


def judges_of(rollout: Rollout, config: RolloutConfig) -> tuple[Judge, ...]:
    """Who judges. Of one version with two states of the code, predictions and labels compare the same model."""
    return _OF_THE_CODE if rollout.cause == "code" else config.judges


def decide(rollout: Rollout, evidence: Evidence, now: datetime, limits: Limits) -> Decision:
    """The next move of a rollout that is under way."""
    judges, alpha = judges_of(rollout, limits.rollout), 1 - limits.rollout.confidence
    for harm in _harm(judges, evidence, limits, alpha * OPERATION_SHARE):
        return Decision("roll_back", harm)
    compared = evidence.compared
    if "labels" in judges and compared is not None and compared.high is not None and compared.high < 0:
        said = f"better by the labels of {compared.labelled:,} of its rows: its loss differs by {_range(compared)}"
        return Decision("promote", said)
    waits = list(_waits(rollout, judges, evidence, now, limits))
    if waits:
        return Decision("hold", "waits for " + "; for ".join(waits))
    last = rollout.step + 1 >= len(rollout.steps)
    judged = ", ".join(judges) if judges else "nobody"
    return Decision("promote" if last else "advance", f"{_rows(evidence, judges):,} rows; judged by {judged}: no harm")


def _harm(judges: tuple[Judge, ...], evidence: Evidence, limits: Limits, alpha: float) -> Iterator[str]:
    if "errors" in judges:
        errors = errors_higher(evidence.requests, alpha)
        if errors.higher:
            yield f"it fails more often: {errors.challenger:.1%} of its requests, the champion {errors.champion:.1%}"
    if "latency" in judges:
        latency = latency_slower(evidence.latencies, limits.latency_ratio, alpha)
        if latency.slower:
            yield (
                f"it is slower: its 95th percentile is {latency.p95_ratio:.2g} times the champion's, and "
                f"{limits.latency_ratio:g} times is allowed"
            )
    compared = evidence.compared
    if "labels" in judges and compared is not None and compared.low is not None and compared.low > 0:
        yield f"worse by the labels of {compared.labelled:,} of its rows: its loss differs by {_range(compared)}"


def _waits(
    rollout: Rollout, judges: tuple[Judge, ...], evidence: Evidence, now: datetime, limits: Limits
) -> Iterator[str]:
    """What a step lacks before it may end."""
    until, compared = rollout.since + limits.rollout.bake, evidence.compared
    if now < until:
        yield f"{until:%Y-%m-%d %H:%M} UTC"
    needed = limits.rollout.min_samples * (rollout.step + 1)
    if ({"labels", "predictions"} & set(judges)) and compared is None:
        yield "the first comparison of its predictions"
    elif (rows := _rows(evidence, judges)) < needed:
        yield f"rows: {rows:,} of {needed:,}"
    if "labels" in judges and compared is not None and compared.labelled < needed:
        yield f"labels: {compared.labelled:,} of {needed:,}"
    elif "labels" in judges and compared is not None and compared.low is None and compared.mean != 0:
        # Not one row is answered differently where the mean is 0: there is nothing that more labels could show.
        yield "labels of more hours: those that there are do not say how far its loss may be from the champion's"
    if "predictions" in judges and compared is not None and compared.rows >= needed:
        if compared.psi is None:
            yield "its predictions to be comparable with the champion's"
        elif compared.psi > limits.rollout.prediction_psi:
            yield (
                f"a person or the labels to say whether it is right: its predictions differ by PSI {compared.psi:.2f}, "
                f"and {limits.rollout.prediction_psi:g} is allowed"
            )
    if ({"errors", "latency"} & set(judges)) and not any(challenger.count for _, challenger in evidence.requests):
        yield "its first request to be counted"


def _rows(evidence: Evidence, judges: tuple[Judge, ...]) -> int:
    """Rows that the challenger answered; its requests, where nobody compared rows."""
    if evidence.compared is not None and {"labels", "predictions"} & set(judges):
        return evidence.compared.rows
    return sum(challenger.count for _, challenger in evidence.requests)


def _range(compared: Comparison) -> str:
    return f"{compared.low:+.4g} to {compared.high:+.4g}"
