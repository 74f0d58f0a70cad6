"""Rollouts of a model, the newest first."""

from dataclasses import asdict

from functions.adapters.gateway_answer import Answer, json_answer
from functions.adapters.registry_store import ROLLOUTS
from functions.domain.rollout import Rollout
from functions.manage.models import known_model
from functions.manage.pages import newest_first
from functions.manage.request import ManageRequest
from functions.manage.tools import Tools


def list_rollouts(request: ManageRequest, tools: Tools) -> Answer:
    known_model(request, tools)
    found = newest_first(request, tools.store, ROLLOUTS, lambda stored: asdict(Rollout.from_document(stored.document)))
    return json_answer(found)
