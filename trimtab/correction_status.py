"""What the correction does for a model: its last training, its rollout, what is barred, and what comes next."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from functions.adapters.registry import Registry
from functions.adapters.registry_store import ROLLOUTS, Store
from functions.adapters.registry_table import RegistryTable
from functions.adapters.training_registry import TrainingRegistry
from functions.domain.errors import NotFoundError
from functions.domain.rollout import Rollout
from trimtab.judge_now import now
from trimtab.local.recurrence import read_recurrence
from trimtab.retraining import look
from trimtab.stage import Stage

# Schedules that concern a model, by what they do; a verb without a model is the platform's.
SCHEDULES = (("compact", True), ("evaluate", True), ("correct", True), ("roll_out", False))
LAST_TRAININGS = 5


def correction_status(stage: Stage, model: str) -> dict[str, Any]:
    """`training` and `rollout` are the last of each or None, `barred` the releases that may not go live."""
    store = RegistryTable(stage.client("dynamodb"), stage.names.registry_table)
    known, last = Registry(store).status(model), _last_rollout(store, model)
    return {
        "training": _training(stage, store, model),
        "rollout": None if last is None else _rollout(last, known.record.rollout == last.number),
        "barred": [{"release": one.number, "reason": one.barred} for one in known.releases if one.barred is not None],
        "next": dict(_next_runs(stage, model)),
    }


def moves(correction: dict[str, Any]) -> bool:
    """Whether something is under way that a person may want to watch."""
    training, rollout = correction["training"], correction["rollout"]
    return bool((training and training["state"] == "running") or (rollout and rollout["active"]))


def _training(stage: Stage, store: Store, model: str) -> dict[str, Any] | None:
    """The newest training that was not skipped; while it runs, with the state of its execution and since when."""
    trainings = TrainingRegistry(store).trainings(model, LAST_TRAININGS)
    if not trainings:
        return None
    told = [one for one in trainings if one.state != "skipped"] or trainings
    last = told[-1]
    found = asdict(last) | {"at": None, "at_since": None, "alive": None}
    if last.state == "running":
        try:
            execution = look(stage, stage.names.execution_arn(model, last.execution))
        except NotFoundError:
            return found | {"alive": False}
        since = None if execution.entered is None else _iso(execution.entered)
        found |= {"at": execution.state, "at_since": since, "alive": execution.is_running}
    return found


def _last_rollout(store: Store, model: str) -> Rollout | None:
    stored = store.read_last(f"MODEL#{model}", ROLLOUTS, 1)
    return Rollout.from_document(stored[0].document) if stored else None


def _rollout(rollout: Rollout, active: bool) -> dict[str, Any]:
    return {**asdict(rollout), "active": active, "where": rollout.where}


def _next_runs(stage: Stage, model: str) -> Iterator[tuple[str, str | None]]:
    """When each schedule that there is runs next, by what it does; None where it is switched off."""
    client, moment = stage.client("scheduler"), int(now(stage).timestamp())
    for verb, is_models in SCHEDULES:
        try:
            schedule = client.get_schedule(Name=stage.names.function(verb, model if is_models else None))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            continue
        if schedule.get("State", "ENABLED") != "ENABLED":
            yield verb, None
            continue
        zone = schedule.get("ScheduleExpressionTimezone", "UTC")
        upcoming = read_recurrence(schedule["ScheduleExpression"], zone, is_rule=False).next_after(moment)
        yield verb, None if upcoming is None else _iso(datetime.fromtimestamp(upcoming, UTC))


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
