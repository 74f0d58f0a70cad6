"""What is known of a canary: counts by CloudWatch at each look, the gate's comparison once an hour of events' time.

Asked for before the lease is taken: the gate may take minutes, and nobody need wait for that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from functions.domain.correction_config import RolloutConfig
from functions.domain.errors import TrimtabError
from functions.domain.rollout import Rollout
from functions.domain.rollout_judgement import Comparison, Evidence, judges_of
from functions.roll_out.run import Run

COMPARE_EVERY = timedelta(hours=1)  # the log's table is made hourly


@dataclass(frozen=True, slots=True)
class Gathered:
    """Evidence of a rollout, which carries the gate's newest answer; `fresh` where that is not kept yet."""

    rollout: Rollout
    evidence: Evidence
    fresh: bool


def gather(run: Run, rollout: Rollout, config: RolloutConfig) -> Gathered:
    """All that is known of a rollout under way.

    Raises:
        UnavailableError: CloudWatch did not answer.
        CorruptArtifactError: the gate's answer is not of the form that it should be.
    """
    judges = judges_of(rollout, config)
    fresh = None
    if {"labels", "predictions"} & set(judges) and _due(rollout, run.request.at):
        fresh = _asked(run, rollout)
    if fresh is not None:
        rollout = replace(rollout, evidence=fresh, evidence_at=run.request.time)
    compared = None if rollout.evidence is None else Comparison.from_document(rollout.evidence)
    return Gathered(rollout, replace(_counted(run, rollout), compared=compared), fresh is not None)


def _due(rollout: Rollout, now: datetime) -> bool:
    asked = rollout.evidence_at or rollout.started_at
    return now - datetime.fromisoformat(asked) >= COMPARE_EVERY


def _asked(run: Run, rollout: Rollout) -> Mapping[str, Any] | None:
    """The gate's answer; None where it gives none, which is no reason to move."""
    try:
        return run.tools.services.gate.compare(rollout, run.request.time)
    except TrimtabError as error:
        run.note(f"no comparison of the labels this time: {error}")
        return None


def _counted(run: Run, rollout: Rollout) -> Evidence:
    if rollout.champion is None:
        return Evidence()
    started = datetime.fromisoformat(rollout.started_at)
    counted = run.tools.services.metrics.counted(
        run.function, rollout.champion, rollout.release, started, run.request.at
    )
    latencies = tuple(period.latencies for period in counted if period.latencies is not None)
    return Evidence(tuple(period.requests for period in counted), latencies)
