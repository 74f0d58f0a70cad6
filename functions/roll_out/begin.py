"""Begin a rollout: find or publish the release, try it, and give it its first share of the traffic."""

from functions.adapters.artifacts import layer_key
from functions.domain.correction_config import RolloutConfig
from functions.domain.errors import ConflictError, SmokeTestError
from functions.domain.model_version import ModelVersion
from functions.domain.release import Release
from functions.domain.release_artifact import Artifact
from functions.domain.rollout import Rollout
from functions.domain.rollout_target import Target
from functions.roll_out.lease import HeldLease
from functions.roll_out.publish import release_of
from functions.roll_out.run import Run
from functions.roll_out.smoke import smoke_test
from functions.roll_out.traffic import route


def begin(run: Run, lease: HeldLease, target: Target, now: bool = False) -> Rollout:
    """Check a target's files, publish its release, try it, and roll it out; `now` all of the traffic at once.

    Raises:
        LeaseHeldError: the lease was lost.
        ConflictError: the version may not go live, or others kept changing things.
        SmokeTestError: the release does not answer as it should; what was live still is.
        CorruptArtifactError: the version's files are not what was registered and signed.
        UnavailableError: AWS did not do what it was asked; the next run goes on from here.
    """
    version = run.tools.registry.version(run.model, target.version)
    if version.state != "approved":
        raise ConflictError(f"{run.model} version {version.number} is {version.state}: it is not rolled out")
    artifact = run.tools.versions.verified(version)
    release = _tried(run, lease, _published(run, lease, version, artifact), artifact)
    steps = () if now else _config(run).steps
    reason = {
        "deploy": f"{run.request.actor} deployed version {version.number}",
        "gate": f"version {version.number} is approved",
        "code": "the function has other code",
    }[target.cause]
    rollout = run.tools.rollouts.begin(release, target.cause, steps, reason, run.by(lease.hold))
    run.note(f"rollout {rollout.number}: {rollout.where}")
    route(run, lease)
    return rollout


def _config(run: Run) -> RolloutConfig:
    return run.tools.settings.config(run.model).rollout


def _published(run: Run, lease: HeldLease, version: ModelVersion, artifact: Artifact) -> Release:
    lease.renew()
    release = release_of(run, lease, version, artifact, layer_key(run.model, version.number))
    if release.barred is not None:
        raise ConflictError(
            f"release {release.number} of {release.model} is barred: {release.barred}; "
            f"`trimtab unbar {release.model} {release.number} --reason …` lifts that"
        )
    return release


def _tried(run: Run, lease: HeldLease, release: Release, artifact: Artifact) -> Release:
    """The release with its smoke test passed and recorded; a failed one is recorded too, and raised."""
    lease.renew()
    failure = smoke_test(run, release, artifact)
    lease.renew()
    if failure is not None or release.state != "tested":
        release = run.tools.registry.judge(release, failure, run.request.actor, run.request.time, lease.hold)
    if failure is not None:
        raise SmokeTestError(
            f"release {release.number} of {release.model} failed its smoke test and does not go live: {failure}"
        )
    run.note(f"release {release.number} passed its smoke test")
    return release
