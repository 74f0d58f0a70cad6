"""Commands that look at what the correction made of a model, and at what it kept out of it."""

from typing import Annotated, Any

import typer

from functions.domain.errors import InvalidRequestError
from functions.domain.windows import iso
from trimtab.commands.options import Json, Model, StageName
from trimtab.console import note, print_json, print_table
from trimtab.judge_now import read_time
from trimtab.project import Project
from trimtab.stage import LOCAL, open_stage

SHOWN_ROWS = 10
Moment = Annotated[str | None, typer.Option(help="UTC, such as 2013-03-08; with --sender.")]


def quarantine(
    model: Model,
    release: Annotated[str | None, typer.Option(help="Learn from the row of this id all the same.")] = None,
    sender: Annotated[str | None, typer.Option(help="Learn from what this sender labelled all the same.")] = None,
    start: Moment = None,
    end: Moment = None,
    reason: Annotated[str, typer.Option(help="Why; it goes into the audit.")] = "",
    rows: Annotated[int, typer.Option(min=0, max=1_000, help="How many rows to show.")] = SHOWN_ROWS,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """What the last snapshot kept out of training, by reason and sender; or let it in again (--release, --sender)."""
    from trimtab.management import Management, part

    api, path = Management(open_stage(Project.find(), stage)), f"/models/{part(model)}/quarantine"
    if release is None and sender is None:
        if reason or start or end:
            raise InvalidRequestError("--reason, --start and --end go with --release ID or --sender S")
        _print_quarantine(api.get(path, rows=rows), as_json)
        return
    said = {"id": release, "sender": sender, "start": _moment(start), "end": _moment(end), "reason": reason}
    done = api.post(f"{path}/release", {name: value for name, value in said.items() if value is not None})
    if as_json:
        print_json(done)
    else:
        new = done["new"]
        note("released: the next snapshot learns from it" if new else "that was released before, for the same reason")


def _moment(text: str | None) -> str | None:
    return None if text is None else iso(read_time(text))


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
