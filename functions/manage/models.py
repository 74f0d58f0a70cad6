"""Models: which there are, and how one stands."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from functions.adapters.gateway_answer import JSON_HEADERS, Answer, json_answer
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry import Registry
from functions.adapters.registry_store import config_key, model_key
from functions.adapters.training_registry import TrainingRegistry
from functions.domain.errors import NotFoundError
from functions.domain.model_config import ModelConfig
from functions.domain.model_version import ModelRecord
from functions.manage.etags import etag_of_model
from functions.manage.pages import after_of, limit_of, page
from functions.manage.request import ManageRequest
from functions.manage.tools import Tools


def known_model(request: ManageRequest, tools: Tools) -> str:
    """The model that a request is about.

    Raises:
        NotFoundError: neither the registry nor a stack knows it.
    """
    model = request.model
    if tools.store.read(model_key(model)) is None and tools.store.read(config_key(model)) is None:
        raise NotFoundError(f"there is no model {model!r} in this stage: GET /models lists those that there are")
    return model


def list_models(request: ManageRequest, tools: Tools) -> Answer:
    """All models by name: those that have a stack, and those that the registry remembers."""
    limit, after = limit_of(request), after_of(request)
    records = {record.model: record for record in Registry(tools.store).models()}
    urls = tools.deployed.urls()
    names = sorted(name for name in {*records, *urls} if name > after)
    items = [_short(name, records.get(name) or ModelRecord(name), urls.get(name)) for name in names[:limit]]
    return json_answer(page(items, names[limit - 1] if len(names) > limit else None))


def show_model(request: ManageRequest, tools: Tools) -> Answer:
    """One model: its settings in short, what is live, what is under way, and what was found last."""
    model = known_model(request, tools)
    etag = etag_of_model(tools, model)
    status = Registry(tools.store).status(model)
    monitoring, record = MonitoringRegistry(tools.store), status.record
    running = TrainingRegistry(tools.store).running(model)
    last = monitoring.evaluations(model, 1)
    document = {
        **_short(model, record, tools.deployed.urls().get(model)),
        **_settings(tools, model),
        "model_version": next((r.model_version for r in status.releases if r.number == record.live), None),
        "releases": [asdict(release) for release in status.releases],
        "training": None if running is None else running.execution,
        "evaluation": None if not last else {"window": last[0].window, "verdict": last[0].verdict},
        "busy": status.lease is not None,
        "etag": etag,
    }
    return json_answer(document, headers={**JSON_HEADERS, "ETag": f'"{etag}"'})


def _short(name: str, record: ModelRecord, url: str | None) -> dict[str, Any]:
    return {
        "model": name,
        "url": url,
        "versions": record.versions,
        "candidate": record.candidate,
        "live": record.live,
        "canary": record.live_canary,
        "weight": record.live_weight,
        "rollout": record.rollout,
    }


def _settings(tools: Tools, model: str) -> Mapping[str, Any]:
    """What model.toml says of it; nothing known where only the registry remembers it."""
    try:
        config: ModelConfig | None = MonitoringRegistry(tools.store).config(model)
    except NotFoundError:
        config = None
    return {
        "task": None if config is None else config.task,
        "external": config is not None and config.external,
        "about": {} if config is None else dict(config.about),
    }
