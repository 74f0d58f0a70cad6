"""What becomes of records: rows of the table, each once, each with its label."""

import json
from collections import Counter
from typing import Any

import pytest

from functions.domain.errors import NotFoundError
from functions.domain.log_table import hour_key, hour_of
from tests.functions.compact.world import (
    HOUR,
    MODEL,
    NOON,
    World,
    ids_of,
    labels,
    moment,
    observation,
    prediction,
)
from tests.functions.roll_out.killing import Calls, Watched


@pytest.fixture
def world() -> World:
    return World()


def test_a_prediction_becomes_a_row_of_its_hour(world: World) -> None:
    record = prediction(NOON + 5, number=7, flags=[["out_of_range:distance"]])
    world.arrive("predictions", record)
    answer = world.compact()
    assert list(world.hours()) == [hour_key(MODEL, hour_of(NOON))]
    assert world.rows() == {
        ids_of(record)[0]: {
            "id": ids_of(record)[0],
            "time": moment(NOON + 5),
            "version": "1",
            "release": 4,
            "row": 0,
            "client": "key-1",
            "source": "api",
            "latency_us": 1_200,
            "flags": ["out_of_range:distance"],
            "prediction": "true",
            "score": 0.75,
            "probabilities": None,
            "label": None,
            "target": None,
            "observed_at": None,
            "labelled_at": None,
            "label_conflict": False,
            "labels": [],
            "in_carrier": "UA",
            "in_delayed before": True,
            "in_distance": 0.0,
            "in_hour": 7,
            "in_wind": [1.0, 0.0],
        }
    }
    assert answer == {
        "model": MODEL,
        "objects": 1,
        "records": 1,
        "rescued": 0,
        "predictions": 1,
        "labels": 0,
        "duplicates": 0,
        "set_aside": 0,
        "misfits": 0,
        "hours": 1,
        "unmatched": 0,
        "complete": True,
    }


def test_rows_of_a_request_that_was_split_keep_their_numbers(world: World) -> None:
    record = prediction(rows=2, first_row=3)
    world.arrive("predictions", record)
    world.compact()
    assert [(row["id"], row["row"]) for row in world.rows().values()] == [
        (id, n) for n, id in enumerate(ids_of(record), 3)
    ]


def test_an_observation_becomes_a_row_of_the_hour_in_which_it_was_made(world: World) -> None:
    world.arrive("observations", observation("a", "b", time=NOON, scores=[0.5, None]), at=NOON + 3 * HOUR)
    world.compact()
    rows = world.rows()
    assert list(world.hours()) == [hour_key(MODEL, hour_of(NOON))]
    assert [rows[id]["score"] for id in "ab"] == [0.5, None]
    assert {(row["source"], row["version"], row["release"], row["client"]) for row in rows.values()} == {
        ("observation", "2013-02", None, "arn:aws:iam::123456789012:user/plane")
    }


def test_the_same_record_twice_is_one_row(world: World) -> None:
    record = prediction(rows=3)
    world.arrive("predictions", record, record)
    world.arrive("predictions", record)
    answer = world.compact()
    assert list(world.rows()) == ids_of(record)
    assert (answer["predictions"], answer["duplicates"]) == (3, 6)


@pytest.mark.parametrize("later_first", [False, True])
def test_of_two_predictions_of_one_id_the_earlier_stays(world: World, later_first: bool) -> None:
    early = prediction(NOON, number=1)
    late = {**early, "time": NOON + 9, "client": "other"}
    for record in (late, early) if later_first else (early, late):
        world.arrive("predictions", record)
        world.compact()
    (row,) = world.rows().values()
    assert (row["time"], row["client"]) == (moment(NOON), "key-1")


def test_a_second_run_reads_nothing_and_writes_nothing(world: World) -> None:
    record = prediction()
    world.arrive("predictions", record)
    world.arrive("labels", labels((ids_of(record)[0], True)))
    world.compact()
    before = dict(world.s3.objects)
    answer = world.compact()
    assert (answer["objects"], answer["hours"]) == (0, 0)
    assert world.s3.objects == before


def test_all_that_is_asked_for_again_changes_nothing(world: World) -> None:
    record = prediction(rows=2)
    world.arrive("predictions", record)
    world.arrive("labels", labels((ids_of(record)[0], True)))
    world.compact()
    before = world.hours()
    answer = world.compact(since="2013-03-01T00:00:00Z")
    assert world.hours() == before
    assert (answer["objects"], answer["predictions"], answer["labels"], answer["duplicates"]) == (2, 0, 0, 3)


def test_an_hour_that_was_lost_is_made_again_from_what_arrived_since(world: World) -> None:
    record = prediction()
    world.arrive("predictions", record)
    world.compact()
    before = world.rows()
    for key in world.hours():
        del world.s3.objects["trimtab-test-data", key]
    world.compact(since="2013-03-01T12:00:00Z")
    assert world.rows() == before


def test_what_was_done_is_counted_in_metrics_at_the_time_of_the_event(world: World) -> None:
    record = prediction(rows=2)
    world.arrive("predictions", record, b"no json\n")
    world.arrive("labels", labels((ids_of(record)[0], True)))
    world.compact(time="2013-03-01T13:05:00Z")
    (line,) = world.said
    metrics: dict[str, Any] = json.loads(line)
    assert metrics.pop("_aws")["Timestamp"] == NOON + 65 * 60_000
    assert metrics == {
        "model": MODEL,
        "CompactedRows": 2,
        "MergedLabels": 1,
        "DuplicateRecords": 0,
        "RejectedRecords": 1,
        "RescuedRecords": 0,
        "UnmatchedLabels": 0,
    }


def test_a_model_that_was_never_deployed_is_not_compacted(world: World) -> None:
    world.table.items.clear()
    with pytest.raises(NotFoundError, match="deploy the model's stack"):
        world.compact()


def test_a_run_makes_few_calls() -> None:
    world, calls = World(), Calls()
    tools = world.tools(s3=Watched(world.s3, calls), logs=Watched(world.logs, calls))
    records = [prediction(NOON + minute * 60_000) for minute in range(100)]  # in two hours
    world.arrive("predictions", *records)
    world.arrive("labels", labels(*((id, True) for record in records for id in ids_of(record))))
    world.compact(tools)
    assert Counter(calls.names) == {
        "get_paginator": 3,  # a listing of each kind
        "search": 2,  # the log of each function
        "get_object": 1 + 2 + 1 + 2,  # the ledger, what arrived, the contract, the hours
        "put_object": 2 + 1,  # the hours and the ledger
    }
    calls.names.clear()
    world.compact(tools)
    assert Counter(calls.names) == {"get_object": 1, "get_paginator": 3, "search": 2}
