"""Reconcile: bring a model's live release to be what it should be, from whatever state it is found in.

Nothing is remembered between two runs: what shall be is read from the registry, what is from Lambda. Who finds all as
it should be writes nothing.
"""

from dataclasses import dataclass

from functions.domain.errors import NotFoundError
from functions.domain.model_config import ModelConfig
from functions.domain.model_version import ModelRecord
from functions.domain.release_function import code_digest
from functions.domain.rollout import Rollout
from functions.domain.rollout_target import Target, pair, superseded_by, target
from functions.roll_out.answer import Answer, standing
from functions.roll_out.begin import begin
from functions.roll_out.evidence import Gathered, gather
from functions.roll_out.lease import HeldLease, leased
from functions.roll_out.outbox import tell
from functions.roll_out.progress import progress
from functions.roll_out.prune import prune
from functions.roll_out.run import Run
from functions.roll_out.traffic import agrees, alias_of, route, settle


@dataclass(frozen=True, slots=True)
class Deploying:
    """A version that a person wants live with the code as it is now; `now` without a canary."""

    version: int
    now: bool


def reconcile(run: Run) -> Answer:
    """One look at a model, and what follows from it.

    Raises:
        LeaseHeldError: another run is at work on this model.
        ConflictError: others kept changing things: the next run goes on.
        SmokeTestError: a release does not answer as it should; what was live still is.
        NotFoundError: the model's stack is not deployed.
        UnavailableError: AWS did not do what it was asked: the next run goes on.
    """
    tell(run)
    if is_quiet(run):
        return standing(run)
    gathered = evidence_of(run)
    with leased(run) as lease:
        bring_on(run, lease, gathered)
    tell(run)
    return standing(run)


def is_quiet(run: Run) -> bool:
    """Whether there is nothing to do: told by four reads."""
    record = run.tools.registry.model(run.model)
    if record.versions == 0:
        return True
    if record.rollout is not None or record.pruned != record.rollouts or not agrees(record, alias_of(run)):
        return False
    wanted = target(record, run.tools.rollouts.releases(run.model), _code(run))
    return wanted is None or wanted.stands_still is not None


def evidence_of(run: Run) -> Gathered | None:
    """What is known of the rollout under way, if one is."""
    number = run.tools.registry.model(run.model).rollout
    if number is None:
        return None
    return gather(run, run.tools.rollouts.rollout(run.model, number), _config(run).rollout)


def bring_on(run: Run, lease: HeldLease, gathered: Gathered | None, deploying: Deploying | None = None) -> None:
    """All that a look may lead to, under the lease: settle, end or judge the rollout, begin the next, prune."""
    record = settle(run, lease)
    if record.rollout is not None:
        rollout = run.tools.rollouts.rollout(run.model, record.rollout)
        if not _ended_for_newer(run, lease, record, rollout, deploying):
            _go_on(run, lease, rollout, gathered, deploying)
    record = run.tools.registry.model(run.model)
    if record.rollout is None:
        wanted = _wanted(run, record, deploying)
        if wanted is not None and (deploying is not None or wanted.stands_still is None):
            # Another deployment may have approved another version meanwhile: then that one is wanted, not this one's.
            mine = deploying if deploying is not None and deploying.version == wanted.version else None
            begin(run, lease, wanted, mine is not None and mine.now)
    prune(run, lease)


def _go_on(
    run: Run, lease: HeldLease, rollout: Rollout, gathered: Gathered | None, deploying: Deploying | None
) -> None:
    if deploying is not None:
        if deploying.now:
            reason = f"{run.request.actor} wants no canary"
            run.tools.rollouts.advance(rollout, len(rollout.steps), reason, run.by(lease.hold))
            route(run, lease)
        return
    # Evidence of another step is not of this one: the next run has that.
    if gathered is not None and (gathered.rollout.number, gathered.rollout.step) == (rollout.number, rollout.step):
        progress(run, lease, rollout, gathered, _config(run))


def _ended_for_newer(
    run: Run, lease: HeldLease, record: ModelRecord, rollout: Rollout, deploying: Deploying | None
) -> bool:
    """Whether the rollout under way ended because something newer shall be live."""
    release, wanted = run.tools.registry.release(run.model, rollout.release), _wanted(run, record, deploying)
    newer = superseded_by(rollout, release, record, _code(run), wanted)
    if newer is None:
        return False
    run.tools.rollouts.supersede(rollout, newer, run.by(lease.hold))
    run.note(f"rollout {rollout.number} ends: {newer}")
    route(run, lease)
    return True


def _wanted(run: Run, record: ModelRecord, deploying: Deploying | None) -> Target | None:
    """What shall be live and is not: a person's wish, or what the registry's candidate and the code say."""
    releases, code = run.tools.rollouts.releases(run.model), _code(run)
    if deploying is None or record.candidate not in (None, deploying.version):
        return target(record, releases, code)
    live = next((release for release in releases if release.number == record.live), None)
    return pair(releases, live, deploying.version, code, "deploy")


def _code(run: Run) -> str:
    return code_digest(run.tools.releases.latest(run.function), run.layer)


def _config(run: Run) -> ModelConfig:
    return run.tools.settings.config(run.model)


def known(run: Run) -> None:
    """Whether there is such a model.

    Raises:
        NotFoundError: none was ever registered by that name.
    """
    if run.tools.registry.model(run.model).versions == 0:
        raise NotFoundError(f"there is no model {run.model}: deploy it first")
