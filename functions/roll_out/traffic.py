"""The alias `live` and the registry, brought to agree: finish what a dead run left, notice a person's hand, move.

Each move is written ahead (`wanted`), made by one conditional call, and recorded. The alias is read before the lease
is renewed: a run that was overtaken finds its renewal refused, or moves by a revision that the alias no longer has.
"""

from functions.domain.errors import ConflictError, LeaseHeldError, NotFoundError
from functions.domain.model_version import ModelRecord
from functions.domain.release import Release
from functions.domain.release_function import Alias, is_bootstrap
from functions.roll_out.lease import HeldLease
from functions.roll_out.run import Run

ATTEMPTS = 3


def settle(run: Run, lease: HeldLease) -> ModelRecord:
    """Bring alias and registry to agree, as the registry says or, where a person moved the alias, as model.toml does.

    Raises:
        LeaseHeldError: the lease was lost.
        ConflictError: others kept moving the alias.
        NotFoundError: the model's stack is not deployed, or a release has lost its Lambda version.
    """
    record, alias = run.tools.registry.model(run.model), alias_of(run)
    if agrees(record, alias):
        return record
    hand = by_hand(run, record, alias)
    if hand:
        run.note(f"live pointed to {described(alias)}, the registry says {record.wanted}: it was moved by hand")
    if record.desired is None:  # nothing is to be put right by: the first release will be
        return record
    if hand:
        if adopted := _adopted(run, lease, record, alias):
            return adopted
        run.tools.live.put_right(run.model, described(alias), run.by(lease.hold))
    return route(run, lease)


def route(run: Run, lease: HeldLease) -> ModelRecord:
    """Send the traffic where the registry wants it, and record that it goes there.

    Also where it goes there already: a run that this one overtook may be about to move it, by the same revision.

    Raises:
        As `settle`.
    """
    request = run.request
    for attempt in range(ATTEMPTS):
        alias = alias_of(run)
        lease.renew()
        wanted = run.tools.registry.model(run.model).wanted
        if wanted.release is None:
            raise NotFoundError(f"{run.model} has no release that live could point to")
        reason = f"{request.actor}, run {run.id}"
        try:
            run.tools.releases.move_alias(run.function, wanted.release, alias.revision, reason, wanted.weights)
            break
        except LeaseHeldError:
            raise
        except ConflictError:
            if attempt == ATTEMPTS - 1:
                raise
    if not wanted.is_that_of(alias.version, alias.weights):
        run.note(f"moved live from {described(alias)} to {wanted}")
    return run.tools.rollouts.confirm(run.model, wanted, described(alias), run.by(lease.hold))


def agrees(record: ModelRecord, alias: Alias) -> bool:
    """Whether nothing is left half done: the alias is where it shall be, and the registry knows it."""
    return record.wanted == record.confirmed and record.wanted.is_that_of(alias.version, alias.weights)


def by_hand(run: Run, record: ModelRecord, alias: Alias) -> bool:
    """Whether the alias is where no run has put it: neither where it shall be nor where it was seen last."""
    for traffic in (record.wanted, record.confirmed):
        if traffic.release is not None and traffic.is_that_of(alias.version, alias.weights):
            return False
    return not (record.live is None and not alias.weights and _is_bootstrap(run, alias))


def alias_of(run: Run) -> Alias:
    alias = run.tools.releases.alias(run.function)
    if alias is None:
        raise NotFoundError(f"{run.function} has no alias live: deploy the model's stack first")
    return alias


def described(alias: Alias) -> str:
    weights = "".join(f" and {share:.0%} to version {version}" for version, share in sorted(alias.weights.items()))
    return f"version {alias.version}{weights}"


def _adopted(run: Run, lease: HeldLease, record: ModelRecord, alias: Alias) -> ModelRecord | None:
    """The model's record with what somebody's hand did taken over; None where it is put right instead."""
    if run.tools.settings.config(run.model).rollout.moved_by_hand != "adopt":
        run.note("it is put right")
        return None
    release = _release_at(run, alias)
    if release is None or release.state != "tested" or release.barred is not None or release.pruned_at is not None:
        run.note("it is put right: only a release that passed its smoke test and is not barred can be adopted")
        return None
    lease.renew()
    if alias_of(run) != alias:
        raise ConflictError(f"live of {run.model} is being moved by hand: run again")
    adopted = run.tools.live.adopt(release, described(alias), run.by(lease.hold))
    run.note(f"adopted release {release.number} as live")
    return adopted


def _release_at(run: Run, alias: Alias) -> Release | None:
    """The release that gets all of the traffic of an alias, if that is one."""
    if alias.weights or not alias.version.isdigit():
        return None
    return next((r for r in run.tools.rollouts.releases(run.model) if r.number == int(alias.version)), None)


def _is_bootstrap(run: Run, alias: Alias) -> bool:
    return alias.version.isdigit() and is_bootstrap(run.tools.releases.version(run.function, int(alias.version)))
