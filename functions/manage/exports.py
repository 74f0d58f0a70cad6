"""A version as files that another stage can take in."""

from functions.adapters.gateway_answer import Answer, json_answer
from functions.manage.export import Export
from functions.manage.models import known_model
from functions.manage.request import ManageRequest
from functions.manage.tools import Tools


def export_version(request: ManageRequest, tools: Tools) -> Answer:
    """The files of a version with their digests and URLs, the public key and the settings."""
    model, number = known_model(request, tools), request.number("version")
    return json_answer(Export(tools.store, tools.artifacts, tools.urls, tools.key.public_key).document(model, number))
