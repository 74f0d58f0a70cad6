"""One snapshot: whether to train at all, and from which rows. Safe to run twice, to die anywhere.

What it writes is named by what is in it, and the registry's document comes last; a second run of the same execution
answers what the first one recorded.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from functions.adapters.log_rows import open_log
from functions.adapters.table_rows import connect
from functions.domain.errors import LeaseHeldError, ModelFolderError, NotFoundError
from functions.domain.model_config import ModelConfig
from functions.domain.retraining_policy import last_judged, too_few_labels, too_soon
from functions.domain.training import Training
from functions.domain.windows import iso
from functions.snapshot.collection import Collection
from functions.snapshot.labelled_rows import Span, count_rows
from functions.snapshot.request import EndRequest, SnapshotRequest
from functions.snapshot.tools import Tools

THREADS = 2
LOOK_BACK = 200  # trainings
DUCKDB_SHARE = 3  # DuckDB may take a third of the memory: the rows leave it as arrays


def snapshot(request: SnapshotRequest, tools: Tools) -> dict[str, Any]:
    """Answer the state machine: `ready` with a manifest's key, or why nothing is trained.

    Raises:
        NotFoundError: the model is not deployed, or a version's snapshot is gone.
        CorruptArtifactError: a stored document is not what it should be.
        UnavailableError: AWS did not answer.
    """
    config = tools.monitoring.config(request.model)
    asked = Training(request.model, request.execution, request.cause, request.by, iso(request.at))
    before = [t for t in tools.trainings.trainings(request.model, LOOK_BACK) if t.execution != request.execution]
    reason = _not_at_all(request, config, before, tools)
    if reason is not None:
        return _answer(tools.trainings.skip(asked, (reason,)), config)
    try:
        training = tools.trainings.begin(asked, tools.still_running)
    except LeaseHeldError as error:
        return _answer(tools.trainings.skip(asked, (str(error),)), config)
    if training.state == "running" and training.snapshot is None:
        training = _made(training, request, config, last_judged(before), tools)
    return _answer(training, config)


def end(request: EndRequest, state: Literal["failed", "refused"], tools: Tools) -> dict[str, Any]:
    """Record how a training ended that never came to its gate; of one that never began there is nothing to record.

    Raises:
        UnavailableError: DynamoDB did not answer.
    """
    try:
        training = tools.trainings.of_execution(request.model, request.execution)
    except NotFoundError:
        return {"decision": state, "reasons": list(request.reasons), "model": request.model}
    if training.state == "running":
        training = tools.trainings.end(training, state, request.reasons, iso(request.at))
    return {"decision": training.state, "reasons": list(training.reasons), "model": training.model}


def _not_at_all(request: SnapshotRequest, config: ModelConfig, before: Sequence[Training], tools: Tools) -> str | None:
    """Why the log is not even read, in words."""
    if config.external:
        return f"{config.model} is hosted elsewhere ([train] external): there is nothing here to train"
    return too_soon(request.cause, request.at, before, config, _newest_version(config.model, tools))


def _newest_version(model: str, tools: Tools) -> datetime | None:
    """When the model's newest version was registered."""
    number = tools.registry.model(model).versions
    return datetime.fromisoformat(tools.registry.version(model, number).registered_at) if number else None


def _made(
    training: Training, request: SnapshotRequest, config: ModelConfig, last: Training | None, tools: Tools
) -> Training:
    """The training with its snapshot, or at its end."""
    span = Span.of(config, request.at)
    files = tools.files.of(config.model, (span.window,))
    with connect(THREADS, tools.memory_mb // DUCKDB_SHARE, tools.scratch / "spill") as con:
        open_log(con, files, config.features)
        counted = count_rows(con, config, span, last)
        training = replace(training, labels=counted.new)
        too_few = too_few_labels(request.cause, counted.new, config)
        if too_few is not None:
            return tools.trainings.end(training, "skipped", (too_few,), training.started_at)
        try:
            manifest = Collection(con, config, span, counted, tools).manifest()
        except ModelFolderError as error:  # the rows do not do: asking again would not help
            return tools.trainings.end(training, "refused", (str(error),), training.started_at)
    made = replace(
        training,
        step="retrain",
        snapshot=manifest.key,
        fit_rows=manifest.fit_rows,
        holdout_rows=manifest.holdout_rows,
        quarantined=manifest.rows.quarantined,
    )
    tools.trainings.update(made, iso(request.at))
    return made


def _answer(training: Training, config: ModelConfig) -> dict[str, Any]:
    """What the state machine goes on with; flat, so that a later state takes what it needs."""
    ready = training.state == "running" and training.snapshot is not None
    return {
        "decision": "ready" if ready else "refused" if training.state == "refused" else "skipped",
        "reasons": list(training.reasons),
        "engine": config.train.engine,
        "snapshot": training.snapshot,
        "fit_rows": training.fit_rows,
        "holdout_rows": training.holdout_rows,
        "model": training.model,
        "time": training.started_at,
    }
