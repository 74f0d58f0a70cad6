"""Deploy: an uploaded artifact becomes a release, is tried, and goes live. `docs/releases.md` draws the road.

Safe to run twice, to die at any line and to run beside itself: what was done is read from the registry and from Lambda,
never remembered.
"""

from dataclasses import asdict, dataclass
from typing import Any

from functions.domain.errors import ConflictError, NotFoundError, SmokeTestError
from functions.domain.model_version import ModelRecord, ModelVersion
from functions.domain.release import Release
from functions.domain.release_artifact import Artifact
from functions.domain.release_function import Alias, code_digest, is_bootstrap
from functions.roll_out.lease import HeldLease, leased
from functions.roll_out.publish import release_of
from functions.roll_out.run import Run
from functions.roll_out.smoke import smoke_test


@dataclass(frozen=True, slots=True)
class Deployed:
    """What is live now, and what was done for it."""

    model: str
    model_version: int
    release: int
    changed: bool
    steps: list[str]
    message: str

    def to_document(self) -> dict[str, Any]:
        return asdict(self)


def deploy(run: Run) -> Deployed:
    """Bring an artifact live with the code as it is, or say that it is.

    Raises:
        CorruptArtifactError: the upload is not what its manifest says.
        ConflictError: the version was rejected or retired, or somebody kept changing things.
        LeaseHeldError: another run is at work on this model.
        SmokeTestError: the release does not answer as it should; what was live still is.
        NotFoundError: the upload is not there, or the model's stack is not deployed.
        UnavailableError: AWS did not do what it was asked; run again.
    """
    model, registry = run.request.model, run.tools.registry
    artifact = run.tools.artifacts.fetch(model, run.request.artifact)
    version = registry.find_version(model, artifact.digest)
    if version is not None and (release := _live_already(run, version)):
        return _unchanged(run, release)
    if version is None:
        version = registry.register(artifact, run.request.actor, run.request.time)
        run.note(f"registered version {version.number}")
    if version.state in ("rejected", "retired"):
        raise ConflictError(
            f"{model} version {version.number} is {version.state}: {version.reason or 'no reason given'}"
        )
    layer_key = run.tools.artifacts.keep(artifact, version.number)
    with leased(run) as lease:
        if live := _live_already(run, version):  # another run did it while this one waited for the lease
            return _unchanged(run, live)
        release = release_of(run, lease, version, artifact, layer_key)
        release = _tried(run, lease, release, artifact)
        _go_live(run, lease, release)
    message = f"release {release.number} (version {version.number}) of {model} is live"
    return Deployed(model, version.number, release.number, True, run.steps, message)


def _unchanged(run: Run, release: Release) -> Deployed:
    message = f"nothing to do: release {release.number} (version {release.model_version}) of {release.model} is live"
    return Deployed(release.model, release.model_version, release.number, False, run.steps, message)


def _live_already(run: Run, version: ModelVersion) -> Release | None:
    """The live release, if it is this version's with the present code and nothing is left half done."""
    record = run.tools.registry.model(version.model)
    alias = _alias(run)
    if record.live is None or record.live != record.desired or alias.version != str(record.live) or alias.weights:
        return None
    release = run.tools.registry.release(version.model, record.live)
    code = code_digest(run.tools.releases.latest(run.function), run.layer)
    is_it = release.model_version == version.number and release.code_digest == code and release.state == "tested"
    return release if is_it else None


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


def _go_live(run: Run, lease: HeldLease, release: Release) -> None:
    """Say what shall be live, point `live` to it, and record that it does."""
    registry, request = run.tools.registry, run.request
    record, alias = registry.model(release.model), _alias(run)
    if by_hand := _moved_by_hand(run, record, alias):
        run.note(by_hand)
    if record.desired != release.number or by_hand:
        registry.request_live(release, _described(alias), request.actor, request.time, lease.hold)
        run.note(f"release {release.number} shall be live")
    lease.renew()
    # Also where it points there already: a run that this one overtook may be about to move it, by the same revision.
    run.tools.releases.move_alias(run.function, release.number, alias.revision, f"{request.actor}, run {run.id}")
    if alias.version != str(release.number) or alias.weights:
        run.note(f"moved live from {_described(alias)} to release {release.number}")
    registry.confirm_live(release, request.actor, request.time, lease.hold)


def _moved_by_hand(run: Run, record: ModelRecord, alias: Alias) -> str | None:
    """What somebody did to `live` behind the registry's back, in words."""
    expected = [number for number in (record.live, record.desired) if number is not None]
    if alias.version in map(str, expected) and not alias.weights:
        return None
    if record.live is None and not alias.weights and _is_bootstrap(run, alias):
        return None
    known = f"release {record.live}" if record.live is not None else "no release yet"
    return f"live pointed to {_described(alias)}, the registry says {known}: it was moved by hand, and is put right"


def _is_bootstrap(run: Run, alias: Alias) -> bool:
    return alias.version.isdigit() and is_bootstrap(run.tools.releases.version(run.function, int(alias.version)))


def _described(alias: Alias) -> str:
    weights = "".join(f" and {share:.0%} to version {version}" for version, share in sorted(alias.weights.items()))
    return f"version {alias.version}{weights}"


def _alias(run: Run) -> Alias:
    alias = run.tools.releases.alias(run.function)
    if alias is None:
        raise NotFoundError(f"{run.function} has no alias live: deploy the model's stack first")
    return alias
