"""Commands that say how models are doing."""

import getpass
import json
import webbrowser
from typing import Annotated, Any

import typer

from functions.domain.errors import InvalidRequestError, NotFoundError
from trimtab.commands.options import Json, Model, StageName
from trimtab.commands.watching import watch_correction
from trimtab.console import note, print_json, print_table, results, step
from trimtab.project import Project
from trimtab.stage import LOCAL, Stage, open_stage


def status(
    model: Annotated[str | None, typer.Argument(help="One model; all by default.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Of one model: its correction, live, until it rests.")] = False,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """What is deployed and how it does: URL, live release, last verdict, alarms, its correction, what is next."""
    from trimtab.status import cloud_status, model_status

    if watch and (model is None or as_json):
        raise InvalidRequestError("--watch is of one model, and for a person: trimtab status MODEL --watch")
    project = Project.find()
    target = open_stage(project, stage)
    if watch:
        watch_correction(target, str(model))
        return
    found = [model_status(target, name) for name in ([model] if model else _deployed(project, target))]
    if as_json:
        print_json(found[0] if model else found)
        return
    columns = ["model", "live release", "model version", "versions", "url"]
    rows = [[s["model"], _release(s), s["model_version"], len(s["versions"]), s["url"]] for s in found]
    print_table(f"stage {stage}", columns, rows)
    _print_monitoring(found)
    if model:
        _print_history(found[0])
        _print_correction(target, found[0])
    if (cloud := cloud_status(target)) is not None:
        _print_cloud(cloud)


def evaluate(
    model: Model,
    at: Annotated[str | None, typer.Option(help="Judge as of this time (UTC), such as 2013-03-08; now.")] = None,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """Judge a model now: bring its log's table up to date, evaluate, and show what was found."""
    from trimtab.judge_now import judge, read_time
    from trimtab.report import fetch_report, print_summary

    target = open_stage(Project.find(), stage)
    moment = None if at is None else read_time(at)
    with step(f"judge {model}"):
        done = judge(target, model, moment, by=getpass.getuser())
        page = fetch_report(target, model, done["window"][1])
    document = json.loads(page.with_suffix(".json").read_text())
    if as_json:
        print_json(document)
        return
    print_summary(document)
    results.print(f"the report: {page}", markup=False)


def report(
    model: Model,
    window: Annotated[
        str | None, typer.Option(help="The window's end, such as 2013-03-08; by default the last one.")
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    replay: Annotated[bool, typer.Option("--replay", help="Of the model's last replay.")] = False,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """Show what an evaluation found: verdict and reasons, performance, drift; the page with --open."""
    from trimtab.judge_now import read_time
    from trimtab.replay_cloud import ReplayFolder
    from trimtab.report import fetch_report, print_summary

    project = Project.find()
    end = None if window is None else f"{read_time(window):%Y-%m-%dT%H:%M:%SZ}"
    if replay:
        page = ReplayFolder.of(project, model).report(end)
    else:
        page = fetch_report(open_stage(project, stage), model, end)
    document = json.loads(page.with_suffix(".json").read_text())
    if as_json:
        print_json(document)
    else:
        print_summary(document)
        results.print(f"the page: {page}", markup=False)
    if open_page and not webbrowser.open(page.resolve().as_uri()):
        raise NotFoundError(f"no browser was found: open {page} yourself")


def _release(about: dict[str, Any]) -> Any:
    return "hosted elsewhere" if about["external"] else about["release"]


def _print_monitoring(found: list[dict[str, Any]]) -> None:
    """How each model was judged last, and which of its alarms are not OK."""
    rows = []
    for about in found:
        monitoring = about["monitoring"]
        last = monitoring["verdict"]
        said = (
            [last["verdict"], f"{'at least ' if last['at_least'] else ''}{last['since']}"] if last else ["none yet", ""]
        )
        coverage = "" if last is None or last["label_coverage"] is None else f"{last['label_coverage']:.0%}"
        alarms = _alarms(monitoring["alarms"])
        rows.append([about["model"], *said, coverage, alarms, monitoring["next_evaluation"] or "not scheduled"])
    print_table("judged", ["model", "verdict", "since", "labelled", "alarms", "next evaluation"], rows)
    for about in found:
        last = about["monitoring"]["verdict"]
        for reason in last["reasons"] if last else []:
            note(f"  {about['model']}: {reason}")


def _alarms(not_ok: list[dict[str, Any]]) -> str:
    """Those that went off by name, and how many have nothing to go by."""
    off = [alarm["what"] for alarm in not_ok if alarm["state"] == "ALARM"]
    quiet = len(not_ok) - len(off)
    return ", ".join(off + ([f"{quiet} without data"] if quiet else [])) or "all OK"


def _print_history(about: dict[str, Any]) -> None:
    """The versions and releases of one model."""
    if about["external"]:
        return
    versions = [[v["number"], v["state"], v["registered_at"], v["registered_by"]] for v in about["versions"]]
    print_table("model versions", ["version", "state", "registered", "by"], versions)
    releases = [[r["number"], r["model_version"], r["state"], r["live_at"] or "never"] for r in about["releases"]]
    print_table("releases", ["release", "model version", "state", "last went live"], releases)
    if not about["alias"]["as_registered"]:
        note("live was moved by hand: the registry says otherwise; the next deployment puts it right")


def _print_correction(stage: Stage, about: dict[str, Any]) -> None:
    from trimtab.correction_view import glance
    from trimtab.judge_now import now

    if about["correction"] is not None:
        results.print(glance(about["model"], about["correction"], now(stage)))


def _print_cloud(cloud: dict[str, Any]) -> None:
    """The local cloud's clock and what its schedules do next."""
    rows = [[s["name"], s["state"], s["next"], s["last"], s["error"]] for s in cloud["schedules"]]
    kind = "virtual" if cloud["clock"]["virtual"] else "real"
    title = f"the local cloud's clock: {cloud['clock']['now']} ({kind} time)"
    print_table(title, ["schedule", "state", "next", "last", "error"], rows)


def _deployed(project: Project, stage: Stage) -> list[str]:
    from trimtab.status import deployed_models

    names = deployed_models(stage)
    if not names:
        here = ", ".join(project.model_names) or "none"
        note(f"nothing is deployed in stage {stage.name}; models here: {here}")
    return names
