"""Commands for who must answer for a model: its card, where it comes from, and how versions compare."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from functions.domain.errors import InvalidRequestError
from trimtab.commands.options import Json, Model, StageName
from trimtab.console import note, print_json, printable, results
from trimtab.management import Management, part
from trimtab.project import Project
from trimtab.stage import LOCAL, open_stage

Version = Annotated[str, typer.Argument(help="Its number; of a model hosted elsewhere the name that it gives.")]


def card(
    model: Model,
    version: Version,
    html: Annotated[Path | None, typer.Option(help="Write the card as a page to this file.")] = None,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """The model card of a version: purpose, data, metrics, gate, lineage, approvals, its life in production."""
    from trimtab.card_console import print_card
    from trimtab.card_page import render

    found = _api(stage).get(f"/models/{part(model)}/versions/{part(version)}/card")
    if html is not None:
        html.write_text(render(found), encoding="utf-8")
        note(f"the card of {model} version {version} is {html}")
    if as_json:
        print_json(found)
    elif html is None:
        print_card(found)


def lineage(
    model: Model,
    version: Annotated[str | None, typer.Argument(help="A version; all of the model's by default.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Write the graph as a picture to this file.")] = None,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """Where a version comes from and what came of it, with digests; or how a model's versions came from another."""
    from trimtab.lineage_picture import picture
    from trimtab.lineage_text import tree

    versions = "" if version is None else f"/versions/{part(version)}"
    found = _api(stage).get(f"/models/{part(model)}{versions}/lineage")
    name = model if version is None else f"{model} version {version}"
    if svg is not None:
        svg.write_text(picture(found, f"Lineage of {name}"), encoding="utf-8")
        note(f"the lineage of {name} is {svg}")
    if as_json:
        print_json(found)
    elif svg is None:
        results.print(printable(tree(found)), markup=False)


def compare(
    models: Annotated[list[str], typer.Argument(help="MODEL, or MODEL:3,5; several of them.")],
    versions: Annotated[str, typer.Option(help="Of one model, which: 3,5; the last few by default.")] = "",
    windows: Annotated[bool, typer.Option("--windows", help="Also window by window, all metrics.")] = False,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """Versions side by side, of one model or several, hosted here or elsewhere: metrics, gate, service, who wins."""
    from trimtab.compare_console import print_comparison, print_windows

    found = _compared(_api(stage), _asked(models, versions))
    if as_json:
        print_json(found)
        return
    print_comparison(found)
    if windows:
        print_windows(found)


def _asked(models: Sequence[str], versions: str) -> str:
    """What the API is asked: `flights:3,5;tides`."""
    if not versions:
        return ";".join(models)
    if len(models) != 1 or ":" in models[0]:
        raise InvalidRequestError("--versions is for one model; for several write MODEL:3,5 OTHER:2")
    return f"{models[0]}:{versions}"


def _compared(api: Management, asked: str) -> dict[str, Any]:
    """Of one model by that model's own call, which who may see only that one may make."""
    if ";" in asked:
        return api.get("/compare", versions=asked)
    model, _, versions = asked.partition(":")
    return api.get(f"/models/{part(model)}/compare", versions=versions or None)


def _api(stage: str) -> Management:
    return Management(open_stage(Project.find(), stage))
