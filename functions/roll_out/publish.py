"""Find the release of a model version with the present code, or publish it: layer, configuration, Lambda version.

Each step looks for its own result first, so that a run that died is picked up where it was.
"""

from collections.abc import Callable
from dataclasses import dataclass

from functions.domain.errors import ConflictError, LeaseHeldError, NotFoundError, UnavailableError
from functions.domain.model_version import ModelVersion
from functions.domain.release import Release
from functions.domain.release_artifact import Artifact, lambda_sha256, layer_zip
from functions.domain.release_function import (
    CONTRACT_VARIABLE,
    VERSION_VARIABLE,
    FunctionState,
    code_digest,
    other_layers,
)
from functions.roll_out.lease import HeldLease
from functions.roll_out.run import Run

READY_WITHIN_S = 600.0  # a snapshot (SnapStart) takes minutes
POLL_EVERY_S = 2.0
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a published version must carry to be this model version's."""

    version: ModelVersion
    layer: str

    @property
    def variables(self) -> dict[str, str]:
        return {VERSION_VARIABLE: str(self.version.number), CONTRACT_VARIABLE: self.version.contract_digest}

    def is_met(self, state: FunctionState) -> bool:
        return self.layer in state.layers and self.variables.items() <= state.environment.items()


def release_of(run: Run, lease: HeldLease, version: ModelVersion, artifact: Artifact, layer_key: str) -> Release:
    """The release of a model version with the code as it is now; published if there is none, and ready to be invoked.

    Raises:
        LeaseHeldError: the lease was lost.
        ConflictError: others kept changing the function.
        UnavailableError: AWS did not do what it was asked, or the version does not become ready.
    """
    for attempt in range(ATTEMPTS):
        try:
            return _release_of(run, lease, version, artifact, layer_key)
        except LeaseHeldError:
            raise
        except ConflictError as error:
            if attempt == ATTEMPTS - 1:
                raise
            run.note(f"the function was changed meanwhile ({error}): looked again")
            run.tools.pause(POLL_EVERY_S)
            lease.renew()
    raise AssertionError("unreachable: the last attempt returns or raises")


def _release_of(run: Run, lease: HeldLease, version: ModelVersion, artifact: Artifact, layer_key: str) -> Release:
    latest = _ready(run, lease, lambda: run.tools.releases.latest(run.function), f"{run.function}")
    code = code_digest(latest, run.layer)
    known = run.tools.registry.find_release(version.model, version.number, code)
    if known and known.pruned_at is None and _is_there(run, lease, known):
        run.note(f"found release {known.number}: version {version.number} with this code")
        return known
    wanted = Wanted(version, _layer(run, lease, artifact, layer_key))
    latest = _configured(run, lease, latest, wanted)
    if code_digest(latest, run.layer) != code:
        raise ConflictError(f"the code of {run.function} was deployed anew")
    number = _published(run, lease, latest, wanted, code)
    state = _ready(run, lease, lambda: run.tools.releases.version(run.function, number), f"release {number}")
    if not wanted.is_met(state) or code_digest(state, run.layer) != code:
        raise ConflictError(f"version {number} of {run.function} is not what was asked for")
    release = Release(version.model, number, version.number, code, wanted.layer, run.request.time)
    run.tools.registry.publish(release, run.request.actor, lease.hold, instead_of=known)
    run.note(f"recorded release {number}")
    return release


def _is_there(run: Run, lease: HeldLease, release: Release) -> bool:
    """Whether a release's Lambda version still exists; waits until it can be invoked."""
    try:
        _ready(
            run, lease, lambda: run.tools.releases.version(run.function, release.number), f"release {release.number}"
        )
    except NotFoundError:
        run.note(f"release {release.number} has lost its Lambda version: somebody deleted it")
        return False
    return True


def _layer(run: Run, lease: HeldLease, artifact: Artifact, key: str) -> str:
    content = lambda_sha256(layer_zip(artifact))
    found = run.tools.releases.find_layer(run.layer, artifact.contract_digest, content)
    if found:
        return found
    arn = run.tools.releases.publish_layer(run.layer, artifact.contract_digest, run.tools.versions.bucket, key, content)
    run.note(f"published layer {arn.rsplit(':', 2)[1]}:{arn.rsplit(':', 1)[1]}")
    return arn


def _configured(run: Run, lease: HeldLease, latest: FunctionState, wanted: Wanted) -> FunctionState:
    """`$LATEST` with the model's layer and variables, its update in effect."""
    layers = [*other_layers(latest.layers, run.layer), wanted.layer]
    environment = latest.environment | wanted.variables
    if latest.layers == layers and latest.environment == environment:
        return latest
    lease.renew()
    run.tools.releases.configure(run.function, latest.revision, layers, environment)
    latest = _ready(run, lease, lambda: run.tools.releases.latest(run.function), run.function)
    if latest.layers != layers or latest.environment != environment:
        raise ConflictError(f"somebody else configured {run.function}")
    run.note(f"configured {run.function} for version {wanted.version.number}")
    return latest


def _published(run: Run, lease: HeldLease, latest: FunctionState, wanted: Wanted, code: str) -> int:
    """The number of the Lambda version that holds what `$LATEST` does: one that a dead run left, or a new one."""
    given_up = {r.number for r in run.tools.rollouts.releases(run.model) if r.pruned_at is not None}
    orphans = [
        state.number
        for state in run.tools.releases.versions(run.function)
        if wanted.is_met(state)
        and code_digest(state, run.layer) == code
        and state.failure is None
        and state.number not in given_up
    ]
    if orphans:
        run.note(f"found Lambda version {max(orphans)}, which a run that died had published")
        return max(orphans)
    description = f"{wanted.version.model} version {wanted.version.number}, code {code[:12]}"
    number = run.tools.releases.publish(run.function, latest.revision, latest.code_sha256, description)
    run.note(f"published release {number}")
    return number


def _ready(run: Run, lease: HeldLease, read: Callable[[], FunctionState], what: str) -> FunctionState:
    """Wait until a function or version is ready, and stay alive meanwhile."""
    began = run.tools.elapsed()
    while True:
        state = read()
        if state.failure:
            raise UnavailableError(f"{what} cannot be used: {state.failure}")
        if state.ready:
            return state
        if run.tools.elapsed() - began > READY_WITHIN_S:
            raise UnavailableError(f"{what} is not ready after {READY_WITHIN_S:.0f} s: run again, it goes on from here")
        run.tools.pause(POLL_EVERY_S)
        lease.renew()
