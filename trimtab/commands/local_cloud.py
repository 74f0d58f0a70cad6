"""Commands about the local cloud as such."""

import subprocess
import sys
from typing import Annotated

import typer

from trimtab.console import note, step
from trimtab.project import Project
from trimtab.stage import LOCAL, open_stage, running_cloud


def up(
    background: Annotated[bool, typer.Option("--background", help="Come back once it answers.")] = False,
    port: Annotated[
        int, typer.Option(envvar="TRIMTAB_PORT", help="The gateway's port; the AWS endpoint takes the next.")
    ] = 8080,
) -> None:
    """Start the local cloud: the real template, on moto, on this machine."""
    from trimtab import local_process
    from trimtab.synth import synthesise

    project = Project.find()
    if (about := running_cloud(project)) is not None:
        note(f"the local cloud already runs: {about['gateway']}")
        return
    with step("synthesise the stacks"):
        assembly = synthesise(project, LOCAL, lambda line: note(f"    {line}"))
    if not background:
        sys.exit(subprocess.run(local_process.command(project, port, assembly), check=False).returncode)  # noqa: S603
    with step("start the local cloud"):
        about = local_process.start(project, port)
    note(f"  gateway       {about['gateway']}")
    note(f"  AWS endpoint  {about['endpoint']}")
    note(f"  state, logs   {project.cloud_state}")


def down() -> None:
    """Stop the local cloud. Its state stays in .trimtab/; delete that folder to begin anew."""
    from trimtab import local_process

    note("the local cloud is down" if local_process.stop(Project.find()) else "the local cloud was not running")


def user(
    name: Annotated[str, typer.Argument(help="Who: TRIMTAB_USER=NAME makes later commands this user's.")],
    role: Annotated[str, typer.Option("--role", help="viewer, data-scientist, approver, auditor, client, labeler.")],
    model: Annotated[str | None, typer.Option("--model", help="Over this model alone; over all without.")] = None,
) -> None:
    """Add a user to the local cloud, or another role to one: what roles may not do is refused here as in AWS."""
    from trimtab.local_users import VARIABLE, add_local_user

    add_local_user(open_stage(Project.find(), LOCAL), name, role, model)
    note(f"{name} is {role} of {model or 'all models'}: {VARIABLE}={name} makes commands {name}'s")


def demo() -> None:
    """Eight weeks of real flights in minutes: a model is judged, retrained, rolled out, attacked and taken back."""
    from trimtab.demo import run

    run(Project.find())
