"""The app is synthesised once a session, for AWS and for the local cloud, with cdk-nag's rules on."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import app
from infra.settings import stage_settings

ROOT = Path(__file__).parent.parent.parent

# A second model, which asks for what flights doesn't.
TIDES = """
[model]
name = "tides"
task = "regression"
[features.moon]
type = "float32"
[label]
name = "height"
[train]
onnx = "model.onnx"
[api]
auth = "iam"
rate = 7
burst = 9
[lambda]
memory = 2048
timeout = 20
snap_start = true
reserved_concurrency = 5
"""

# A third one, which runs somewhere else and is only judged here.
WAVES = """
[model]
name = "waves"
task = "multiclass"
description = "The sea state off the harbour, by a model on the buoy itself"
[features.wind]
type = "float32"
[label]
name = "state"
[train]
external = true
[evaluate]
schedule = "7d"
[alarms]
no_traffic = "6h"
no_labels = "off"
[api]
rate = 3
burst = 4
"""


@dataclass(frozen=True)
class Template:
    """One stack's template."""

    document: dict[str, Any]

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The resources of a type by logical id."""
        return {key: found for key, found in self.document["Resources"].items() if found["Type"] == kind}

    def all(self, kind: str) -> list[dict[str, Any]]:
        """The properties of all resources of a type."""
        return [found.get("Properties", {}) for found in self.of_type(kind).values()]

    def only(self, kind: str) -> dict[str, Any]:
        """The properties of the one resource of a type."""
        (found,) = self.all(kind)
        return found

    def function(self, verb: str) -> dict[str, Any]:
        """The properties of the Lambda function of a folder of `functions/`."""
        handler = f"functions.{verb}.handler.handler"
        (found,) = [each for each in self.all("AWS::Lambda::Function") if each["Handler"] == handler]
        return found

    def role_of(self, service: str, description: str) -> dict[str, Any]:
        """The role that `service` takes on, whose description ends so."""
        (found,) = [
            each
            for each in self.all("AWS::IAM::Role")
            if each["AssumeRolePolicyDocument"]["Statement"][0]["Principal"].get("Service")
            == f"{service}.amazonaws.com"
            and each["Description"].endswith(description)
        ]
        return found


@dataclass(frozen=True)
class Assembly:
    """What one synthesis of the app made."""

    folder: Path
    reports: dict[str, dict[str, Any]]  # of each set of rules

    @property
    def stacks(self) -> list[str]:
        return sorted(path.name.removesuffix(".template.json") for path in self.folder.glob("*.template.json"))

    def template(self, stack: str) -> Template:
        return Template(json.loads((self.folder / f"{stack}.template.json").read_text()))


def flat(value: Any) -> str:
    """A value of a template as one string: `{"Ref": X}` as `<X>`, logical ids without the digest at their end."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        ((function, argument),) = value.items()
        if function == "Fn::Join":
            return str(argument[0]).join(flat(part) for part in argument[1])
        name = argument if isinstance(argument, str) else ".".join(argument)
        return f"<{re.sub(r'[0-9A-F]{8}(?=$|[.])', '', name)}>"
    return json.dumps(value)


def synthesise(stage: str, root: Path, folder: Path) -> Assembly:
    """The app as `app.py` builds it, under cdk-nag's AwsSolutions rules; it fails where one is broken."""
    context = app.read_context()
    built = app.build(stage_settings(context, stage, environment={}), root, context=context, outdir=str(folder))
    from aws_cdk import Validations
    from cdk_nag import AwsSolutionsChecks

    Validations.of(built).add_plugins(AwsSolutionsChecks(built))
    built.synth()
    reports = json.loads((folder / "validation-report.json").read_text())["pluginReports"]
    return Assembly(folder, {report["pluginName"]: report for report in reports})


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with three models: flights as it is, tides, and waves."""
    root = tmp_path_factory.mktemp("project")
    texts = {"flights": (ROOT / "models" / "flights" / "model.toml").read_text(), "tides": TIDES, "waves": WAVES}
    for name, text in texts.items():
        (root / "models" / name).mkdir(parents=True)
        (root / "models" / name / "model.toml").write_text(text)
    return root


@pytest.fixture(scope="session")
def production(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Stage prod, with account and region left open."""
    return synthesise("prod", models, tmp_path_factory.mktemp("prod"))


@pytest.fixture(scope="session")
def local(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """What the local cloud is made from."""
    return synthesise("local", models, tmp_path_factory.mktemp("local"))


@pytest.fixture(scope="session", params=["prod", "local"])
def assembly(request: pytest.FixtureRequest) -> Any:
    """Each of both."""
    return request.getfixturevalue({"prod": "production", "local": "local"}[request.param])


@pytest.fixture(scope="session")
def platform(production: Assembly) -> Template:
    return production.template("trimtab-prod-platform")


@pytest.fixture(scope="session")
def flights(production: Assembly) -> Template:
    """A model with an API key."""
    return production.template("trimtab-prod-model-flights")


@pytest.fixture(scope="session")
def tides(production: Assembly) -> Template:
    """A model whose callers sign with IAM."""
    return production.template("trimtab-prod-model-tides")


@pytest.fixture(scope="session")
def waves(production: Assembly) -> Template:
    """A model that is hosted elsewhere."""
    return production.template("trimtab-prod-model-waves")
