"""`trimtab card`, `lineage` and `compare`: what they ask of the management API, and what they leave behind."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from functions.manage.card import ModelCard
from functions.manage.comparison import Comparison, asked_for
from functions.manage.lineage import Lineage
from tests.functions.manage.worlds import EXTERNAL, MODEL, ManagedWorld
from trimtab.cli import app
from trimtab.commands import governance


class FakeManagement:
    """Answers by the very classes that the API answers by, and keeps what it was asked."""

    def __init__(self, world: ManagedWorld) -> None:
        self.world, self.asked = world, list[str]()

    def get(self, path: str, **query: str | None) -> dict[str, Any]:
        given = "&".join(f"{name}={value}" for name, value in query.items() if value is not None)
        self.asked.append(f"{path}?{given}" if given else path)
        match path.strip("/").split("/"):
            case ["models", model, "versions", version, "card"]:
                return ModelCard(*self.world.args).document(model, version)
            case ["models", model, "versions", version, "lineage"]:
                return Lineage(*self.world.args).document(model, version)
            case ["models", model, "lineage"]:
                return Lineage(*self.world.args).document(model)
            case ["models", model, "compare"]:
                versions = query["versions"]
                return Comparison(*self.world.args).document({model: versions.split(",") if versions else []})
            case ["compare"]:
                return Comparison(*self.world.args).document(asked_for(query["versions"] or ""))
        raise AssertionError(f"no such call: {path}")


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeManagement:
    fake = FakeManagement(ManagedWorld(tmp_path))
    fake.world.add_external()
    fake.world.evaluate(1)
    fake.world.evaluate(1, "2024-02", EXTERNAL)
    monkeypatch.setattr(governance, "_api", lambda stage: fake)
    return fake


def run(*words: str) -> str:
    """What a command puts on standard output."""
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_card_is_shown_written_as_a_page_and_printed_as_json(api: FakeManagement, tmp_path: Path) -> None:
    assert f"{MODEL} version 2: binary model, approved, live" in run("card", MODEL, "2")
    page = tmp_path / "card.html"
    assert run("card", MODEL, "2", "--html", str(page)) == ""
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert json.loads(run("card", MODEL, "2", "--json"))["gate"]["decision"] == "passed"
    assert set(api.asked) == {f"/models/{MODEL}/versions/2/card"}


def test_lineage_is_shown_as_a_tree_written_as_a_picture_and_printed_as_json(
    api: FakeManagement, tmp_path: Path
) -> None:
    assert run("lineage", MODEL, "2").startswith("version 2 (approved, live)")
    picture = tmp_path / "lineage.svg"
    run("lineage", MODEL, "--svg", str(picture))
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")  # noqa: S314 - our own
    assert json.loads(run("lineage", EXTERNAL, "2024-02", "--json"))["version"] == "2024-02"
    assert api.asked == [
        f"/models/{MODEL}/versions/2/lineage",
        f"/models/{MODEL}/lineage",
        f"/models/{EXTERNAL}/versions/2024-02/lineage",
    ]


def test_one_model_is_compared_by_its_own_call_and_several_by_the_one_for_all(api: FakeManagement) -> None:
    assert "passed against version 1" in run("compare", MODEL)
    assert [one["version"] for one in json.loads(run("compare", MODEL, "--versions", "2", "--json"))["versions"]] == [
        "2"
    ]
    assert len(json.loads(run("compare", f"{MODEL}:1,2", EXTERNAL, "--json"))["versions"]) == 3
    assert api.asked == [
        f"/models/{MODEL}/compare",
        f"/models/{MODEL}/compare?versions=2",
        f"/compare?versions={MODEL}:1,2;{EXTERNAL}",
    ]


def test_versions_beside_several_models_are_refused_with_how_to_write_it(api: FakeManagement) -> None:
    done = CliRunner().invoke(app, ["compare", MODEL, EXTERNAL, "--versions", "2"])
    assert done.exit_code != 0
    assert "write MODEL:3,5 OTHER:2" in str(done.exception)


def test_a_name_from_data_is_no_command_to_the_terminal(api: FakeManagement) -> None:
    name = "\x1b[31m[bold]x"
    api.world.evaluate(2, name, EXTERNAL)
    said = run("compare", f"{EXTERNAL}:{name}", "--windows") + run("lineage", EXTERNAL)
    assert "\x1b" not in said
    assert "[bold]x" in said
