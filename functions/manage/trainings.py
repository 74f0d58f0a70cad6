"""Trainings of a model: those that there were, the newest first; one; and the next, begun by a person."""

import re
from dataclasses import asdict

from functions.adapters.gateway_answer import Answer, json_answer
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry_store import TRAININGS
from functions.adapters.training_registry import TrainingRegistry
from functions.domain.errors import ConflictError, InvalidRequestError, NotFoundError
from functions.domain.training import Training
from functions.domain.windows import iso
from functions.manage.etags import demand
from functions.manage.models import known_model
from functions.manage.pages import newest_first
from functions.manage.request import ManageRequest, flag
from functions.manage.tools import Tools

_EXECUTION = re.compile(r"[A-Za-z0-9_.:-]{1,80}")  # as Step Functions names them


def list_trainings(request: ManageRequest, tools: Tools) -> Answer:
    known_model(request, tools)
    found = newest_first(
        request, tools.store, TRAININGS, lambda stored: asdict(Training.from_document(stored.document))
    )
    return json_answer(found)


def show_training(request: ManageRequest, tools: Tools) -> Answer:
    model, execution = known_model(request, tools), request.path["execution"]
    if not _EXECUTION.fullmatch(execution):
        raise NotFoundError(f"{model} has no training {execution[:80]!r}")
    return json_answer(asdict(TrainingRegistry(tools.store).of_execution(model, execution)))


def retrain_model(request: ManageRequest, tools: Tools) -> Answer:
    """Bring the log's table up to date, then start the execution: 202, since it goes on for minutes.

    `refresh: false` learns from the table as the last hour left it.

    Raises:
        InvalidRequestError: the model is hosted elsewhere.
        ConflictError: the table is still being made.
    """
    model = known_model(request, tools)
    refresh = flag(request.json("refresh"), "refresh", True)
    demand(request, tools)
    if MonitoringRegistry(tools.store).config(model).external:
        raise InvalidRequestError(f"{model} is hosted elsewhere: it is retrained there, and judged here")
    at, by = iso(request.at), request.caller.name
    if refresh and tools.functions.call("compact", {"model": model, "time": at, "by": by}) is None:
        raise ConflictError(f"the table of {model}'s log is still being made: ask again in a minute")
    execution = tools.machines.start(model, {"model": model, "cause": "person", "by": by, "time": at})
    return json_answer({"model": model, "execution": execution, "state": "running"}, 202)
