"""What is new is found with short listings, and what comes late is found too."""

import json
from itertools import pairwise

import pytest

from functions.adapters.data_lake import DataLake
from functions.compact import arrivals
from functions.compact.arrivals import BATCH_OBJECTS, RawObject, batches, find_arrivals
from functions.compact.compaction import compact
from functions.compact.ledger import Arrived, Ledger, Rescued, floor_below
from functions.compact.request import CompactRequest
from functions.domain.errors import CorruptArtifactError
from tests.contract.fake_s3 import FakeS3
from tests.functions.compact.world import DATA, HOUR, MODEL, NOON, TIME, World, ids_of, prediction


class CountingS3(FakeS3):
    """Counts the keys that listings have shown."""

    shown = 0

    def listed(self, bucket: str, prefix: str, after: str):  # type: ignore[no-untyped-def]
        for page in super().listed(bucket, prefix, after):
            self.shown += len(page.get("Contents", []))
            yield page


@pytest.fixture
def world() -> World:
    world = World()
    s3 = CountingS3()
    s3.objects = world.s3.objects
    world.s3 = s3
    return world


def arrive_and_compact(world: World, at: int, count: int = 1) -> int:
    """Some objects and a run; how many predictions were new in the table."""
    for number in range(count):
        world.arrive("predictions", prediction(NOON), at=at + number * 1_000)
    found: int = world.compact()["predictions"]
    return found


def test_a_run_looks_only_at_the_end_of_an_hour_that_goes_on(world: World) -> None:
    arrive_and_compact(world, NOON, count=60)
    world.s3.shown = 0  # type: ignore[attr-defined]
    assert arrive_and_compact(world, NOON + 120_000) == 1
    assert world.s3.shown <= 11  # type: ignore[attr-defined]


def test_an_object_that_comes_late_is_found_when_a_newer_hour_has_begun(world: World) -> None:
    arrive_and_compact(world, NOON, count=60)
    world.arrive("predictions", prediction(), at=NOON - 20 * HOUR)
    assert arrive_and_compact(world, NOON + 120_000) == 1
    assert arrive_and_compact(world, NOON + HOUR) == 2


def test_an_object_that_comes_late_is_found_by_a_run_that_has_nothing_else_to_do(world: World) -> None:
    arrive_and_compact(world, NOON, count=60)
    world.arrive("predictions", prediction(), at=NOON - 20 * HOUR)
    assert world.compact()["predictions"] == 1


def test_an_object_that_comes_more_than_a_day_late_is_found_by_since_alone(world: World) -> None:
    arrive_and_compact(world, NOON)
    world.arrive("predictions", prediction(), at=NOON - 30 * HOUR)
    assert world.compact()["objects"] == 0
    assert world.compact(since="2013-02-28T06:00:00Z")["predictions"] == 1


def test_after_a_long_rest_all_that_came_is_read(world: World) -> None:
    arrive_and_compact(world, NOON)
    for day in range(1, 9):
        world.arrive("predictions", prediction(), at=NOON + day * 24 * HOUR)
    assert world.compact()["predictions"] == 8


def test_objects_are_named_in_the_ledger_for_as_long_as_late_ones_may_come(world: World) -> None:
    for hour in range(0, 60, 2):
        arrive_and_compact(world, NOON + hour * HOUR)
    names = Ledger.from_document(ledger_of(world)).of("predictions").names
    assert names[0].startswith("2013/03/02/20/")
    assert len(names) == 14


def ledger_of(world: World) -> dict[str, object]:
    document: dict[str, object] = json.loads(world.s3.objects[DATA, f"table/compacted/model={MODEL}.json"])
    return document


def test_a_run_whose_time_ends_keeps_what_it_has_and_the_next_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "BATCH_OBJECTS", 2)
    records = [prediction() for _ in range(5)]
    for number, record in enumerate(records):
        world.arrive("predictions", record, at=NOON + number * 1_000)
    answer = compact(CompactRequest.from_event({"model": MODEL, "time": TIME}), world.tools(), lambda: 10.0)
    assert (answer["objects"], answer["complete"]) == (2, False)
    answer = world.compact()
    assert (answer["objects"], answer["complete"]) == (3, True)
    assert sorted(world.rows()) == sorted(id for record in records for id in ids_of(record))


