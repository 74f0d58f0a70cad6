"""A canary's evidence: each labelled row judges both releases, and who looks again sees the same."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.domain.errors import InvalidRequestError, NotFoundError
from functions.gate.canary import canary
from functions.gate.request import CanaryRequest
from tests.functions.gate.worlds import GateWorld, artifact_of, by_hand, fitted, rows_of
from tests.functions.snapshot.worlds import FIRST_DAY, MODEL, settings

OLD, NEW = 2, 3  # releases of versions 1 and 2
SINCE, NOW = FIRST_DAY, FIRST_DAY + timedelta(days=6)


def asked(at: datetime = NOW, **change: Any) -> CanaryRequest:
    event = {"model": MODEL, "time": at.isoformat(), "champion": OLD, "challenger": NEW, "since": SINCE.isoformat()}
    return CanaryRequest.from_event({**event, **change})


@pytest.fixture
def world(tmp_path: Path) -> GateWorld:
    """Version 1 learnt a world in which the colour does not count, version 2 one in which it does."""
    made = GateWorld(tmp_path, settings())
    made.deploy()
    artifact = by_hand(red=1.5)[1]
    made.add(artifact, live=True)
    return made


def serve(world: GateWorld, red: float, rows: int = 150, **columns: Any) -> None:
    for day in range(6):
        release = np.where(np.random.default_rng(day).random(rows) < 0.3, NEW, OLD)
        world.serve_day(FIRST_DAY + timedelta(days=day), rows, red, seed=day, release=release, **columns)


def test_a_better_challenger_is_seen_to_be_better(world: GateWorld) -> None:
    serve(world, red=1.5)
    found = canary(asked(), world.tools)
    assert found["rows"]["champion"] + found["rows"]["challenger"] == 6 * 150
    assert found["labelled"] == 6 * 150 - 12, "those of the last two hours are on their way"
    assert 0 < found["labelled_challenger"] < found["labelled"] / 2
    assert found["loss"]["challenger"] < found["loss"]["champion"]
    assert found["difference"]["high"] < 0
    assert found["difference"]["mean"] == pytest.approx(found["loss"]["challenger"] - found["loss"]["champion"])
    assert found["prediction_psi"] > 0.1
    assert found["as_of"] == "2013-03-07T00:00:00Z"


def test_a_worse_one_is_seen_to_be_harmful(world: GateWorld) -> None:
    serve(world, red=0.0)
    found = canary(asked(), world.tools)
    assert found["difference"]["low"] > 0


def test_who_looks_again_sees_the_same(world: GateWorld) -> None:
    serve(world, red=0.0)
    assert canary(asked(), world.tools) == canary(asked(), world.fresh_tools())


def test_of_few_rows_there_is_no_interval(world: GateWorld) -> None:
    serve(world, red=0.0, rows=20)
    found = canary(asked(), world.tools)
    assert found["difference"]["mean"] is not None
    assert (found["difference"]["low"], found["difference"]["high"]) == (None, None)


def test_without_traffic_there_is_no_evidence(world: GateWorld) -> None:
    found = canary(asked(), world.tools)
    assert (found["labelled"], found["labelled_challenger"]) == (0, 0)
    assert found["loss"] == {"champion": None, "challenger": None}
    assert found["difference"] == {"mean": None, "low": None, "high": None}
    assert found["prediction_psi"] is None


def test_only_rows_of_both_since_that_moment_count(world: GateWorld) -> None:
    serve(world, red=0.0)
    world.serve_day(FIRST_DAY + timedelta(days=5), 150, 0.0, seed=5, release=np.full(150, 9))
    found = canary(asked(since=(FIRST_DAY + timedelta(days=4)).isoformat()), world.tools)
    assert found["rows"]["champion"] + found["rows"]["challenger"] == 150


def test_labels_of_later_and_labels_that_conflict_do_not_count(world: GateWorld) -> None:
    late = np.datetime64(NOW.replace(tzinfo=None) + timedelta(hours=1), "ms")
    came = np.where(np.arange(150) % 3 == 0, late, np.datetime64(SINCE.replace(tzinfo=None), "ms"))
    serve(world, red=0.0, labelled_at=came, label_conflict=np.arange(150) % 3 == 1)
    found = canary(asked(), world.tools)
    assert found["labelled"] == 6 * 50


def test_two_sessions_are_kept_open_and_no_more(world: GateWorld) -> None:
    serve(world, red=0.0)
    canary(asked(), world.tools)
    kept = [world.tools.versions.of_release(MODEL, number) for number in (OLD, NEW)]
    assert [world.tools.versions.of_release(MODEL, number) for number in (OLD, NEW)] == kept
    parts = by_hand()[0].parts
    third = artifact_of(fitted(type(parts)(rows_of(400, 1.0, seed=3), parts.holdout), "0" * 64), parts)
    world.add(third, live=True)
    world.tools.versions.of_release(MODEL, 4)
    assert world.tools.versions.of_release(MODEL, OLD) is not kept[0]


@pytest.mark.parametrize("change", [{"champion": "2"}, {"challenger": 0}, {"champion": True}])
def test_a_release_is_a_number(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match="must be a release's number"):
        asked(**change)


def test_a_release_that_is_not_there_is_not_found(world: GateWorld) -> None:
    with pytest.raises(NotFoundError, match="RELEASE#00000008"):
        canary(asked(challenger=8), world.tools)
