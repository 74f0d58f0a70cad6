"""Versions side by side: of one by hand and one of the loop, and what is asked for that is not there."""

from dataclasses import replace
from pathlib import Path

import pytest

from functions.adapters.data_lake import DataLake
from functions.domain.errors import InvalidRequestError, NotFoundError
from functions.domain.evaluation import Evaluation
from tests.functions.gate.worlds import EXECUTION, GateWorld
from tests.functions.snapshot.worlds import ARTIFACTS, MODEL, World, settings
from trimtab.commands.correction import _numbers, _print_comparison
from trimtab.version_comparison import Comparison


@pytest.fixture
def world(tmp_path: Path) -> GateWorld:
    """Version 1 is by hand and live, version 2 passed the gate."""
    made = GateWorld(tmp_path, settings())
    made.deploy()
    made.serve(days=6)
    assert made.judge(made.request())["decision"] == "passed"
    return made


def comparison(stage: World) -> Comparison:
    return Comparison(stage.table, DataLake(stage.s3, ARTIFACTS), MODEL)


def test_a_version_of_the_loop_stands_beside_the_one_by_hand(
    world: GateWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = comparison(world.stage).document([])["versions"]
    assert (first["version"], first["live"], first["gate"]) == (1, True, None)
    assert (second["version"], second["live"], second["state"]) == (2, False, "approved")
    assert second["gate"]["decision"] == "passed"
    assert (second["gate"]["execution"], second["gate"]["champion"]) == (EXECUTION, 1)
    assert second["fit"]["rows"] > first["fit"]["rows"]
    log_loss = second["metrics"]["log_loss"]
    assert log_loss["low"] < log_loss["value"] < log_loss["high"]
    assert [one["release"] for one in first["releases"]] == [2]
    _print_comparison(MODEL, [first, second])
    printed = capsys.readouterr().out
    assert "passed against version 1" in printed
    assert "registered, live" in printed


def test_what_evaluations_found_of_a_version_is_its_record_in_service(world: GateWorld) -> None:
    kept = {"value": 0.5, "low": 0.4, "high": 0.6}
    evaluation = Evaluation(
        MODEL,
        ("2013-03-01T00:00:00Z", "2013-03-08T00:00:00Z"),
        ("2013-03-01T00:00:00Z", "2013-03-08T00:00:00Z"),
        "2013-03-08T00:00:00Z",
        "1",
        "KEEP",
        "KEEP",
        (),
        (),
        900,
        900,
        versions={"1": kept},
    )
    world.stage.monitoring.record(evaluation)
    later = replace(evaluation, window=("2013-03-02T00:00:00Z", "2013-03-09T00:00:00Z"), versions={})
    world.stage.monitoring.record(later)
    found = comparison(world.stage).document([1])["versions"][0]["in_service"]
    assert (found["windows"], found["from"], found["to"]) == (2, "2013-03-01T00:00:00Z", "2013-03-09T00:00:00Z")
    assert found["judged"] == kept


def test_challengers_that_became_no_version_are_told_with_their_reasons(world: GateWorld) -> None:
    world.judge(world.request("flipped", execution="run-2"))
    [refused] = comparison(world.stage).document([])["refused"]
    assert (refused["execution"], refused["step"]) == ("run-2", "gate")
    assert any("worse; needed: better" in reason for reason in refused["reasons"])


def test_a_version_that_is_not_there_is_named(world: GateWorld) -> None:
    with pytest.raises(NotFoundError, match="small has no version 7: it has 1, 2"):
        comparison(world.stage).document([1, 7])


def test_a_model_without_versions_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="has no version 1: deploy it first"):
        comparison(World(tmp_path)).document([])


def test_versions_are_numbers_with_commas_between() -> None:
    assert _numbers(" 3, 5") == [3, 5]
    assert _numbers("") == []
    with pytest.raises(InvalidRequestError, match="takes numbers, such as 3,5, not 'three'"):
        _numbers("three")