def test_a_repair_whose_time_ends_says_where_to_go_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "BATCH_OBJECTS", 1)
    for hour in range(3):
        world.arrive("predictions", prediction(), at=NOON + hour * HOUR)
    event = {"model": MODEL, "time": TIME, "since": "2013-03-01T12:00:00Z"}
    answer = compact(CompactRequest.from_event(event), world.tools(), lambda: 10.0)
    assert (answer["complete"], answer["since"]) == (False, "2013-03-01T13:00:00Z")


def test_batches_hold_neighbours_within_both_limits() -> None:
    mib = 1024 * 1024
    raws = [RawObject("predictions", f"{number:04d}", size * mib) for number, size in enumerate([1, 3, 2, 20, 1])]
    assert [[raw.size // mib for raw in batch] for batch in batches(raws)] == [[1, 3], [2], [20], [1]]
    small = [RawObject("predictions", f"{number:04d}", 1) for number in range(BATCH_OBJECTS + 1)]
    assert [len(batch) for batch in batches(small)] == [BATCH_OBJECTS, 1]


def test_objects_are_read_in_the_order_of_arrival_whatever_their_kind() -> None:
    s3 = FakeS3()
    for kind, name in (
        ("labels", "2013/03/01/13/b"),
        ("predictions", "2013/03/01/12/c"),
        ("labels", "2013/03/01/12/a"),
    ):
        s3.put_object(DATA, f"raw/{kind}/model=small/{name}", b"")
    found = find_arrivals(DataLake(s3, DATA), MODEL, Ledger(MODEL)).objects
    assert [raw.name for raw in found] == ["2013/03/01/12/a", "2013/03/01/12/c", "2013/03/01/13/b"]
    assert all(before.name <= after.name for before, after in pairwise(found))


@pytest.mark.parametrize(
    ("newest", "floor"), [("2013/03/01/12/x", "2013/02/28/10"), ("2013/01/01/00/x", "2012/12/30/22"), ("odd", "")]
)
def test_the_floor_lies_a_day_and_two_hours_below_the_newest(newest: str, floor: str) -> None:
    assert floor_below(newest) == floor


def test_two_ledgers_joined_know_what_each_knew() -> None:
    mine = Ledger(
        MODEL,
        {"predictions": Arrived(("2013/03/01/12/a",), "2013/03/01/12")},
        {"f": Rescued(5, ("e1",)), "g": Rescued(9, ())},
        {1: 2},
    )
    other = Ledger(
        MODEL,
        {"predictions": Arrived(("2013/03/01/13/b",), "2013/03/01/13"), "labels": Arrived(("2013/03/01/13/c",), "")},
        {"f": Rescued(5, ("e2",)), "g": Rescued(3, ("e3",))},
        {1: 1, 2: 4},
    )
    together = mine.joined(other)
    assert together.of("predictions") == Arrived(("2013/03/01/12/a", "2013/03/01/13/b"), "2013/03/01/13")
    assert together.of("labels") == Arrived(("2013/03/01/13/c",), "")
    assert together.rescued == {"f": Rescued(5, ("e1", "e2")), "g": Rescued(9, ())}
    assert together.unmatched == {1: 2, 2: 4}


def test_a_ledger_is_read_as_it_was_written_and_another_version_is_refused() -> None:
    ledger = Ledger(MODEL, {"labels": Arrived(("2013/03/01/13/c",), "x")}, {"f": Rescued(5, ("e",))}, {3: 1})
    assert Ledger.from_document(ledger.to_document()) == ledger
    with pytest.raises(CorruptArtifactError, match="a ledger of schema version 2"):
        Ledger.from_document({**ledger.to_document(), "v": 2})
