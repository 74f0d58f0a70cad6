"""Register: an upload becomes a version of its model, numbered, kept for good and signed; approved where it may be.

Safe to run twice, to die at any line and to run beside itself: each step does nothing where it was done before. A
version is approved last, for from then on any run of `roll_out` may want to publish it.
"""

from typing import Any

from functions.domain.approval import check_author
from functions.domain.errors import ConflictError
from functions.domain.model_version import ModelVersion
from functions.register.request import RegisterRequest
from functions.register.tools import Tools


def register(request: RegisterRequest, tools: Tools) -> dict[str, Any]:
    """Register an upload, or go on with it: `{"version", "state", "signed", "waits", "steps"}`.

    `waits` says in words who must approve it, None where nobody has to.

    Raises:
        InvalidRequestError: the artifact's prefix is not one of an upload.
        AccessDeniedError: people approve this model's versions, and nobody is known to stand behind the author.
        NotFoundError: the upload is not there, or the model's stack was never deployed.
        CorruptArtifactError: a file is not what its manifest says, or another lies where it shall be kept.
        ConflictError: the version was rejected, or others kept changing things.
        UnavailableError: AWS did not do what it was asked; run again.
    """
    config = tools.approvals.policy(request.model)
    artifact = tools.uploads.fetch(request.model, request.artifact)
    steps: list[str] = []
    known = tools.registry.find_version(request.model, artifact.digest)
    if known is None:
        if request.evidence is None:  # else the gate found it good, whoever set the training off
            check_author(request.author, request.person, config)
        known = tools.registry.register(artifact, request.author, request.time, request.person, request.evidence)
        _note(request, steps, f"registered version {known.number}")
    if known.state == "rejected":
        raise ConflictError(f"{known.model} version {known.number} is rejected: {known.reason or 'no reason given'}")
    tools.versions.keep(artifact, known.number)
    version = _proposed(request, known, tools)
    if version.state != known.state:
        _note(request, steps, f"approved version {version.number}")
    waits = None if version.state == "approved" else version.proposal.waits_for(config, request.at)
    return {"version": version.number, "state": version.state, "signed": True, "waits": waits, "steps": steps}


def _proposed(request: RegisterRequest, known: ModelVersion, tools: Tools) -> ModelVersion:
    """The version as it stands once it was put before those who approve, or approved without them."""
    model, number = request.model, known.number
    tools.approvals.propose_again(model, number, request.author, request.evidence_at, request.time)
    details = {"by": "register"} if request.evidence is None else request.evidence
    return tools.approvals.approve_at_once(model, number, request.author, request.time, details)


def _note(request: RegisterRequest, steps: list[str], step: str) -> None:
    """Remember what was done, and print it to the function's log at once: a run may die at any line."""
    steps.append(step)
    print(f"{request.model}: {step}", flush=True)
