"""What is told of the audit: its entries, and whether all of it holds."""

from datetime import datetime

from functions.adapters.gateway_answer import Answer, json_answer
from functions.domain.errors import InvalidRequestError
from functions.domain.event_fields import moment_of
from functions.manage.audit import AuditLog, Wanted
from functions.manage.pages import after_of, limit_of, page
from functions.manage.request import ManageRequest
from functions.manage.tools import Tools


def list_audit(request: ManageRequest, tools: Tools) -> Answer:
    """Entries, oldest first: of one `model`, `actor` or `action`, and from `start` to `end`."""
    wanted = Wanted(
        request.query.get("model"),
        request.query.get("actor"),
        request.query.get("action"),
        start=_moment(request, "start"),
        end=_moment(request, "end"),
    )
    after = after_of(request)
    if after and not (after.isdigit() and len(after) < 13):
        raise InvalidRequestError("after must be the `next` of the page before, as it was given")
    log = AuditLog(tools.store, tools.sealed, tools.artifacts, tools.key.verify)
    entries, last = log.page(int(after or 0), limit_of(request), wanted)
    return json_answer(page(entries, None if last is None else str(last)))


def verify_audit(request: ManageRequest, tools: Tools) -> Answer:
    return json_answer(AuditLog(tools.store, tools.sealed, tools.artifacts, tools.key.verify).verify())


def _moment(request: ManageRequest, name: str) -> datetime | None:
    return moment_of(request.query, name) if request.query.get(name) else None
