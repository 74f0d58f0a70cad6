"""What evaluations found: the windows that were judged, the newest first, and the whole report of one."""

import json
import re
from dataclasses import asdict

from functions.adapters.gateway_answer import Answer, json_answer
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry_store import EVALUATIONS
from functions.domain.errors import NotFoundError
from functions.domain.evaluation import Evaluation
from functions.manage.models import known_model
from functions.manage.pages import newest_first
from functions.manage.request import ManageRequest
from functions.manage.tools import Tools

_END = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)


def list_reports(request: ManageRequest, tools: Tools) -> Answer:
    known_model(request, tools)
    found = newest_first(
        request, tools.store, EVALUATIONS, lambda stored: asdict(Evaluation.from_document(stored.document))
    )
    return json_answer(found)


def show_report(request: ManageRequest, tools: Tools) -> Answer:
    """The report of the window that ended at a moment, as `list_reports` writes it.

    Raises:
        NotFoundError: no window ended then, or its report is gone.
    """
    model, end = known_model(request, tools), request.path["end"]
    evaluation = MonitoringRegistry(tools.store).evaluation(model, end) if _END.fullmatch(end) else None
    if evaluation is None:
        raise NotFoundError(f"no window of {model} that was judged ended at {end[:80]!r}")
    found = None if evaluation.report is None else tools.data.get(evaluation.report)
    if found is None:
        raise NotFoundError(f"the report of the window until {end} of {model} is not kept any more")
    return json_answer({"evaluation": asdict(evaluation), "report": json.loads(found.body)})
