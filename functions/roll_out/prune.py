"""Prune: old releases lose their Lambda versions and layers once nobody will go back to them.

A release is marked in the registry before its Lambda version is deleted: a rollback that takes the lease meanwhile
either goes back to it and finds this run refused, or finds the mark and goes elsewhere.
"""

from collections.abc import Sequence

from functions.domain.errors import ConflictError, LeaseHeldError
from functions.domain.model_version import ModelRecord
from functions.domain.release import Release
from functions.domain.release_pruning import expendable
from functions.roll_out.lease import HeldLease
from functions.roll_out.run import Run
from functions.roll_out.traffic import alias_of


def prune(run: Run, lease: HeldLease) -> None:
    """Remove what the rollouts so far have left behind; nothing while one is under way, or where it is done already.

    Raises:
        LeaseHeldError: the lease was lost.
        UnavailableError: AWS did not do what it was asked; the next run goes on from here.
    """
    record = run.tools.registry.model(run.model)
    if record.rollout is not None or record.pruned == record.rollouts:
        return
    releases = run.tools.rollouts.releases(run.model)
    keep = run.tools.settings.config(run.model).rollout.keep
    for release in expendable(record, releases, keep):
        lease.renew()
        run.tools.pruning.give_up(release, run.by(lease.hold))
    _delete(run, lease, record)
    run.tools.pruning.pruned(run.model, record.rollouts, run.by(lease.hold))


def _delete(run: Run, lease: HeldLease, record: ModelRecord) -> None:
    """Delete the Lambda versions and layers of all releases that are marked, and are still there."""
    releases = run.tools.rollouts.releases(run.model)
    there = {state.number for state in run.tools.releases.versions(run.function)}
    alias = alias_of(run)
    aliased = {alias.version, *alias.weights}
    gone = [r for r in releases if r.pruned_at is not None and r.number in there and str(r.number) not in aliased]
    for release in gone:
        lease.renew()
        try:
            run.tools.releases.delete_version(run.function, release.number)
        except LeaseHeldError:
            raise
        except ConflictError as error:  # somebody's hand has put live on it at this moment
            run.note(f"Lambda version {release.number} stays: {error}")
            continue
        run.note(f"gave up release {release.number}")
    for layer in _unused_layers(run, releases):
        lease.renew()
        run.tools.releases.delete_layer(layer)


def _unused_layers(run: Run, releases: Sequence[Release]) -> list[str]:
    """Versions of the model's layer that only releases which were given up had."""
    used = {release.layer for release in releases if release.pruned_at is None}
    used |= set(run.tools.releases.latest(run.function).layers)
    given_up = {release.layer for release in releases if release.pruned_at is not None} - used
    return [arn for arn in run.tools.releases.layer_versions(run.layer) if arn in given_up] if given_up else []
