"""The command line's manners: an error is one line that says what to do, and an exit code; never a traceback."""

import json
import sys
from pathlib import Path

import pytest

from functions.domain.errors import CorruptArtifactError, NotFoundError, TrimtabError, UnavailableError
from trimtab.cli import _exit_code, main
from trimtab.project import Project
from trimtab.stage import open_stage, running_cloud


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with nothing in it, as the working folder."""
    for name in ("cdk.json", "app.py"):
        (tmp_path / name).write_text("{}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRIMTAB_STATE", raising=False)
    return Project.find()


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["trimtab", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["train", "tides"], 1, "trimtab new tides"),
        (["deploy", "tides"], 1, "models here: none yet"),
        (["predict", "tides", "--file", "rows.csv"], 3, "trimtab up --background"),
        (["status"], 3, "trimtab up --background"),
        (["new", "tides", "--from", "nowhere.csv", "--label", "x"], 1, "nowhere.csv"),
        (["unheard-of"], 2, "unheard-of"),
    ],
)
def test_an_error_says_what_to_do_and_has_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], arguments: list[str], code: int, says: str
) -> None:
    assert run(monkeypatch, *arguments) == code
    said = capfd.readouterr().err
    assert says in said
    assert "Traceback" not in said


def test_outside_of_a_project_the_error_says_where_to_go(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "status") == 1
    assert "cdk.json" in capfd.readouterr().err


@pytest.mark.usefixtures("checkout")
def test_down_is_no_error_when_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "down") == 0


@pytest.mark.parametrize(
    ("error", "code"), [(NotFoundError("x"), 1), (UnavailableError("x"), 3), (CorruptArtifactError("x"), 4)]
)
def test_exit_codes_tell_kinds_of_errors_apart(error: TrimtabError, code: int) -> None:
    assert _exit_code(error) == code


def test_a_cloud_that_was_killed_does_not_count_as_running(checkout: Project) -> None:
    checkout.cloud_state.mkdir()
    about = {"pid": 2**22 + 1, "gateway": "", "endpoint": ""}  # above Linux's largest process number
    (checkout.cloud_state / "cloud.json").write_text(json.dumps(about))

    assert running_cloud(checkout) is None
    with pytest.raises(UnavailableError, match="not running"):
        open_stage(checkout, "local")
