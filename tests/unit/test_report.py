"""Reports on a person's machine: found, fetched, and told in a terminal."""

from pathlib import Path
from typing import Any

import pytest

from functions.domain.errors import NotFoundError
from functions.domain.names import Names
from tests.contract.fake_s3 import FakeS3
from tests.functions.evaluate import sample_reports
from trimtab import report as of
from trimtab.stage import Stage


class StageOfFake(Stage):
    """A stage whose S3 is in memory."""

    s3 = FakeS3()

    def client(self, service: str) -> Any:
        assert service == "s3"
        return self.s3


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> StageOfFake:
    monkeypatch.setattr(StageOfFake, "s3", FakeS3())
    return StageOfFake(Names("local", "1", "r"))


def put(stage: StageOfFake, model: str, end: str, names: tuple[str, ...] = ("report.json", "report.html")) -> None:
    for name in names:
        key = f"reports/model={model}/{end}/{name}"
        stage.s3.put_object(stage.names.data_bucket, key, f"{model} {end} {name}".encode())


def test_without_a_window_the_last_one_is_fetched(stage: StageOfFake, tmp_path: Path) -> None:
    for end in ("2013-03-09T00:00:00Z", "2013-03-10T00:00:00Z", "2013-02-28T00:00:00Z"):
        put(stage, "flights", end)
    put(stage, "flights-2", "2014-01-01T00:00:00Z")
    page = of.fetch_report(stage, "flights", folder=tmp_path)
    assert page == tmp_path / "2013-03-10T000000Z" / "report.html"
    assert page.read_text() == "flights 2013-03-10T00:00:00Z report.html"
    assert page.with_suffix(".json").read_text() == "flights 2013-03-10T00:00:00Z report.json"


def test_a_window_is_fetched_by_its_end(stage: StageOfFake, tmp_path: Path) -> None:
    put(stage, "flights", "2013-03-09T00:00:00Z")
    put(stage, "flights", "2013-03-10T00:00:00Z")
    page = of.fetch_report(stage, "flights", "2013-03-09T00:00:00Z", tmp_path)
    assert page.read_text() == "flights 2013-03-09T00:00:00Z report.html"


def test_a_report_whose_page_was_not_written_yet_is_not_the_last_one(stage: StageOfFake, tmp_path: Path) -> None:
    put(stage, "flights", "2013-03-09T00:00:00Z")
    put(stage, "flights", "2013-03-10T00:00:00Z", ("report.json",))
    assert of.fetch_report(stage, "flights", folder=tmp_path).parent.name == "2013-03-09T000000Z"


def test_an_unknown_window_is_an_error_that_names_the_last_ones(stage: StageOfFake, tmp_path: Path) -> None:
    put(stage, "flights", "2013-03-09T00:00:00Z")
    with pytest.raises(NotFoundError, match=r"ended at 2013-03-08T00:00:00Z: .* 2013-03-09T00:00:00Z"):
        of.fetch_report(stage, "flights", "2013-03-08T00:00:00Z", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_model_that_was_never_judged_says_how_to(stage: StageOfFake, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="trimtab evaluate flights"):
        of.fetch_report(stage, "flights", folder=tmp_path)


def test_the_summary_tells_verdict_reasons_metrics_labels_and_drift(capsys: pytest.CaptureFixture[str]) -> None:
    report = sample_reports.binary()
    of.print_summary(report)
    said = capsys.readouterr().out
    assert "KEEP, for now; this window alone says ROLL_BACK" in said
    for reason in report["verdict"]["reasons"]:
        assert reason["text"] in said
    assert "Log loss" in said
    assert "12.0% worse" in said
    assert "6,212 of 6,380 mature predictions have one (97.4%)" in said
    assert "temperature" in said
    assert "3 of 11 columns drifted" in said


@pytest.mark.parametrize("name", sample_reports.EVERY)
def test_every_kind_of_report_can_be_told(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    of.print_summary(sample_reports.EVERY[name]())
    assert "performance, on" in capsys.readouterr().out


def test_text_from_data_is_neither_markup_nor_a_command_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    report = sample_reports.binary()
    report["verdict"]["reasons"] = [{"rule": "costly_drift", "text": "[red]x[/] \x1b[31m", "numbers": {}}]
    report["drift"]["columns"][0]["name"] = "[/bold]\x1b]0;gone\x07"
    of.print_summary(report)
    said = capsys.readouterr().out
    assert "[red]x[/]" in said
    assert "[/bold]" in said
    assert "\x1b" not in said
