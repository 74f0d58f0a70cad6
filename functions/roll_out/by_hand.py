"""What a person may tell `roll_out` beside rolling a version out and rolling back: go on at once, or try a barred
release again.
"""

from contextlib import suppress

from functions.domain.errors import LeaseHeldError
from functions.roll_out.answer import Answer, standing
from functions.roll_out.lease import leased
from functions.roll_out.outbox import tell
from functions.roll_out.reconcile import known, reconcile
from functions.roll_out.requests import PromoteRequest, UnbarRequest
from functions.roll_out.run import Run
from functions.roll_out.traffic import route, settle


def promote(run: Run, request: PromoteRequest) -> Answer:
    """Give the release that is being rolled out all of the traffic at once; say so where none is.

    Raises:
        NotFoundError: there is no such model.
        LeaseHeldError: another run is at work on this model.
        ConflictError: others kept moving the alias.
    """
    known(run)
    with leased(run) as lease:
        record = settle(run, lease)
        if record.rollout is None:
            message = f"nothing to promote: no rollout of {run.model} is under way, {record.confirmed} is live"
            return standing(run, message)
        rollout = run.tools.rollouts.rollout(run.model, record.rollout)
        run.tools.rollouts.advance(rollout, len(rollout.steps), f"{request.actor} promotes it", run.by(lease.hold))
        route(run, lease)
    tell(run)
    return standing(run)


def unbar(run: Run, request: UnbarRequest) -> Answer:
    """Lift a release's bar; it may go live by itself again, and starts to where its version is the newest.

    Raises:
        NotFoundError: there is no such release.
        ConflictError: it is not barred.
    """
    run.tools.live.unbar(run.model, request.release, request.reason, request.actor, request.time)
    run.note(f"release {request.release} is no longer barred: {request.reason}")
    with suppress(LeaseHeldError):  # whoever is at work, the next run sees it
        return reconcile(run)
    return standing(run)
