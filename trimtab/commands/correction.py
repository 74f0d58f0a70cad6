"""Commands that look at what the correction made of a model, and at what it kept out of it."""

import getpass
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from functions.adapters.data_lake import DataLake
from functions.adapters.registry_table import RegistryTable
from functions.domain.errors import InvalidRequestError
from functions.domain.quarantine_release import QuarantineRelease
from functions.domain.windows import iso
from trimtab.commands.options import Json, Model, StageName, shown
from trimtab.console import note, print_json, print_table
from trimtab.judge_now import now, read_time
from trimtab.project import Project
from trimtab.stage import LOCAL, Stage, open_stage

SHOWN_ROWS = 10
Moment = Annotated[str | None, typer.Option(help="UTC, such as 2013-03-08; with --sender.")]


def compare(
    model: Model,
    versions: Annotated[str, typer.Option(help="Which, such as 3,5; the last few by default.")] = "",
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """Versions side by side: hold-out metrics, rows and period, what the gate said, and how each did in service."""
    from trimtab.version_comparison import compare_versions

    found = compare_versions(open_stage(Project.find(), stage), model, _numbers(versions))
    if as_json:
        print_json(found)
        return
    _print_comparison(model, found["versions"])
    for refusal in found["refused"]:
        note(
            f"refused {refusal['started_at']} ({refusal['report'] or refusal['step']}): {'; '.join(refusal['reasons'])}"
        )


def quarantine(
    model: Model,
    release: Annotated[str | None, typer.Option(help="Learn from the row of this id all the same.")] = None,
    sender: Annotated[str | None, typer.Option(help="Learn from what this sender labelled all the same.")] = None,
    start: Moment = None,
    end: Moment = None,
    reason: Annotated[str, typer.Option(help="Why; it goes into the audit.")] = "",
    rows: Annotated[int, typer.Option(help="How many rows to show.")] = SHOWN_ROWS,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """What the last snapshot kept out of training, by reason and sender; or let it in again (--release, --sender)."""
    from trimtab.quarantine import Quarantine

    target = open_stage(Project.find(), stage)
    store = RegistryTable(target.client("dynamodb"), target.names.registry_table)
    kept = Quarantine(store, DataLake(target.client("s3"), target.names.artifact_bucket), model)
    if release is None and sender is None:
        if reason or start or end:
            raise InvalidRequestError("--reason, --start and --end go with --release ID or --sender S")
        _print_quarantine(kept.document(rows), as_json)
        return
    period = {"start": _moment(start), "end": _moment(end)} if sender is not None else {}
    asked = QuarantineRelease(model, reason, getpass.getuser(), _time(target), release, sender, **period)
    new = kept.release(asked)
    if as_json:
        print_json({"released": asked.to_document(), "new": new})
    else:
        note("released: the next snapshot learns from it" if new else "that was released before, for the same reason")


def _numbers(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    odd = next((part for part in parts if not part.isdecimal()), None)
    if odd is not None:
        raise InvalidRequestError(f"--versions takes numbers, such as 3,5, not {odd!r}")
    return [int(part) for part in parts]


def _time(stage: Stage) -> str:
    return iso(now(stage))


def _moment(text: str | None) -> str | None:
    return None if text is None else iso(read_time(text))


def _print_comparison(model: str, versions: Sequence[dict[str, Any]]) -> None:
    """A column a version."""
    metrics = list(dict.fromkeys(name for version in versions for name in version["metrics"]))
    rows = [
        ["state", *(f"{v['state']}{', live' if v['live'] else ''}" for v in versions)],
        ["registered", *(f"{v['registered_at'][:16]} by {v['registered_by']}" for v in versions)],
        ["fitted on", *(_rows(v["fit"]) for v in versions)],
        ["held out", *(_rows(v["holdout"]) for v in versions)],
        *([name, *(_interval(v["metrics"].get(name)) for v in versions)] for name in metrics),
        ["gate", *(_gate(v["gate"]) for v in versions)],
        ["in service", *(_service(v["in_service"]) for v in versions)],
    ]
    print_table(f"versions of {model}", ["", *(f"version {v['version']}" for v in versions)], rows)
    for version in versions:
        for reason in (version["gate"] or {}).get("reasons", []):
            note(f"version {version['version']}: {reason}")
    note("hold-outs differ between versions: the gate compared them on the same rows")


def _rows(part: dict[str, Any] | None) -> str:
    if part is None:
        return "-"
    period = part.get("period")
    when = f", {period['first'][:10]} to {period['last'][:10]}" if period else ""
    return f"{part['rows']:,} rows{when}"


def _interval(metric: dict[str, float | None] | None) -> str:
    if metric is None:
        return "-"
    low, high = metric["low"], metric["high"]
    return shown(metric["value"]) + (f" ({low:.4f} to {high:.4f})" if low is not None and high is not None else "")


def _gate(gate: dict[str, Any] | None) -> str:
    return "-" if gate is None else f"{gate['decision']} against version {gate['champion']}"


def _service(found: dict[str, Any] | None) -> str:
    if found is None:
        return "-"
    judged = found["judged"]
    last = f", last {shown(judged['value'])}" if judged else ""
    return f"{found['windows']} windows to {found['to'][:10]}{last}"


def _print_quarantine(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    note(f"snapshot of {found['as_of']}: {found['learnt_from']:,} rows of the log are learnt from")
    print_table("kept out, by reason", ["reason", "rows"], [[k, v] for k, v in found["by_reason"].items()])
    print_table("kept out, by sender", ["sender", "rows"], [[k, v] for k, v in found["by_sender"].items()])
    columns = ["id", "time", "sender", "reason", "detail"]
    if found["rows"]:
        print_table("the newest of them", columns, [[row[name] for name in columns] for row in found["rows"]])
    if found["released"]:
        told = [[r["id"] or r["sender"], r["reason"], r["actor"], r["time"]] for r in found["released"]]
        print_table("released", ["what", "why", "by", "when"], told)
