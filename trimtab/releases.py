"""What a person says of releases and versions, through the management API: who says it is who signs."""

from typing import Any

from trimtab.management import Management, part
from trimtab.stage import Stage


def roll_back(stage: Stage, model: str, reason: str, to: int | None) -> dict[str, Any]:
    """Have live go back: to a release, or to the last good one. What `roll_out` answers.

    Raises:
        As `Management`: AccessDeniedError where the caller may not, ConflictError where another run is at work.
    """
    body: dict[str, Any] = {"reason": reason} | ({} if to is None else {"to": to})
    return Management(stage).post(f"/models/{part(model)}/roll-back", body)


def unbar(stage: Stage, model: str, release: int, reason: str) -> dict[str, Any]:
    """Let a release that was rolled back go live again. Raises as `roll_back`."""
    return Management(stage).post(f"/models/{part(model)}/releases/{release}/unbar", {"reason": reason})


def promote(stage: Stage, model: str) -> dict[str, Any]:
    """Give the release that is being rolled out all of the traffic now. Raises as `roll_back`."""
    return Management(stage).post(f"/models/{part(model)}/promote")


def approve(stage: Stage, model: str, version: int, comment: str | None) -> dict[str, Any]:
    """Approve a version as it is read here: where it changes meanwhile, nothing is approved. Raises as `roll_back`."""
    return _decided(stage, model, version, "approve", {} if comment is None else {"comment": comment})


def reject(stage: Stage, model: str, version: int, comment: str) -> dict[str, Any]:
    """Refuse a version for good. Raises as `roll_back`."""
    return _decided(stage, model, version, "reject", {"comment": comment})


def _decided(stage: Stage, model: str, version: int, what: str, body: dict[str, Any]) -> dict[str, Any]:
    api, path = Management(stage), f"/models/{part(model)}/versions/{version}"
    return api.post(f"{path}/{what}", body, if_match=api.get(path)["etag"])
