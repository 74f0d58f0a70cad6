"""What an environment remembers of the hours that it wrote saves reading them, and is never believed too far."""

from functions.adapters.data_lake import Found
from functions.compact.recent_hours import RecentHours
from tests.functions.compact.test_crash import another, run
from tests.functions.compact.world import DATA, NOON, World, ids_of, labels, prediction
from tests.functions.roll_out.killing import Calls, Watched


def test_an_hour_that_was_just_written_is_written_again_without_being_read() -> None:
    world, calls = World(), Calls()
    tools, record = world.tools(s3=Watched(world.s3, calls)), prediction()
    world.arrive("predictions", record)
    world.compact(tools)
    world.arrive("labels", labels((ids_of(record)[0], True)))
    calls.names.clear()
    world.compact(tools)
    assert world.rows()[ids_of(record)[0]]["label"] == "true"
    assert calls.names.count("get_object") == 2  # the ledger and the raw object


def test_what_another_environment_wrote_meanwhile_is_read() -> None:
    world, first, second = World(), prediction(), prediction()
    tools = world.tools()
    world.arrive("predictions", first)
    world.compact(tools)
    world.arrive("predictions", second)
    run(another(world))
    world.arrive("labels", labels((ids_of(first)[0], True), (ids_of(second)[0], False)))
    world.compact(tools)
    assert {id: row["label"] for id, row in world.rows().items()} == {
        ids_of(first)[0]: "true",
        ids_of(second)[0]: "false",
    }


def test_an_hour_that_a_person_removed_is_made_again_by_an_environment_that_remembers_it() -> None:
    world = World()
    tools = world.tools()
    world.arrive("predictions", prediction(NOON))
    world.compact(tools)
    before = world.rows()
    for key in world.hours():
        del world.s3.objects[DATA, key]
    world.compact(tools, since="2013-03-01T00:00:00Z")
    assert world.rows() == before


def test_the_oldest_is_forgotten_when_there_is_no_more_room() -> None:
    recent = RecentHours(most_bytes=10)
    for key in "abc":
        recent.keep(key, Found(b"1234", key))
    assert [recent.find(key) is not None for key in "abc"] == [False, True, True]
    recent.keep("b", Found(b"12345678", "b"))
    assert [recent.find(key) is not None for key in "abc"] == [False, True, False]
    recent.keep("d", Found(b"12345678901", "d"))
    assert [recent.find(key) is not None for key in "bd"] == [False, False]
