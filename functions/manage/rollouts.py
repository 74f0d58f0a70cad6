"""Rollouts of a model, the newest first."""

from dataclasses import asdict

from functions.adapters.gateway_answer import Answer, json_answer
from functions.adapters.registry_store import ROLLOUTS
from functions.adapters.rollout_registry import RolloutRegistry
from functions.manage.models import known_model
from functions.manage.pages import newest_first
from functions.manage.request import ManageRequest
from functions.manage.tools import Tools


def list_rollouts(request: ManageRequest, tools: Tools) -> Answer:
    known_model(request, tools)
    rollouts = RolloutRegistry(tools.store)
    found = newest_first(request, tools.store, ROLLOUTS, lambda stored: asdict(rollouts.read(stored)))
    return json_answer(found)
