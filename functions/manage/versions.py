"""Versions of a model, the newest first, and one with its releases."""

from dataclasses import asdict
from typing import Any

from functions.adapters.gateway_answer import JSON_HEADERS, Answer, json_answer
from functions.adapters.registry import Registry
from functions.adapters.registry_store import VERSIONS, Stored, version_key
from functions.domain.errors import NotFoundError
from functions.domain.model_version import ModelVersion
from functions.manage.etags import version_etag
from functions.manage.models import known_model
from functions.manage.pages import newest_first
from functions.manage.request import ManageRequest
from functions.manage.tools import Tools


def list_versions(request: ManageRequest, tools: Tools) -> Answer:
    known_model(request, tools)
    return json_answer(newest_first(request, tools.store, VERSIONS, _shown))


def show_version(request: ManageRequest, tools: Tools) -> Answer:
    """One version; its ETag is what a decision about it should name."""
    model = known_model(request, tools)
    stored = stored_version(request, tools)
    status = Registry(tools.store).status(model)
    version = _shown(stored)
    releases = [asdict(one) for one in status.releases if one.model_version == version["number"]]
    live = status.record.live is not None and status.record.live in [one["number"] for one in releases]
    document = {**version, "releases": releases, "live": live, "candidate": status.record.candidate}
    return json_answer(document, headers={**JSON_HEADERS, "ETag": f'"{version["etag"]}"'})


def stored_version(request: ManageRequest, tools: Tools) -> Stored:
    """The registry's document of the version that a request is about.

    Raises:
        NotFoundError: the model has none of that number.
    """
    number = request.number("version")
    stored = tools.store.read(version_key(request.model, number))
    if stored is None:
        raise NotFoundError(f"{request.model} has no version {number}")
    return stored


def _shown(stored: Stored) -> dict[str, Any]:
    return {**asdict(ModelVersion.from_document(stored.document)), "etag": version_etag(stored.revision)}
