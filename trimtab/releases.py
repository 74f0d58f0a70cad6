"""What a person tells `roll_out` of releases: back, on, and again."""

from typing import Any

from trimtab.function_call import call_function
from trimtab.judge_now import now
from trimtab.stage import Stage


def roll_back(stage: Stage, model: str, actor: str, reason: str, to: int | None) -> dict[str, Any]:
    """Have live go back: to a release, or to the last good one. What `roll_out` answers.

    Raises:
        NotFoundError: the stage's functions are not deployed.
        UnavailableError: `roll_out` failed, or AWS did not answer.
        TrimtabError: it refused; its reason is the text.
    """
    return _told(stage, model, actor, "roll_back", {"reason": reason, "to": to})


def unbar(stage: Stage, model: str, actor: str, release: int, reason: str) -> dict[str, Any]:
    """Let a release that was rolled back go live again. Raises as `roll_back`."""
    return _told(stage, model, actor, "unbar", {"release": release, "reason": reason})


def promote(stage: Stage, model: str, actor: str) -> dict[str, Any]:
    """Give the release that is being rolled out all of the traffic now. Raises as `roll_back`."""
    return _told(stage, model, actor, "promote", {})


def _told(stage: Stage, model: str, actor: str, action: str, fields: dict[str, Any]) -> dict[str, Any]:
    time = now(stage).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event = {"action": action, "model": model, "actor": actor, "time": time, **fields}
    return call_function(stage, stage.names.function("roll_out"), event)
