"""Options that commands share, and how they show a number."""

from typing import Annotated

import typer

StageName = Annotated[str, typer.Option("--stage", envvar="TRIMTAB_STAGE", help="`local`, or a stage in AWS.")]
Json = Annotated[bool, typer.Option("--json", help="The result for a program.")]
Model = Annotated[str, typer.Argument(help="The model's name: its folder in models/.")]


def shown(metric: float | None) -> str:
    """A metric as tables have it."""
    return "-" if metric is None else f"{metric:.4f}"
