from pathlib import Path

import pytest

from functions.domain.errors import MisconfiguredError
from trimtab.project import Project
from trimtab.synth import synthesise

APP = """
import os, pathlib
print("building predict", flush=True)
out = pathlib.Path(os.environ["CDK_OUTDIR"]); out.mkdir(parents=True)
(out / "stage").write_text(os.environ["CDK_CONTEXT_JSON"])
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "app.py").write_text(APP)
    return Project(tmp_path)


def test_passes_on_what_the_app_says_and_runs_it_again_only_if_a_source_changed(project: Project) -> None:
    said: list[str] = []

    assembly = synthesise(project, "local", said.append)
    synthesise(project, "local", said.append)
    assert said == ["building predict"]
    assert (assembly / "stage").read_text() == '{"stage": "local"}'

    (project.root / "cdk.json").write_text("{}")
    synthesise(project, "local", said.append)
    assert said == ["building predict"] * 2


def test_an_app_that_fails_is_quoted_and_tried_again(project: Project) -> None:
    good = (project.root / "app.py").read_text()
    (project.root / "app.py").write_text("raise SystemExit('model.toml: rate is missing')")
    with pytest.raises(MisconfiguredError, match="rate is missing"):
        synthesise(project, "local")

    (project.root / "app.py").write_text(good)
    assert synthesise(project, "local").is_dir()


def test_some_models_have_an_assembly_of_their_own(project: Project) -> None:
    for name in ("tides", "winds"):
        (project.models / name).mkdir(parents=True)
        (project.models / name / "model.toml").write_text("")

    some = synthesise(project, "local", models=["tides"])
    everything = synthesise(project, "local", models=["winds", "tides"])

    assert (some / "stage").read_text() == '{"stage": "local", "models": ["tides"]}'
    assert (everything / "stage").read_text() == '{"stage": "local"}'
    assert some != everything
