"""Commands that take a version out of a stage as one file, and models in that were made elsewhere."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from functions.domain.errors import InvalidRequestError
from trimtab.commands.options import Json, Model, StageName
from trimtab.console import note, print_json, results, step
from trimtab.project import Project
from trimtab.stage import LOCAL, open_stage


def export(
    model: Model,
    version: Annotated[int, typer.Argument(min=1, help="The version's number.")],
    file: Annotated[Path | None, typer.Argument(help="MODEL-VERSION.trimtab if not given.")] = None,
    stage: StageName = LOCAL,
    as_json: Json = False,
) -> None:
    """Write a version as one file, signed, for another Trimtab to import."""
    from trimtab.bundle_signature import fingerprint
    from trimtab.export import export_version, write_export
    from trimtab.management import Management

    with step(f"export version {version} of {model}"):
        bundle = export_version(Management(open_stage(Project.find(), stage)), model, version)
        out = write_export(bundle, file)
    signer = fingerprint(bundle.public_key)
    if as_json:
        print_json({"file": str(out), "artifact": bundle.artifact.digest, "signer": signer})
        return
    results.print(
        f"{out} holds version {version} of {model}, signed by\n  {signer}\n"
        "tell whoever imports it this fingerprint, by another road than the file goes",
        markup=False,
    )


def import_(
    source: Annotated[Path, typer.Argument(help="An exported version (.trimtab), or a model folder of MLflow.")],
    name: Annotated[str | None, typer.Option("--as", help="What to call the model here.")] = None,
    trust: Annotated[str | None, typer.Option(help="The signer's key: its fingerprint, or a PEM file.")] = None,
    label: Annotated[str | None, typer.Option(help="MLflow: what the truth is called.")] = None,
    positive: Annotated[str | None, typer.Option(help="MLflow: the class whose probability is answered.")] = None,
    as_json: Json = False,
) -> None:
    """Make a model's folder of a version that another Trimtab exported, or of an ONNX model that MLflow keeps."""
    project = Project.find()
    done = _mlflow(project, source, name, label, positive, trust) if source.is_dir() else None
    if done is None:
        if label is not None or positive is not None:
            raise InvalidRequestError(
                "--label and --positive are for models of MLflow: an exported version has its own"
            )
        done = _bundle(project, source, name, trust)
    if as_json:
        print_json(done)
        return
    folder = done["folder"]
    results.print(f"{folder} is ready: look at model.toml, then run `trimtab deploy {Path(folder).name}`", markup=False)


def _bundle(project: Project, source: Path, name: str | None, trust: str | None) -> dict[str, Any]:
    from trimtab.import_bundle import import_bundle

    return asdict(import_bundle(source, name, trust, project, note))


def _mlflow(
    project: Project, source: Path, name: str | None, label: str | None, positive: str | None, trust: str | None
) -> dict[str, Any]:
    from trimtab.import_mlflow import import_mlflow

    if trust is not None:
        raise InvalidRequestError("--trust is for exported versions: a folder of MLflow is signed by nobody")
    return asdict(import_mlflow(source, name, label, positive, project, note))
