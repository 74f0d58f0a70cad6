"""What one request was served by, and where that came from."""

from functions.adapters.gateway_answer import Answer, json_answer
from functions.domain.errors import NotFoundError
from functions.domain.event_fields import moment_of
from functions.manage.explain import Explain
from functions.manage.models import known_model
from functions.manage.request import ManageRequest
from functions.manage.tools import Tools

LONGEST_ID = 200


def explain_request(request: ManageRequest, tools: Tools) -> Answer:
    """What served a request, or one row of it; `at` says when an observation was predicted whose id does not."""
    model, asked = known_model(request, tools), request.path["request"]
    if not (asked.isascii() and asked.isprintable() and len(asked) <= LONGEST_ID):
        raise NotFoundError(f"the log of {model} has no request {asked[:80]!r}")
    at = moment_of(request.query, "at") if request.query.get("at") else None
    explain = Explain(tools.store, tools.data, tools.artifacts, tools.logs, tools.names)
    return json_answer(explain.document(model, asked, at))
