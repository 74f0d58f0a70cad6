"""Commands that make a model and bring it to its endpoint."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from trimtab.commands.options import Json, Model, StageName, shown
from trimtab.console import note, print_json, print_table, results, step
from trimtab.project import Project
from trimtab.stage import LOCAL, open_stage


def new(
    name: Annotated[str, typer.Argument(help="The new model's name.")],
    data: Annotated[Path, typer.Option("--from", help="A CSV file with a header.")],
    label: Annotated[str, typer.Option(help="The column to predict.")],
) -> None:
    """Make a model's folder from a CSV file; it trains and deploys as it stands."""
    from trimtab.scaffold import new as scaffold

    folder = scaffold(name, data, label, Project.find().models, note)
    note(f"{folder} is ready: look at model.toml, then run `trimtab deploy {name}`")


def train(model: Model, as_json: Json = False) -> None:
    """Fit a model, export it to ONNX, check that both answer alike, and write its artifact."""
    from trimtab.training import train_model

    result = train_model(Project.find(), model)
    if as_json:
        print_json(result)
        return
    print_table(f"{model}: hold-out", ["metric", "value"], [[k, shown(v)] for k, v in result["metrics"].items()])
    if parity := result["parity"]:
        rows, edge_rows = parity["rows"], parity["edge_rows"]
        results.print(
            f"ONNX answers as the original on {rows:,} rows and {edge_rows:,} rows at its splits: "
            f"largest difference {parity['largest_difference']:.1e}"
        )


def deploy(
    model: Model,
    at_once: Annotated[bool, typer.Option("--now", help="All of the traffic at once, without a canary.")] = False,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """Train if needed, upload, register, publish, smoke-test, and roll out as [rollout] of model.toml says."""
    from trimtab.bring_up import ensure_deployed_stack
    from trimtab.deploy import deploy as deploy_artifact
    from trimtab.endpoint import find_endpoint
    from trimtab.training import example_row, is_external, train_if_needed

    project = Project.find()
    if is_external(project, model):
        _deploy_external(project, model, stage, as_json)
        return
    artifact = train_if_needed(project, model)
    target = ensure_deployed_stack(project, stage, model)
    with step(f"roll out {model}"):
        done = deploy_artifact(target, model, artifact, at_once)
    endpoint = find_endpoint(target, model)
    if as_json:
        print_json({**asdict(done), "url": endpoint.url})
        return
    for line in done.steps:
        note(f"  {line}")
    results.print(done.message, markup=False)
    if done.release is not None:
        results.print(f"try it:\n  {endpoint.curl(example_row(artifact))}", markup=False)


def _deploy_external(project: Project, model: str, stage: str, as_json: bool) -> None:
    """Bring up the stack of a model that is hosted elsewhere: there is nothing to train or to publish."""
    from trimtab.bring_up import ensure_deployed_stack
    from trimtab.endpoint import find_endpoint

    url = find_endpoint(ensure_deployed_stack(project, stage, model), model).url
    if as_json:
        print_json({"model": model, "external": True, "url": url})
        return
    results.print(
        f"{model} is hosted elsewhere ([train] external): its stack is up, and takes its predictions and labels at\n"
        f"  POST {url}/models/{model}/observations\n  POST {url}/models/{model}/labels\n"
        "docs/external-models.md shows how to send them",
        markup=False,
    )


def predict(
    model: Model,
    file: Annotated[Path, typer.Option("--file", help="Rows: CSV with a header, or a JSON list.")],
    label: Annotated[str | None, typer.Option(help="The file's column with the truth, if not model.toml's.")] = None,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """Send a file's rows to a model's endpoint; where the file holds the truth, say how right the answers are."""
    from trimtab.predict_file import predict_file

    project = Project.find()
    answers = predict_file(project, open_stage(project, stage), model, file, label)
    if answers.left_out:
        note(f"left out, for they are no features: {', '.join(answers.left_out)}")
    if as_json:
        print_json({"model": model, "predictions": answers.predictions, "scores": answers.scores})
        return
    rows = [[p["id"], p["label"], shown(p.get("probability")), ", ".join(p["flags"])] for p in answers.predictions[:20]]
    print_table(f"{model}: {len(answers.predictions)} answers", ["id", "label", "probability", "flags"], rows)
    if len(answers.predictions) > len(rows):
        note(f"{len(answers.predictions) - len(rows)} more with --json")
    if answers.scores:
        table = [[name, shown(value)] for name, value in answers.scores.items()]
        print_table("against the truth in the file", ["metric", "value"], table)
