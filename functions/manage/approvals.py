"""Yes and no to a version. Who says so is the verified caller; when is the gateway's clock's."""

from dataclasses import asdict

from functions.adapters.approval_registry import LONGEST, ApprovalRegistry
from functions.adapters.gateway_answer import JSON_HEADERS, Answer, json_answer
from functions.domain.model_version import ModelVersion
from functions.manage.etags import demand, revision_demanded, version_etag
from functions.manage.models import known_model
from functions.manage.request import ManageRequest, text
from functions.manage.tools import Tools
from functions.manage.versions import stored_version


def approve_version(request: ManageRequest, tools: Tools) -> Answer:
    """Approve a version, with an optional `comment`; the last approval that is needed lets it go live."""
    known_model(request, tools)
    body = request.json("comment")
    comment = text(body, "comment", LONGEST) if body.get("comment") is not None else ""
    number, revision = _demanded(request, tools)
    registry = ApprovalRegistry(tools.store)
    return _shown(
        request, tools, registry.approve(request.model, number, request.caller, comment, request.time, revision)
    )


def reject_version(request: ManageRequest, tools: Tools) -> Answer:
    """Refuse a registered version for good; `comment` says why."""
    known_model(request, tools)
    comment = text(request.json("comment"), "comment", LONGEST)
    number, revision = _demanded(request, tools)
    registry = ApprovalRegistry(tools.store)
    return _shown(
        request, tools, registry.reject(request.model, number, request.caller, comment, request.time, revision)
    )


def _demanded(request: ManageRequest, tools: Tools) -> tuple[int, int | None]:
    """The version's number, and the revision that alone may be changed."""
    number: int = stored_version(request, tools).document["number"]
    demand(request, tools, number)
    return number, revision_demanded(request)


def _shown(request: ManageRequest, tools: Tools, version: ModelVersion) -> Answer:
    """The version after it, and what it still waits for."""
    config = ApprovalRegistry(tools.store).policy(version.model)
    etag = version_etag(stored_version(request, tools).revision)
    waits = version.proposal.waits_for(config, request.at) if version.state == "registered" else None
    document = {**asdict(version), "waits_for": waits, "etag": etag}
    return json_answer(document, headers={**JSON_HEADERS, "ETag": f'"{etag}"'})
