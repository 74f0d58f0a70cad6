"""What is kept out of training, with its reason; what a person let out again; and that it is all listed."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from functions.domain.quarantine_release import QuarantineRelease
from functions.domain.snapshot_manifest import SnapshotManifest
from functions.snapshot.request import SnapshotRequest
from functions.snapshot.snapshot import snapshot
from tests.functions.snapshot.worlds import (
    ARTIFACTS,
    FIRST_DAY,
    MODEL,
    World,
    day_of,
    first_rows,
    label_histories,
    settings,
)

NOW = "2013-03-11T00:00:00Z"
ROWS, DAYS = 400, 5


def taken(world: World, execution: str = "run-1") -> SnapshotManifest:
    event = {"model": MODEL, "cause": "person", "by": "ann", "time": NOW, "execution": execution}
    answer = snapshot(SnapshotRequest.from_event(event), world.tools)
    assert answer["decision"] == "ready", answer
    return world.manifest(answer["snapshot"])


def kept_out(world: World, manifest: SnapshotManifest) -> list[dict[str, Any]]:
    """The quarantine's file, row by row."""
    if manifest.quarantine.key is None:
        return []
    path = world.folder / "kept_out.parquet"
    path.write_bytes(world.s3.objects[ARTIFACTS, manifest.quarantine.key])
    with duckdb.connect() as con:
        found = con.execute(f"select * from '{path}'")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def serve(world: World, senders: Any, **columns: Any) -> None:
    """Days of traffic whose labels come from `senders` [rows]; `columns` are functions of a day's columns."""
    for day in range(DAYS):
        start = FIRST_DAY + timedelta(days=day)
        table = day_of(start, ROWS, day)
        made = {name: value(table) for name, value in columns.items()}
        histories = label_histories(made.get("label", table["label"]), senders)
        world.serve(start, ROWS, seed=day, labels=histories, **made)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path, settings({"sender_share": 1.0}))
    made.deploy()
    return made


def senders_of(number: int) -> Any:
    return np.array([f"sender-{row % number}" for row in range(ROWS)], dtype=object)


def test_clean_labels_of_several_senders_are_all_learnt_from(world: World) -> None:
    serve(world, senders_of(5))
    manifest = taken(world)
    assert (manifest.rows.log, manifest.rows.quarantined) == (ROWS * DAYS, 0)
    assert manifest.quarantine.key is None


def test_flagged_rows_and_conflicting_labels_are_kept_out(world: World) -> None:
    flags = np.array([["out_of_range:size"] if row < 8 else [] for row in range(ROWS)], dtype=object)
    serve(world, senders_of(5), flags=lambda _: flags, label_conflict=lambda _: np.arange(ROWS) % 100 == 5)
    manifest = taken(world)
    assert manifest.quarantine.by_reason == {"flags": 8 * DAYS, "label_conflict": 3 * DAYS}
    assert manifest.rows.log == ROWS * DAYS - 11 * DAYS
    listed = kept_out(world, manifest)
    assert Counter(row["reason"] for row in listed) == manifest.quarantine.by_reason
    assert {row["detail"] for row in listed if row["reason"] == "flags"} == {"out_of_range:size"}
    assert Counter(row["sender"] for row in listed) == manifest.quarantine.by_sender


def test_a_sender_who_flips_its_labels_is_kept_out(world: World) -> None:
    """One of five, and all of its labels are the opposite of what they should be."""
    senders = senders_of(5)

    def flipped(table: Any) -> Any:
        other = {"true": "false", "false": "true"}
        pairs = zip(table["label"], senders, strict=True)
        return np.array([other[label] if sender == "sender-3" else label for label, sender in pairs], dtype=object)

    serve(world, senders, label=flipped)
    manifest = taken(world)
    assert set(manifest.quarantine.by_sender) == {"sender-3"}
    assert manifest.quarantine.by_reason["sender_labels"] > 0.9 * ROWS * DAYS / 5
    assert "of the sender's 400 labels contradict" in kept_out(world, manifest)[0]["detail"]


def test_a_flood_of_one_row_is_cut_to_what_is_plausible(world: World) -> None:
    senders = senders_of(5)
    flood = senders == "sender-2"

    def same(name: str, value: Any) -> Any:
        def column(table: Any) -> Any:
            values = table[name].copy()
            values[flood] = value
            return values

        return column

    serve(world, senders, in_size=same("in_size", 1.0), in_colour=same("in_colour", "red"), label=same("label", "true"))
    manifest = taken(world)
    assert manifest.quarantine.by_reason["duplicate_flood"] > 0.9 * flood.sum() * DAYS


def test_one_senders_share_is_capped(tmp_path: Path) -> None:
    world = World(tmp_path, settings({"sender_share": 0.5}))
    world.deploy()
    serve(world, np.array(["large" if row % 4 else "small" for row in range(ROWS)], dtype=object))
    manifest = taken(world)
    assert manifest.quarantine.by_reason == {"sender_share": ROWS * DAYS // 2}
    assert manifest.quarantine.by_sender == {"large": ROWS * DAYS // 2}


def test_a_sender_alone_is_not_capped(tmp_path: Path) -> None:
    world = World(tmp_path, settings({"sender_share": 0.5}))
    world.deploy()
    serve(world, senders_of(1))
    assert taken(world).rows.quarantined == 0


def test_what_a_person_released_is_learnt_from(world: World) -> None:
    flags = np.array([["out_of_range:size"] if row < 10 else [] for row in range(ROWS)], dtype=object)
    serve(world, senders_of(5), flags=lambda _: flags)
    assert taken(world).rows.quarantined == 10 * DAYS
    one = QuarantineRelease(MODEL, "a new sensor", "ann", NOW, id="20130301-3")
    sender = QuarantineRelease(
        MODEL, "a new depot", "ann", NOW, sender="sender-1", start="2013-03-02T00:00:00Z", end="2013-03-04T00:00:00Z"
    )
    for release in (one, sender):
        world.trainings.release(release)
    listed = kept_out(world, taken(world, "run-2"))
    assert len(listed) == 10 * DAYS - 1 - 2 * 2
    assert "20130301-3" not in {row["id"] for row in listed}
    days = Counter(str(row["time"])[:10] for row in listed if row["sender"] == "sender-1")
    assert days == {"2013-03-01": 2, "2013-03-04": 2, "2013-03-05": 2}


def test_what_cannot_be_learnt_from_stays_out_whoever_releases_it(world: World) -> None:
    labels = np.array(["maybe" if row == 7 else "true" if row % 2 else "false" for row in range(ROWS)], dtype=object)
    serve(world, senders_of(5), label=lambda _: labels)
    for row in range(DAYS):
        release = QuarantineRelease(MODEL, "why not", "ann", NOW, id=f"2013030{row + 1}-7")
        world.trainings.release(release)
    assert taken(world).quarantine.by_reason["unknown_class"] == DAYS


def test_the_first_training_set_is_never_kept_out(tmp_path: Path) -> None:
    world = World(tmp_path, settings({"sender_share": 0.5}))
    world.deploy(first_rows(900))
    serve(world, np.array(["large" if row % 4 else "small" for row in range(ROWS)], dtype=object))
    assert taken(world).rows.first == 900


def test_the_same_rows_are_kept_out_in_the_same_bytes(world: World) -> None:
    flags = np.array([["out_of_range:size"] if row < 8 else [] for row in range(ROWS)], dtype=object)
    serve(world, senders_of(5), flags=lambda _: flags)
    assert taken(world).quarantine.key == taken(world, "run-2").quarantine.key
