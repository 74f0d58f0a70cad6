"""Roll back: the alias is back on the last good release by one call, and the bad one is barred.

It waits for nobody: it takes the lease from whoever has it. One cause (an alarm's change of state, a verdict, a
person's command) is one rollback, however often its event arrives.
"""

from functions.domain.errors import NotFoundError, TrimtabError
from functions.domain.rollback import Cause, Plan, Situation, Stay, plan
from functions.domain.rollout_judgement import Comparison
from functions.roll_out.answer import Answer, standing
from functions.roll_out.lease import HeldLease, seized
from functions.roll_out.outbox import tell
from functions.roll_out.requests import RollBackRequest
from functions.roll_out.run import Run
from functions.roll_out.traffic import agrees, alias_of, route


def roll_back(run: Run, request: RollBackRequest) -> Answer:
    """Go back, if the cause says so and there is somewhere to go; else say why not.

    Raises:
        LeaseHeldError: another rollback took the lease meanwhile.
        NotFoundError: the model's stack is not deployed.
        UnavailableError: AWS did not do what it was asked: run again, it goes on from here.
    """
    cause = request.cause
    if not run.tools.live.went_back(run.model, cause):
        if cause.kind == "verdict" and (doubt := _doubt(run, cause)):
            print(f"{run.model}: not rolled back: {doubt}", flush=True)
            return standing(run, f"not rolled back: {doubt}")
        planned = _plan(run, cause)  # without the lease: what changes nothing stops nobody
        if isinstance(planned, Stay):
            print(f"{run.model}: not rolled back: {planned.reason}", flush=True)
            return standing(run, f"not rolled back: {planned.reason}")
    with seized(run) as lease:
        message = _gone_back(run, lease, cause)
    tell(run)
    return standing(run, message)


def _doubt(run: Run, cause: Cause) -> str | None:
    """Why a verdict is not followed; None where it is borne out.

    A verdict compares two windows, and what lies between them may have nothing to do with the release. So the release
    and the one before it are compared once more, on the very rows that either has answered since the rollout began.
    """
    record = run.tools.registry.model(run.model)
    last = run.tools.rollouts.rollout(run.model, record.rollouts) if record.rollouts else None
    if last is None or last.champion is None or last.release != cause.release:
        return f"release {cause.release} was not rolled out last: there is none to compare it with"
    try:
        found = Comparison.from_document(run.tools.services.gate.compare(last, run.request.time))
    except TrimtabError as error:
        return f"release {last.release} could not be compared with release {last.champion} on the same rows: {error}"
    if found.low is not None and found.low > 0:
        return None
    reach = (
        "it cannot be said yet" if found.low is None else f"its loss differs by {found.low:+.4g} to {found.high:+.4g}"
    )
    return f"on the same rows release {last.release} is not worse than release {last.champion}: {reach}"


def _gone_back(run: Run, lease: HeldLease, cause: Cause) -> str:
    if run.tools.live.went_back(run.model, cause):
        record = run.tools.registry.model(run.model)
        if not agrees(record, alias_of(run)):  # the run that recorded it died before it moved the alias
            route(run, lease)
        return f"done already for this very cause: {cause.reason}"
    planned = _plan(run, cause)
    if isinstance(planned, Stay):
        return f"not rolled back: {planned.reason}"
    run.tools.live.roll_back(run.model, planned, cause, run.by(lease.hold))
    barred = " and ".join(f"release {number}" for number in planned.bad)
    run.note(f"rolled back to release {planned.to}; {barred} barred: {cause.reason}")
    route(run, lease)
    return f"release {planned.to} of {run.model} is live; {barred} barred until a person lifts it: {cause.reason}"


def _plan(run: Run, cause: Cause) -> Plan | Stay:
    """What to do; a release whose Lambda version somebody deleted is none to go back to."""
    tools, model = run.tools, run.model
    record = tools.registry.model(model)
    last = tools.rollouts.rollout(model, record.rollouts) if record.rollouts else None
    releases = tools.rollouts.releases(model)
    watch = tools.settings.config(model).rollout.watch
    while True:
        planned = plan(Situation(record, last, releases, watch), cause)
        if isinstance(planned, Stay) or _is_there(run, planned.to):
            return planned
        run.note(f"release {planned.to} has lost its Lambda version: somebody deleted it")
        if cause.to == planned.to or (
            last is not None and record.rollout == last.number and last.champion == planned.to
        ):
            return Stay(f"release {planned.to} has lost its Lambda version: deploy its artifact again")
        releases = [release for release in releases if release.number != planned.to]


def _is_there(run: Run, number: int) -> bool:
    try:
        run.tools.releases.version(run.function, number)
    except NotFoundError:
        return False
    return True
