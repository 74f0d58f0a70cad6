"""What a person says of releases: out, on, back, and again. `roll_out` does it, and goes on by itself where it takes
longer than a client waits.
"""

from collections.abc import Mapping
from typing import Any

from functions.adapters.gateway_answer import Answer, json_answer
from functions.domain.errors import InvalidRequestError
from functions.manage.etags import demand
from functions.manage.models import known_model
from functions.manage.request import ManageRequest, flag, text
from functions.manage.tools import Tools
from functions.manage.versions import stored_version


def roll_out_version(request: ManageRequest, tools: Tools) -> Answer:
    """Have an approved version go live, by the steps of model.toml, or with `now` at once."""
    known_model(request, tools)
    now = flag(request.json("now"), "now", False)
    number: int = stored_version(request, tools).document["number"]
    demand(request, tools, number)
    return _told(request, tools, "roll_out", {"version": number, "now": now})


def promote_rollout(request: ManageRequest, tools: Tools) -> Answer:
    """Give the release that is being rolled out all of the traffic now."""
    known_model(request, tools)
    request.json()
    demand(request, tools)
    return _told(request, tools, "promote", {})


def roll_back(request: ManageRequest, tools: Tools) -> Answer:
    """Go back to release `to`, or to the last good one, for a `reason`; the one that is left is barred."""
    known_model(request, tools)
    body = request.json("reason", "to")
    reason, to = text(body, "reason"), body.get("to")
    if to is not None and (not isinstance(to, int) or isinstance(to, bool) or not 1 <= to < 10**8):
        raise InvalidRequestError("to must be a release's number, or be left out")
    demand(request, tools)
    return _told(request, tools, "roll_back", {"reason": reason, "to": to})


def unbar_release(request: ManageRequest, tools: Tools) -> Answer:
    """Let a release that was rolled back go live again, for a `reason`."""
    known_model(request, tools)
    number, reason = request.number("release"), text(request.json("reason"), "reason")
    demand(request, tools)
    return _told(request, tools, "unbar", {"release": number, "reason": reason})


def _told(request: ManageRequest, tools: Tools, action: str, fields: Mapping[str, Any]) -> Answer:
    """What `roll_out` answers; 202 where it is still at work."""
    about = {"model": request.model, "actor": request.caller.name, "time": request.time}
    answer = tools.functions.call("roll_out", {"action": action, **about, **fields})
    if answer is None:
        message = f"roll_out is still at work on {request.model}: GET /models/{request.model} shows how far it is"
        return json_answer({"state": "under way", "model": request.model, "message": message, "steps": []}, 202)
    return json_answer({"state": "done", "message": answer.get("waits", ""), **answer})
