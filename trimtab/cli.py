"""The `trimtab` command."""

import getpass
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError

from functions.domain.errors import CorruptArtifactError, TrimtabError, UnavailableError
from trimtab.console import note, print_json, print_table, results, step
from trimtab.project import Project
from trimtab.stage import LOCAL, Stage, open_stage, running_cloud

EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_CORRUPT = 1, 3, 4

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Serve ONNX models on AWS Lambda behind HTTPS, and keep them true.",
    epilog="Exit codes: 0 done, 1 refused or wrong input, 2 wrong usage, 3 a service is missing, 4 a file is corrupt.",
)

StageName = Annotated[str, typer.Option("--stage", envvar="TRIMTAB_STAGE", help="`local`, or a stage in AWS.")]
Json = Annotated[bool, typer.Option("--json", help="The result for a program.")]
Model = Annotated[str, typer.Argument(help="The model's name: its folder in models/.")]


def main() -> None:
    """Run a command; an error becomes one line that says what to do, and an exit code."""
    try:
        app()
    except TrimtabError as error:
        note(f"error: {error}")
        sys.exit(_exit_code(error))
    except (BotoCoreError, ClientError) as error:
        note(f"error: AWS: {error}")
        sys.exit(EXIT_UNAVAILABLE)


def _exit_code(error: TrimtabError) -> int:
    if isinstance(error, CorruptArtifactError):
        return EXIT_CORRUPT
    return EXIT_UNAVAILABLE if isinstance(error, UnavailableError) else EXIT_REFUSED


@app.command()
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


@app.command()
def down() -> None:
    """Stop the local cloud. Its state stays in .trimtab/; delete that folder to begin anew."""
    from trimtab import local_process

    note("the local cloud is down" if local_process.stop(Project.find()) else "the local cloud was not running")


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The new model's name.")],
    data: Annotated[Path, typer.Option("--from", help="A CSV file with a header.")],
    label: Annotated[str, typer.Option(help="The column to predict.")],
) -> None:
    """Make a model's folder from a CSV file; it trains and deploys as it stands."""
    from trimtab.scaffold import new as scaffold

    folder = scaffold(name, data, label, Project.find().models, note)
    note(f"{folder} is ready: look at model.toml, then run `trimtab deploy {name}`")


@app.command()
def train(model: Model, as_json: Json = False) -> None:
    """Fit a model, export it to ONNX, check that both answer alike, and write its artifact."""
    from trimtab.training import train_model

    result = train_model(Project.find(), model)
    if as_json:
        print_json(result)
        return
    print_table(f"{model}: hold-out", ["metric", "value"], [[k, _shown(v)] for k, v in result["metrics"].items()])
    if parity := result["parity"]:
        rows, edge_rows = parity["rows"], parity["edge_rows"]
        results.print(
            f"ONNX answers as the original on {rows:,} rows and {edge_rows:,} rows at its splits: "
            f"largest difference {parity['largest_difference']:.1e}"
        )


def _shown(metric: float | None) -> str:
    return "-" if metric is None else f"{metric:.4f}"


@app.command()
def deploy(model: Model, stage: StageName = LOCAL, as_json: Json = False) -> None:
    """Train if needed, upload, register, publish, smoke-test and go live."""
    from trimtab.bring_up import ensure_deployed_stack
    from trimtab.deploy import deploy as deploy_artifact
    from trimtab.endpoint import find_endpoint
    from trimtab.training import example_row, train_if_needed

    project = Project.find()
    artifact = train_if_needed(project, model)
    target = ensure_deployed_stack(project, stage, model)
    with step(f"roll out {model}"):
        done = deploy_artifact(target, model, artifact, actor=getpass.getuser())
    endpoint = find_endpoint(target, model)
    if as_json:
        print_json({**asdict(done), "url": endpoint.url})
        return
    for line in done.steps:
        note(f"  {line}")
    results.print(done.message, markup=False)
    results.print(f"try it:\n  {endpoint.curl(example_row(artifact))}", markup=False)


@app.command()
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
    shown = [
        [p["id"], p["label"], _shown(p.get("probability")), ", ".join(p["flags"])] for p in answers.predictions[:20]
    ]
    print_table(f"{model}: {len(answers.predictions)} answers", ["id", "label", "probability", "flags"], shown)
    if len(answers.predictions) > len(shown):
        note(f"{len(answers.predictions) - len(shown)} more with --json")
    if answers.scores:
        print_table(
            "against the truth in the file", ["metric", "value"], [[k, _shown(v)] for k, v in answers.scores.items()]
        )


@app.command()
def status(
    model: Annotated[str | None, typer.Argument(help="One model; all by default.")] = None,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """What is deployed: URL, live release, model version, and what the registry holds."""
    from trimtab.status import model_status

    project = Project.find()
    target = open_stage(project, stage)
    found = [model_status(target, name) for name in ([model] if model else _deployed(project, target))]
    if as_json:
        print_json(found[0] if model else found)
        return
    columns = ["model", "live release", "model version", "versions", "url"]
    rows = [[s["model"], s["release"], s["model_version"], len(s["versions"]), s["url"]] for s in found]
    print_table(f"stage {stage}", columns, rows)
    if model:
        _print_history(found[0])


def _print_history(about: dict[str, Any]) -> None:
    """The versions and releases of one model."""
    versions = [[v["number"], v["state"], v["registered_at"], v["registered_by"]] for v in about["versions"]]
    print_table("model versions", ["version", "state", "registered", "by"], versions)
    releases = [[r["number"], r["model_version"], r["state"], r["live_at"] or "never"] for r in about["releases"]]
    print_table("releases", ["release", "model version", "state", "last went live"], releases)
    if not about["alias"]["as_registered"]:
        note("live was moved by hand: the registry says otherwise; the next deployment puts it right")


def _deployed(project: Project, stage: Stage) -> list[str]:
    from trimtab.status import deployed_models

    names = deployed_models(stage)
    if not names:
        here = ", ".join(project.model_names) or "none"
        note(f"nothing is deployed in stage {stage.name}; models here: {here}")
    return names


@app.command()
def demo() -> None:
    """The whole path on real flights: train, deploy, send a day of traffic, and find every answer in the log."""
    from trimtab.demo import run

    run(Project.find())


if __name__ == "__main__":
    main()
