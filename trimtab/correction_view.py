"""The correction at a glance, for a person: in `trimtab status`, and redrawn while something moves."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from rich.table import Table

from trimtab.console import table_of

PARTS = {"compact": "the log's table", "evaluate": "evaluation", "correct": "retraining", "roll_out": "rollouts"}
SHOWN_REASONS = 5


def glance(model: str, correction: Mapping[str, Any], now: datetime) -> Table:
    """What the correction does for a model: a line for the training, the rollout, what is barred, what comes next."""
    rows = [
        ["training", *_training(correction["training"], now)],
        ["rollout", *_rollout(correction["rollout"], now)],
        *(["barred", f"release {one['release']}", one["reason"]] for one in correction["barred"]),
        ["next", "", _next(correction["next"])],
    ]
    return table_of(f"the correction of {model}", ["", "state", "what is known"], rows)


def _training(training: Mapping[str, Any] | None, now: datetime) -> tuple[str, str]:
    if training is None:
        return "none yet", "trimtab retrain starts one"
    begun = f"by {training['actor']} ({training['cause']}), {training['started_at']}"
    if training["state"] != "running":
        return str(training["state"]), "\n".join([begun, *_learnt(training), *_reasons(training["reasons"])])
    if training["alive"] is False:
        return "cut off", f"{begun}\nits execution runs no more: the next training takes its place"
    at = training["at"] or training["step"]
    since = f" for {_since(training['at_since'], now)}" if training["at_since"] else ""
    return "running", "\n".join([begun, f"at {at}{since}", *_learnt(training)])


def _learnt(training: Mapping[str, Any]) -> Iterator[str]:
    if training["fit_rows"] is not None:
        kept_out = f", {training['quarantined']:,} quarantined" if training["quarantined"] else ""
        yield f"{training['fit_rows']:,} rows to learn from, {training['holdout_rows'] or 0:,} held out{kept_out}"
    if training["version"] is not None:
        yield f"model version {training['version']}"


def _rollout(rollout: Mapping[str, Any] | None, now: datetime) -> tuple[str, str]:
    if rollout is None:
        return "none yet", ""
    told = [f"release {rollout['release']} (model version {rollout['model_version']}), {rollout['started_at']}"]
    if rollout["active"]:
        told.append(f"{rollout['where']}, for {_since(rollout['step_since'], now)}")
        told += _evidence(rollout["evidence"])
    if rollout["reason"]:
        told.append(str(rollout["reason"]))
    return str(rollout["state"]).replace("_", " "), "\n".join(told)


def _evidence(evidence: Mapping[str, Any] | None) -> Iterator[str]:
    """What the gate said last of the two releases' predictions and labels."""
    if evidence is None:
        return
    rows, difference = evidence.get("rows") or {}, evidence.get("difference") or {}
    counted = [f"{rows[who]:,} rows of the {who}" for who in ("champion", "challenger") if rows.get(who) is not None]
    if evidence.get("labelled") is not None:
        counted.append(f"{evidence['labelled']:,} labelled")
    if counted:
        yield ", ".join(counted)
    if {"mean", "low", "high"} <= set(difference) and difference["mean"] is not None:
        mean, low, high = (f"{difference[key]:+.4f}" for key in ("mean", "low", "high"))
        yield f"challenger's loss minus champion's {mean} ({low} to {high}): below 0 it is better"


def _reasons(reasons: list[str] | tuple[str, ...]) -> Iterator[str]:
    yield from reasons[:SHOWN_REASONS]
    if len(reasons) > SHOWN_REASONS:
        yield f"and {len(reasons) - SHOWN_REASONS} more: trimtab status --json has them"


def _next(runs: Mapping[str, str | None]) -> str:
    """The schedules by when they run next; those that are switched off last."""
    ordered = sorted(runs.items(), key=lambda run: run[1] or "~")
    return "\n".join(f"{at or 'switched off'}  {PARTS.get(verb, verb)}" for verb, at in ordered)


def _since(text: str, now: datetime) -> str:
    """How long ago, in the unit that says it in two digits or so."""
    seconds = max(0, round((now - datetime.fromisoformat(text)).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
