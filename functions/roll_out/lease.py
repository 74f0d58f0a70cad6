"""Take, renew and free a model's lease; `domain.release_lease` says how a dead holder is told from a living one."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from functions.adapters.registry_store import Hold
from functions.domain.errors import ConflictError, LeaseHeldError, TrimtabError
from functions.domain.release_lease import SILENCE_S, WATCH_EVERY_S, Lease
from functions.roll_out.run import Run

SEIZE_ATTEMPTS = 20


class HeldLease:
    """A lease that this run holds. `hold` fences the registry's changes; it is another after each renewal."""

    def __init__(self, run: Run, lease: Lease, hold: Hold) -> None:
        self._run = run
        self._lease = lease
        self.hold = hold

    def renew(self) -> None:
        """Show that this run is alive.

        Raises:
            LeaseHeldError: another run took the lease over; this one has to stop.
        """
        self._put(self._lease)

    def free(self) -> None:
        self._put(replace(self._lease, run=None))

    def _put(self, lease: Lease) -> None:
        try:
            self.hold = self._run.tools.registry.put_lease(lease, self.hold.revision)
        except ConflictError:
            raise LeaseHeldError(f"the lease on {lease.model} was taken over by another run: this one stops") from None


@contextmanager
def leased(run: Run) -> Iterator[HeldLease]:
    """Hold the model's lease.

    Raises:
        LeaseHeldError: another run is at work on this model, and alive.
    """
    held = _take(run)
    try:
        yield held
    finally:
        with suppress(TrimtabError):  # one that cannot be freed is not renewed either: the next run takes it over
            held.free()


@contextmanager
def seized(run: Run) -> Iterator[HeldLease]:
    """Hold the model's lease at once, whoever has it: for what must not wait. The run that had it finds its next change
    of the registry refused, and its next move of the alias too, since that names a revision which is gone by then.

    Raises:
        LeaseHeldError: others took the lease again and again at this very moment.
    """
    held = _seize(run)
    try:
        yield held
    finally:
        with suppress(TrimtabError):
            held.free()


def _seize(run: Run) -> HeldLease:
    mine = Lease(run.request.model, run.id, run.request.actor, run.request.time)
    for _ in range(SEIZE_ATTEMPTS):
        found, revision = run.tools.registry.lease(run.request.model)
        try:
            held = HeldLease(run, mine, run.tools.registry.put_lease(mine, revision))
        except ConflictError:  # the holder has renewed it between the two
            continue
        if found is not None and found.run not in (None, run.id):
            run.note(f"took the lease from a run of {found.actor}: this cannot wait")
        return held
    raise LeaseHeldError(f"the lease of {run.request.model} changed hands {SEIZE_ATTEMPTS} times: run again")


def _take(run: Run) -> HeldLease:
    registry, request = run.tools.registry, run.request
    found, revision = registry.lease(request.model)
    if found is not None and found.run not in (None, run.id):
        revision = _watch(run, found, revision)
    mine = Lease(request.model, run.id, request.actor, request.time)
    try:
        return HeldLease(run, mine, registry.put_lease(mine, revision))
    except ConflictError:
        raise LeaseHeldError(f"another run has just begun on {request.model}: run again when it is done") from None


def _watch(run: Run, found: Lease, revision: int) -> int:
    """Wait until a lease was silent for long enough; returns the revision to take it over from."""
    tools, began = run.tools, run.tools.elapsed()
    while tools.elapsed() - began < SILENCE_S:
        tools.pause(WATCH_EVERY_S)
        now, changed = tools.registry.lease(found.model)
        if now is None or now.run is None:
            return changed
        if changed != revision:
            raise LeaseHeldError(
                f"{now.actor} is at work on {now.model} (asked for at {now.since}): run again when that is done"
            )
    run.note(f"took over the lease of a run of {found.actor} that died")
    return revision
