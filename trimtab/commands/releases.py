"""Commands by which a person has a say in what is live."""

from typing import Annotated, Any

import typer

from trimtab.commands.options import Json, Model, StageName
from trimtab.console import note, print_json, results
from trimtab.project import Project
from trimtab.stage import LOCAL, open_stage

Reason = Annotated[str, typer.Option("--reason", help="Why, for the audit chain.")]
Version = Annotated[int, typer.Argument(min=1, help="The version's number.")]


def approve(
    model: Model,
    version: Version,
    comment: Annotated[str | None, typer.Option("--comment", help="Why, for the audit chain.")] = None,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """Approve a version; once nobody is missing it goes live as [rollout] of model.toml says."""
    from trimtab.releases import approve as say_yes

    _show_decision(say_yes(open_stage(Project.find(), stage), model, version, comment), as_json)


def reject(
    model: Model,
    version: Version,
    comment: Annotated[str, typer.Option("--comment", help="Why, for the audit chain.")],
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """Refuse a version that waits for approval, for good."""
    from trimtab.releases import reject as say_no

    _show_decision(say_no(open_stage(Project.find(), stage), model, version, comment), as_json)


def roll_back(
    model: Model,
    reason: Reason,
    to: Annotated[int | None, typer.Option("--to", help="The release to go back to; the last good one.")] = None,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """Go back to an earlier release at once; the one that is left is barred until `trimtab unbar`."""
    from trimtab.releases import roll_back as go_back

    _show(go_back(open_stage(Project.find(), stage), model, reason, to), as_json)


def unbar(
    model: Model,
    release: Annotated[int, typer.Argument(min=1, help="The release's number.")],
    reason: Reason,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """Let a release that was rolled back go live again."""
    from trimtab.releases import unbar as lift

    _show(lift(open_stage(Project.find(), stage), model, release, reason), as_json)


def promote(model: Model, stage: StageName = LOCAL, as_json: Json = False) -> None:
    """Give the release that is being rolled out all of the traffic now."""
    from trimtab.releases import promote as go_on

    _show(go_on(open_stage(Project.find(), stage), model), as_json)


def _show(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    for line in answer["steps"]:
        note(f"  {line}")
    results.print(answer["message"], markup=False)


def _show_decision(version: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(version)
        return
    results.print(f"version {version['number']} of {version['model']} is {version['state']}", markup=False)
    if version["waits_for"] is not None:
        note(f"  {version['waits_for']}")
