"""`trimtab retrain`: have a model retrained now, and say what the gate made of it."""

from collections.abc import Callable
from dataclasses import asdict
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from trimtab.commands.options import Json, Model, StageName
from trimtab.console import note, notes, print_json, results, step
from trimtab.project import Project
from trimtab.stage import LOCAL, open_stage

if TYPE_CHECKING:
    from functions.domain.training import Training
    from trimtab.retraining import Execution

# 1 to 4 are what every command means by them.
EXIT_OF = {"passed": 0, "refused": 5, "skipped": 6, "failed": 7, "running": 7}
SAYS = {
    "passed": "the challenger passed the gate: it takes over as [rollout] of model.toml says",
    "refused": "no challenger came of it; what is live stays",
    "skipped": "nothing was trained",
    "failed": "the training failed; what is live stays",
    "running": "its execution ended without a word; what is live stays",
}


def retrain(
    model: Model,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it to its end.")] = True,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """Retrain a model now: snapshot of its log, training, gate. A challenger that passes is rolled out.

    Exit codes besides the common ones: 0 passed (or started, with --no-wait), 5 refused, 6 skipped, 7 failed.
    """
    from trimtab import retraining

    target = open_stage(Project.find(), stage)
    with step(f"make the table of {model}'s log, and start"):
        arn = retraining.start(target, model)
    if not wait:
        if as_json:
            print_json({"model": model, "execution": arn.rpartition(":")[2], "state": "running"})
        else:
            results.print(f"retraining of {model} has started: trimtab status {model} --watch", markup=False)
        return
    begun = perf_counter()
    with notes.status(f"retraining of {model} starts ...") as status:
        ended = retraining.follow(target, arn, _progress(status.update))
    training = retraining.outcome(target, model, ended)
    if as_json:
        print_json({**asdict(training), "seconds": round(perf_counter() - begun, 1)})
    else:
        _print(training, perf_counter() - begun)
    raise typer.Exit(EXIT_OF[training.state])


def _progress(show: Callable[[str], None]) -> "Callable[[Execution], None]":
    """Where the execution is and for how long; a line for each state that it has left."""
    at: list[str | None] = [None]
    since = [perf_counter()]

    def seen(execution: "Execution") -> None:
        moved = execution.state != at[0] or not execution.is_running
        if moved and at[0] is not None:
            notes.print(f"[green]✓[/green] {at[0]} [dim]{perf_counter() - since[0]:.1f} s[/dim]")
        if moved:
            at[0], since[0] = (execution.state if execution.is_running else None), perf_counter()
        if at[0] is not None:
            show(f"{at[0]}, {perf_counter() - since[0]:.0f} s ...")

    return seen


def _print(training: "Training", seconds: float) -> None:
    results.print(f"{training.model}: {training.state} after {seconds:.1f} s: {SAYS[training.state]}", markup=False)
    if training.version is not None:
        results.print(f"model version {training.version}", markup=False)
    if training.fit_rows is not None:
        kept_out = f", {training.quarantined:,} quarantined" if training.quarantined else ""
        note(f"  {training.fit_rows:,} rows to learn from, {training.holdout_rows or 0:,} held out{kept_out}")
    for reason in training.reasons:
        results.print(f"  {reason}", markup=False)
    if training.gate is not None:
        note(f"  every number: {training.gate} in the artifact bucket")
