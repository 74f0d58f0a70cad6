"""A person brings an approved version to the road that all releases take. `docs/releases.md` draws it.

Safe to run twice, to die at any line and to run beside itself: what was done is read from the registry and from Lambda,
never remembered.
"""

from dataclasses import asdict, dataclass
from typing import Any

from functions.domain.errors import ConflictError
from functions.domain.model_version import ModelVersion
from functions.domain.release import Release
from functions.domain.release_function import code_digest
from functions.domain.rollout_target import newest
from functions.roll_out.answer import standing
from functions.roll_out.lease import leased
from functions.roll_out.outbox import tell
from functions.roll_out.reconcile import Deploying, bring_on
from functions.roll_out.requests import RollOutRequest
from functions.roll_out.run import Run
from functions.roll_out.traffic import agrees, alias_of


@dataclass(frozen=True, slots=True)
class RolledOut:
    """What became of a version: `release` has it, `live` answers clients, `weight` is the share that `release` gets
    (1 when it is live).
    """

    model: str
    model_version: int
    release: int
    live: int | None
    weight: float
    changed: bool
    steps: list[str]
    message: str

    def to_document(self) -> dict[str, Any]:
        return asdict(self)


def roll_out(run: Run, request: RollOutRequest) -> RolledOut:
    """Bring a version live that is approved, whichever was wanted before it, with the code as it is; or say where it
    stands.

    Raises:
        NotFoundError: there is no such version, or the model's stack is not deployed.
        ConflictError: it is not approved, its release is barred, or somebody kept changing things.
        CorruptArtifactError: what is kept of the version is not what was signed.
        LeaseHeldError: another run is at work on this model.
        SmokeTestError: the release does not answer as it should; what was live still is.
        UnavailableError: AWS did not do what it was asked; run again.
    """
    version = run.tools.registry.version(run.model, request.version)
    run.tools.live.want(version, request.actor, request.time)
    if release := _live_already(run, version):
        return _unchanged(run, release)
    with leased(run) as lease:
        if release := _live_already(run, version):  # another run did it while this one waited for the lease
            return _unchanged(run, release)
        bring_on(run, lease, None, Deploying(version.number, request.now))
    tell(run)
    return _standing_of(run, version)


def _standing_of(run: Run, version: ModelVersion) -> RolledOut:
    """Where the version's release stands now."""
    record = run.tools.registry.model(run.model)
    release = newest(run.tools.rollouts.releases(run.model), version.number, _code(run))
    if release is None:
        raise ConflictError(f"the code of {run.function} was deployed anew meanwhile: deploy again")
    number, name = release.number, f"release {release.number} (version {version.number}) of {run.model}"
    message = f"{name} is live" if record.live == number and not record.live_weight else standing(run).message
    weight = 1 - record.live_weight if record.live == number else 0.0
    weight = record.live_weight if record.live_canary == number else weight
    return RolledOut(run.model, version.number, number, record.live, weight, True, run.steps, message)


def _unchanged(run: Run, release: Release) -> RolledOut:
    message = f"nothing to do: release {release.number} (version {release.model_version}) of {release.model} is live"
    return RolledOut(
        release.model, release.model_version, release.number, release.number, 1.0, False, run.steps, message
    )


def _live_already(run: Run, version: ModelVersion) -> Release | None:
    """The live release, if it is this version's with the present code and nothing is left half done."""
    record = run.tools.registry.model(version.model)
    if record.live is None or record.rollout is not None or not agrees(record, alias_of(run)):
        return None
    if record.candidate not in (None, version.number):
        return None
    release = run.tools.registry.release(version.model, record.live)
    is_it = release.model_version == version.number and release.code_digest == _code(run) and release.state == "tested"
    return release if is_it else None


def _code(run: Run) -> str:
    return code_digest(run.tools.releases.latest(run.function), run.layer)
