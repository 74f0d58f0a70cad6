"""Commands for who must answer for a model: is the audit sound, what does it say, what served this request?"""

import sys
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from functions.domain.windows import iso
from trimtab.commands.options import Json, StageName
from trimtab.console import note, notes, print_json, print_table, results
from trimtab.judge_now import read_time
from trimtab.project import Project
from trimtab.stage import LOCAL, open_stage

EXIT_TAMPERED = 5
Moment = Annotated[str | None, typer.Option(help="UTC, such as 2013-03-08 or 2013-03-08T12:00.")]

app = typer.Typer(no_args_is_help=True, help="Who did what: verify the audit chain, or export it.")


@app.command()
def verify(
    api: Annotated[
        bool, typer.Option("--api", help="Ask the management API instead of reading all of it here.")
    ] = False,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """Hold the audit chain against registry, sealed heads and artifacts. Exit code 5: tampering was found."""
    from trimtab.audit import verify_stage
    from trimtab.management import Management

    there = open_stage(Project.find(), stage)
    if api:
        found = Management(there).get("/audit/verify")
    else:
        with notes.status("reading ...") as status:
            found = verify_stage(there, lambda what, done, of: status.update(_progress(what, done, of))).to_document()
    if as_json:
        print_json(found)
    else:
        _show(found)
    if found["sound"] is not True:
        raise typer.Exit(EXIT_TAMPERED if found["findings"] else 1)


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output without.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="UTC, such as 2013-03-08; the first entry's.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="UTC, itself left out; the last entry's.")] = None,
    as_format: Annotated[str, typer.Option("--format", help="jsonl or csv.")] = "jsonl",
    model: Annotated[str | None, typer.Option("--model", help="Of this model alone.")] = None,
    stage: StageName = LOCAL,
) -> None:
    """Write the audit chain's entries of a period."""
    from trimtab.audit import entries, write

    if as_format not in ("jsonl", "csv"):
        raise typer.BadParameter("--format is jsonl or csv")
    period = (None if start is None else read_time(start), None if end is None else read_time(end))
    told = entries(open_stage(Project.find(), stage), *period, model)

    def wrote(where: TextIO) -> int:
        return write(told, "csv" if as_format == "csv" else "jsonl", where)

    if file is None:
        count = wrote(sys.stdout)
    else:
        with file.open("w", encoding="utf-8", newline="") as opened:
            count = wrote(opened)
    note(f"{count:,} entries")


def explain(
    request: Annotated[str, typer.Argument(help="The id of a request, or of one row of it.")],
    model: Annotated[str | None, typer.Option("--model", help="The model that was asked; all, without.")] = None,
    at: Moment = None,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """What served a request: which release and version, trained on what, approved by whom."""
    from trimtab.explanation import explained, lines

    found = explained(open_stage(Project.find(), stage), request, model, None if at is None else iso(read_time(at)))
    if as_json:
        print_json(found)
        return
    for name, text in lines(found):
        results.print(f"{name:<12} {text}", markup=False)
    _show_rows(found["served"])


def _show_rows(served: dict[str, Any]) -> None:
    rows = [
        [row["id"], _words(row["inputs"]), _words(row["outputs"]), ", ".join(row["flags"]), row["label"]]
        for row in served["shown"]
    ]
    print_table(f"{len(rows)} of {served['rows']} rows", ["id", "inputs", "outputs", "flags", "label"], rows)


def _words(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _progress(what: str, done: int, of: int) -> str:
    return f"{what}: {done:,}" + (f" of {of:,}" if of else "") + " ..."


def _show(found: dict[str, Any]) -> None:
    read = [f"{found[name]:,} {name}" for name in ("entries", "items", "heads", "versions")]
    results.print(f"{', '.join(read)}; sealed up to entry {found['sealed_to']:,}", markup=False)
    for text in found["notes"]:
        note(f"note: {text}")
    for text in found["findings"]:
        results.print(f"FOUND {text}", markup=False)
    if found["more_findings"]:
        results.print(f"and {found['more_findings']:,} more", markup=False)
    verdict = {True: "sound", False: f"{len(found['findings']) + found['more_findings']:,} signs of tampering"}
    results.print(verdict.get(found["sound"], "not verified"), markup=False)
