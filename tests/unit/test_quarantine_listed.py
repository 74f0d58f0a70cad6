"""What a snapshot kept out, as a person sees it, and how it is let in again."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from functions.adapters.data_lake import DataLake
from functions.domain.errors import NotFoundError
from functions.domain.quarantine_release import QuarantineRelease
from functions.manage.quarantine import Quarantine
from functions.snapshot.request import SnapshotRequest
from functions.snapshot.snapshot import snapshot
from tests.functions.snapshot.worlds import ARTIFACTS, FIRST_DAY, MODEL, World, label_histories, settings
from trimtab.commands.correction import _print_quarantine

NOW = "2013-03-11T00:00:00Z"


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path, settings())
    made.deploy()
    flags = np.array([["out_of_range:size"] if row < 5 else [] for row in range(200)], dtype=object)
    senders = np.array([f"sender-{row % 4}" for row in range(200)], dtype=object)
    labels = np.array(["true" if row % 3 else "false" for row in range(200)], dtype=object)
    for day in range(2):
        history = label_histories(labels, senders)
        made.serve(FIRST_DAY + timedelta(days=day), 200, seed=day, flags=flags, label=labels, labels=history)
    return made


def kept(world: World) -> Quarantine:
    return Quarantine(world.table, DataLake(world.s3, ARTIFACTS), MODEL)


def take(world: World, execution: str) -> None:
    event = {"model": MODEL, "cause": "person", "by": "ann", "time": NOW, "execution": execution}
    assert snapshot(SnapshotRequest.from_event(event), world.tools)["decision"] == "ready"


def test_rows_are_listed_by_reason_and_sender_with_the_newest_of_them(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    take(world, "run-1")
    found = kept(world).document(rows=3)
    assert (found["quarantined"], found["by_reason"]) == (10, {"flags": 10})
    assert found["by_sender"] == {"sender-0": 4, "sender-1": 2, "sender-2": 2, "sender-3": 2}
    assert [row["id"] for row in found["rows"]] == ["20130302-4", "20130302-3", "20130302-2"]
    _print_quarantine(found, as_json=False)
    assert "out_of_range:size" in capsys.readouterr().out


def test_what_is_released_is_gone_from_the_next_list(world: World) -> None:
    take(world, "run-1")
    release = QuarantineRelease(MODEL, "a new scale", "ann", NOW, sender="sender-0")
    assert kept(world).release(release) is True
    assert kept(world).release(release) is False
    take(world, "run-2")
    found = kept(world).document(rows=0)
    assert (found["quarantined"], found["rows"]) == (6, [])
    assert [one["reason"] for one in found["released"]] == ["a new scale"]


def test_before_the_first_snapshot_there_is_nothing_to_list(world: World) -> None:
    with pytest.raises(NotFoundError, match="has no snapshot yet: `trimtab retrain small` makes one"):
        kept(world).document(rows=1)
