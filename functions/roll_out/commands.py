"""Does what an event asks for, and says what came of it."""

from collections.abc import Mapping
from typing import Any

from functions.domain.errors import ConflictError, SmokeTestError, TrimtabError, UnavailableError
from functions.roll_out.by_hand import promote, unbar
from functions.roll_out.reconcile import reconcile
from functions.roll_out.requests import (
    Ignored,
    PromoteRequest,
    ReconcileAll,
    ReconcileRequest,
    RollBackRequest,
    RollOutRequest,
    UnbarRequest,
    wish,
)
from functions.roll_out.roll_back import roll_back
from functions.roll_out.roll_out_version import roll_out
from functions.roll_out.run import Run, Tools


def obeyed(tools: Tools, event: Mapping[str, Any], run_id: str) -> dict[str, Any]:
    """The answer to an event.

    Raises:
        InvalidRequestError: it is malformed.
        UnavailableError: of several models, some could not be gone on with; each is named.
        TrimtabError: as what is asked for does.
    """
    match wish(event, tools.names):
        case RollOutRequest() as request:
            return roll_out(Run(run_id, request, tools), request).to_document()
        case RollBackRequest() as request:
            return roll_back(Run(run_id, request, tools), request).to_document()
        case PromoteRequest() as request:
            return promote(Run(run_id, request, tools), request).to_document()
        case UnbarRequest() as request:
            return unbar(Run(run_id, request, tools), request).to_document()
        case ReconcileRequest() as request:
            return _reconciled(Run(run_id, request, tools))
        case ReconcileAll() as everything:
            return _all_reconciled(tools, everything, run_id)
        case Ignored() as ignored:
            return {"ignored": ignored.reason}


def _reconciled(run: Run) -> dict[str, Any]:
    """Where a model stands. What only needs another run, or a person, is said and no failure of this one."""
    try:
        return reconcile(run).to_document()
    except (ConflictError, SmokeTestError) as error:
        run.note(str(error))
        return {"model": run.model, "waits": str(error), "steps": run.steps}


def _all_reconciled(tools: Tools, everything: ReconcileAll, run_id: str) -> dict[str, Any]:
    """Where each model stands; one that fails keeps no other back."""
    models, failed = {}, {}
    for record in tools.registry.models():
        request = ReconcileRequest(record.model, everything.actor, everything.time)
        try:
            models[record.model] = _reconciled(Run(run_id, request, tools))
        except TrimtabError as error:
            failed[record.model] = str(error)
    if failed:
        raise UnavailableError("; ".join(f"{model}: {error}" for model, error in failed.items()))
    return {"models": models}
