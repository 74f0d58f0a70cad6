"""The command that repeats a training."""

from dataclasses import asdict
from typing import Annotated

import typer

from trimtab.commands.options import Json, Model, StageName
from trimtab.console import note, print_json, print_table, results, step
from trimtab.project import Project
from trimtab.stage import LOCAL, open_stage


def reproduce(
    model: Model,
    version: Annotated[int, typer.Argument(min=1, help="The model version to train anew.")],
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """Train a version anew from its snapshot and its own code, and compare every byte; exit code 0 if all are equal."""
    from trimtab.kept_files import KeptFiles
    from trimtab.management import Management
    from trimtab.reproduce import reproduce as train_anew

    project = Project.find()
    folder = project.models / model
    here = folder if folder.is_dir() else None
    with step(f"train {model} version {version} anew"):
        kept = KeptFiles(Management(open_stage(project, stage)), model, version)
        found = train_anew(kept, model, version, kept.artifact, here, lambda text: note(f"    {text}"))
    if as_json:
        print_json({**asdict(found), "identical": found.identical})
    else:
        rows = [[each.file, each.difference or "identical"] for each in found.files]
        print_table(f"{model} version {version}", ["file", "trained anew"], rows)
        verdict = "is byte-identical" if found.identical else "differs from what is registered"
        results.print(f"version {version} of {model}, trained anew, {verdict}", markup=False)
    if not found.identical:
        raise typer.Exit(1)
