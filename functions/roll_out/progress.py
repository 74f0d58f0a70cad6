"""Move a rollout that is under way: to its next share, to all of the traffic, or back."""

from dataclasses import replace

from functions.domain.errors import ConflictError
from functions.domain.model_config import ModelConfig
from functions.domain.rollback import Cause, Plan
from functions.domain.rollout import Rollout
from functions.domain.rollout_judgement import Decision, Limits, decide
from functions.roll_out.evidence import Gathered
from functions.roll_out.lease import HeldLease
from functions.roll_out.run import Run
from functions.roll_out.traffic import route


def progress(run: Run, lease: HeldLease, rollout: Rollout, gathered: Gathered, config: ModelConfig) -> None:
    """Judge a rollout by evidence that was gathered of it at its present step, and do what follows.

    Raises:
        LeaseHeldError: the lease was lost.
        ConflictError: others kept moving the alias.
    """
    limits = Limits(config.rollout, config.gate.latency_ratio)
    decision = decide(rollout, gathered.evidence, run.request.at, limits)
    run.note(f"rollout {rollout.number}: {rollout.where}; {decision.action.replace('_', ' ')}: {decision.reason}")
    if gathered.fresh or (decision.action == "hold" and rollout.reason is None):
        kept = replace(gathered.rollout, reason=decision.reason)
        run.tools.rollouts.keep_evidence(kept, run.by(lease.hold))
    if decision.action == "hold":
        return
    if decision.action == "roll_back":
        _back(run, lease, rollout, decision)
    else:
        step = len(rollout.steps) if decision.action == "promote" else rollout.step + 1
        run.tools.rollouts.advance(rollout, step, decision.reason, run.by(lease.hold))
    route(run, lease)


def _back(run: Run, lease: HeldLease, rollout: Rollout, decision: Decision) -> None:
    if rollout.champion is None:
        raise ConflictError(f"rollout {rollout.number} of {rollout.model} has no champion to go back to")
    identity = f"rollout {rollout.number} of {rollout.model}"
    cause = Cause("labels", identity, decision.reason, run.request.at)
    run.tools.live.roll_back(run.model, Plan(rollout.champion, (rollout.release,)), cause, run.by(lease.hold))
