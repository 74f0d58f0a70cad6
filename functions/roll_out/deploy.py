"""Deploy: a person brings an uploaded artifact to the road that all releases take. `docs/releases.md` draws it.

Safe to run twice, to die at any line and to run beside itself: what was done is read from the registry and from Lambda,
never remembered.
"""

from dataclasses import asdict, dataclass
from typing import Any

from functions.domain.caller import person_of
from functions.domain.errors import ConflictError
from functions.domain.model_version import ModelVersion
from functions.domain.release import Release
from functions.domain.release_artifact import digest_in
from functions.domain.release_function import code_digest
from functions.domain.rollout_target import newest
from functions.roll_out.answer import standing
from functions.roll_out.lease import leased
from functions.roll_out.outbox import tell
from functions.roll_out.reconcile import Deploying, bring_on
from functions.roll_out.requests import DeployRequest
from functions.roll_out.run import Run
from functions.roll_out.traffic import agrees, alias_of


@dataclass(frozen=True, slots=True)
class Deployed:
    """What became of an artifact: `release` has it, `live` answers clients, `weight` is the share that `release` gets
    (1 when it is live). Without a release the version waits for what `message` says.
    """

    model: str
    model_version: int
    release: int | None
    live: int | None
    weight: float
    changed: bool
    steps: list[str]
    message: str

    def to_document(self) -> dict[str, Any]:
        return asdict(self)


def deploy(run: Run, request: DeployRequest) -> Deployed:
    """Have an artifact registered, and roll it out with the code as it is, or say where it stands.

    Raises:
        CorruptArtifactError: the upload is not what its manifest says, or what is kept not what was signed.
        ConflictError: the version was rejected, its release is barred, or somebody kept changing things.
        LeaseHeldError: another run is at work on this model.
        SmokeTestError: the release does not answer as it should; what was live still is.
        NotFoundError: the upload is not there, or the model's stack is not deployed.
        UnavailableError: AWS did not do what it was asked; run again.
    """
    registry = run.tools.registry
    version = registry.find_version(request.model, digest_in(request.model, request.artifact))
    if version is not None and (release := _live_already(run, version)):
        return _unchanged(run, release)
    registered = run.tools.services.registering.register(
        request.model, request.artifact, request.actor, person_of(request.actor), request.time
    )
    for step in registered["steps"]:
        run.note(step)
    version = registry.version(run.model, registered["version"])
    if reason := _kept_back(run, version, registered["waits"]):
        live = registry.model(run.model).live
        return Deployed(run.model, version.number, None, live, 0.0, bool(run.steps), run.steps, reason)
    return rolled_out(run, version, request.now)


def _kept_back(run: Run, version: ModelVersion, waits: str | None) -> str | None:
    """Why people must act before a version goes live; None where nothing stands in its way. No error: it may take days.

    Once it is approved, a run takes it up by itself.
    """
    if waits is not None:
        return f"{waits}; it goes live by itself then"
    wanted = run.tools.registry.model(run.model).candidate
    if run.tools.settings.config(run.model).approval.needed and wanted != version.number:
        return (
            f"version {version.number} of {run.model} is approved, and version {wanted} wanted: roll it out by number"
        )
    return None


def rolled_out(run: Run, version: ModelVersion, now: bool) -> Deployed:
    """Bring an approved version on its way to be live, and say where it stands.

    Raises:
        As `deploy`.
    """
    with leased(run) as lease:
        if live := _live_already(run, version):  # another run did it while this one waited for the lease
            return _unchanged(run, live)
        bring_on(run, lease, None, Deploying(version.number, now))
    tell(run)
    return _deployed(run, version)


def _deployed(run: Run, version: ModelVersion) -> Deployed:
    """Where the version's release stands now."""
    record = run.tools.registry.model(run.model)
    release = newest(run.tools.rollouts.releases(run.model), version.number, _code(run))
    if release is None:
        raise ConflictError(f"the code of {run.function} was deployed anew meanwhile: deploy again")
    number, name = release.number, f"release {release.number} (version {version.number}) of {run.model}"
    message = f"{name} is live" if record.live == number and not record.live_weight else standing(run).message
    weight = 1 - record.live_weight if record.live == number else 0.0
    weight = record.live_weight if record.live_canary == number else weight
    return Deployed(run.model, version.number, number, record.live, weight, True, run.steps, message)


def _unchanged(run: Run, release: Release) -> Deployed:
    message = f"nothing to do: release {release.number} (version {release.model_version}) of {release.model} is live"
    return Deployed(
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
