"""Killed at any call, or run beside itself, `compact` loses and doubles nothing."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.compact.compaction import Tools, compact
from functions.compact.connection import connect
from functions.compact.request import CompactRequest
from functions.domain.errors import ConflictError
from functions.domain.logged_record import log_lines
from tests.functions.compact.world import (
    HOUR,
    INGEST,
    MODEL,
    NOON,
    PREDICT,
    TIME,
    World,
    ids_of,
    labels,
    line_of,
    prediction,
)
from tests.functions.roll_out.killing import Calls, KilledError, Watched, When


def a_scene() -> World:
    """Hours that are there and hours that are not; labels for both; a broken record; records in both logs."""
    world = World()
    there = [prediction(NOON + hour * HOUR, rows=2, number=hour) for hour in range(2)]
    world.arrive("predictions", *there)
    world.compact()
    new = [prediction(NOON + hour * HOUR, rows=2, number=10 + hour) for hour in range(1, 3)]
    world.arrive("predictions", *new, b"broken\n", name="2013/03/01/13/trimtab-1-2013-03-01-13-00-00-broken.gz")
    world.arrive("labels", labels(*((id, True) for record in [*there, *new] for id in ids_of(record))), at=NOON + HOUR)
    rescued = prediction(NOON + 5 * HOUR, number=20)
    world.logs.write(PREDICT, *log_lines("predictions", line_of(rescued).decode(), rescued["request_id"], 0))
    more = line_of(labels((ids_of(rescued)[0], False))).decode()
    world.logs.write(INGEST, *log_lines("labels", more, "labels", 0))
    return world


def watched(world: World, calls: Calls) -> Tools:
    return world.tools(s3=Watched(world.s3, calls), logs=Watched(world.logs, calls))


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_call_it_is_finished_by_the_next_run(when: When) -> None:
    complete, calls = a_scene(), Calls()
    complete.compact(watched(complete, calls))
    assert {"get_object", "put_object", "get_paginator", "search"} <= set(calls.names)
    for number, name in enumerate(calls.names):
        world = a_scene()
        with pytest.raises(KilledError):
            world.compact(watched(world, Calls(number, when)))
        world.compact()
        assert world.rows() == complete.rows(), f"killed {when} call {number}, {name}"
        assert world.set_aside() == complete.set_aside(), f"killed {when} call {number}, {name}"


@pytest.mark.parametrize("when", ["before", "after"])
def test_whatever_another_run_does_at_any_call_both_end_with_the_same_table(when: When) -> None:
    complete, calls = a_scene(), Calls()
    complete.compact(watched(complete, calls))
    for number, name in enumerate(calls.names):
        world = a_scene()
        beside = Calls(number, when, instead=partial(run, another(world)))
        world.compact(watched(world, beside))
        assert world.rows() == complete.rows(), f"another run {when} call {number}, {name}"
        assert world.compact()["objects"] == 0


_CONNECTIONS = [connect(256, Path("/tmp")) for _ in range(2)]


def another(world: World, number: int = 0) -> Tools:
    """Tools of another process: a connection to DuckDB is one process's own."""
    tools = world.tools()
    return Tools(**{**{name: getattr(tools, name) for name in Tools.__slots__}, "con": _CONNECTIONS[number]})


def run(tools: Tools) -> None:
    compact(CompactRequest.from_event({"model": MODEL, "time": TIME}), tools, lambda: 900.0)


def test_two_that_run_at_the_same_time_end_with_the_same_table() -> None:
    complete = a_scene()
    complete.compact()
    for _ in range(4):
        world, start = a_scene(), Barrier(2)

        def one(number: int, world: World = world, start: Barrier = start) -> None:
            start.wait()
            run(another(world, number))

        with ThreadPoolExecutor(2) as both:
            list(both.map(one, range(2)))
        assert world.rows() == complete.rows()


class Restless(Watched):
    """Somebody else has always just written the hour."""

    def put_object(self, **asked: Any) -> dict[str, Any]:
        if asked["Key"].endswith("rows.parquet"):
            raise ClientError({"Error": {"Code": "PreconditionFailed", "Message": "its ETag is another"}}, "PutObject")
        return {}


def test_an_hour_that_others_keep_changing_is_given_up_and_read_again_by_the_next_run() -> None:
    world, calls = World(), Calls()
    world.arrive("predictions", prediction())
    with pytest.raises(ConflictError, match="1 hours were changed meanwhile, 12 times in a row: run again"):
        world.compact(world.tools(s3=Restless(world.s3, calls)))
    assert world.compact()["predictions"] == 1


def lives(seed: int) -> Iterator[tuple[int, When]]:
    """At which call each of many runs dies."""
    random_numbers = random.Random(seed)
    while True:
        yield random_numbers.randrange(14), random_numbers.choice(["before", "after"])


def test_killed_again_and_again_while_records_keep_coming_it_has_them_all_in_the_end() -> None:
    world, deaths = World(), lives(seed=1)
    sent: dict[str, bool | None] = {}
    killed = 0
    for number in range(30):
        record = prediction(NOON + number * HOUR // 7, rows=2, number=number)
        known = [id for id, label in sent.items() if label is None]
        sent |= dict.fromkeys(ids_of(record))
        sent |= dict.fromkeys(known, number % 2 == 0)
        world.arrive("predictions", record, at=NOON + number * HOUR // 7)
        if known:
            world.arrive("labels", labels(*((id, sent[id]) for id in known)), at=NOON + number * HOUR // 7)
        try:
            world.compact(watched(world, Calls(*next(deaths))))
        except KilledError:
            killed += 1
    world.compact()
    found = {id: row["label"] for id, row in world.rows().items()}
    assert found == {id: None if label is None else str(label).lower() for id, label in sent.items()}
    assert killed > 15
