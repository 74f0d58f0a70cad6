"""What is told of versions as a whole: the card, the lineage, and versions side by side."""

from functions.adapters.gateway_answer import Answer, json_answer
from functions.domain.errors import InvalidRequestError
from functions.manage.card import ModelCard
from functions.manage.comparison import Comparison, asked_for
from functions.manage.lineage import Lineage
from functions.manage.models import known_model
from functions.manage.request import LONGEST_TEXT, ManageRequest
from functions.manage.tools import Tools


def show_card(request: ManageRequest, tools: Tools) -> Answer:
    model = known_model(request, tools)
    return json_answer(ModelCard(tools.store, tools.data, tools.artifacts).document(model, request.path["version"]))


def show_lineage(request: ManageRequest, tools: Tools) -> Answer:
    model = known_model(request, tools)
    return json_answer(Lineage(tools.store, tools.data, tools.artifacts).document(model, request.path["version"]))


def show_model_lineage(request: ManageRequest, tools: Tools) -> Answer:
    model = known_model(request, tools)
    return json_answer(Lineage(tools.store, tools.data, tools.artifacts).document(model))


def compare_versions(request: ManageRequest, tools: Tools) -> Answer:
    """Versions of one model: `versions=3,5`; without any its last few."""
    model, asked = known_model(request, tools), _asked(request)
    named = [part.strip() for part in asked.split(",") if part.strip()]
    return json_answer(Comparison(tools.store, tools.data, tools.artifacts).document({model: named}))


def compare_models(request: ManageRequest, tools: Tools) -> Answer:
    """Versions of several models: `versions=flights:3,5;tides`."""
    asked = asked_for(_asked(request))
    for model in asked:
        known_model(request.about(model), tools)
    return json_answer(Comparison(tools.store, tools.data, tools.artifacts).document(asked))


def _asked(request: ManageRequest) -> str:
    asked = request.query.get("versions", "")
    if len(asked) > LONGEST_TEXT:
        raise InvalidRequestError(f"versions has over {LONGEST_TEXT} characters: compare fewer at once")
    return asked
