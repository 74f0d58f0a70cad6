"""What cannot be read is set aside with its reason, and nothing else with it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.compact.world import (
    CONTRACT,
    DATA,
    HOUR,
    MODEL,
    NOON,
    World,
    ids_of,
    labels,
    line_of,
    observation,
    prediction,
)

Spoil = Callable[[dict[str, Any]], object]


@pytest.fixture
def world() -> World:
    return World()


def reasons(world: World) -> list[str]:
    return [entry["reason"] for entries in world.set_aside().values() for entry in entries]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"no json\n", "a prediction record is not JSON"),
        (b'{"v": 1, "half\n', "a prediction record is not JSON"),
        (b"[1]\n", "schema version None"),
        (b'{"v": 2}\n', "schema version 2"),
        (b'{"v": 1}\n', "model is missing"),
        (b"\xff\xfe\n", "a prediction record is not JSON"),
        (b"[" * 100_000 + b"\n", "it is nested too deep"),
    ],
)
def test_a_line_that_is_no_record_is_set_aside_and_those_beside_it_are_not(
    world: World, line: bytes, reason: str
) -> None:
    first, last = prediction(), prediction()
    name = world.arrive("predictions", first, line, last)
    answer = world.compact()
    assert sorted(world.rows()) == sorted(ids_of(first) + ids_of(last))
    ((key, entries),) = world.set_aside().items()
    assert key == f"rejected/predictions/model={MODEL}/{name.rpartition('/')[2]}.jsonl"
    assert [entry["line"] for entry in entries] == [2]
    assert reason in entries[0]["reason"]
    assert (answer["set_aside"], answer["predictions"]) == (1, 2)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda r: r.update(model="other"), "it is of model 'other'"),
        (lambda r: r.update(model_version=9), "version 9 of small has no contract"),
        (lambda r: r.update(model_version=True), "model_version is 'True'"),
        (lambda r: r.update(time="noon"), "time is 'noon'"),
        (lambda r: r.update(time=-1), "time should be in milliseconds since 1970"),
        (lambda r: r.update(time=10**16), "time should be in milliseconds since 1970"),
        (lambda r: r.update(release=2**40), "release is"),
        (lambda r: r.update(inputs={}), "inputs should be lists of one length"),
        (lambda r: r["inputs"].update(distance=[1.0, 2.0]), "inputs should be lists of one length"),
        (lambda r: r["inputs"].update(distance=1.0), "inputs should be lists of one length"),
        (lambda r: r["inputs"].update(Distance=[1.0]), "differ in upper and lower case only"),
        (lambda r: r["outputs"].update(label=[]), "outputs should be lists of one length"),
        (lambda r: r["outputs"].pop("label"), "output label is missing"),
        (lambda r: r["outputs"].update(label=[[True, False]]), "output label should have one value a row"),
        (lambda r: r["outputs"].update(probabilities=[[0.5]]), "output probabilities should have 2"),
        (lambda r: r.update(flags=[[], []]), "flags should be empty, or a list of texts a row"),
        (lambda r: r.update(flags=[[1]]), "flags should be empty, or a list of texts a row"),
        (lambda r: r["inputs"].update(carrier=["\ud800"]), "a text in it is no Unicode"),
    ],
)
def test_a_prediction_record_of_another_form_is_set_aside(world: World, spoil: Spoil, reason: str) -> None:
    record = prediction()
    spoil(record)
    world.arrive("predictions", record)
    world.compact()
    assert not world.hours()
    (found,) = reasons(world)
    assert reason in found


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda r: r.update(ids=[1, "b"]), "ids has '1' in it"),
        (lambda r: r.update(times=[NOON]), "times has 1 entries; there are 2 rows"),
        (lambda r: r.update(times=[NOON, None]), "times has 'None' in it"),
        (lambda r: r.update(times=[NOON, -5]), "times should be in milliseconds since 1970"),
        (lambda r: r.update(scores=["high", 0.5]), "scores has 'high' in it"),
        (lambda r: r.update(probabilities=[{"a": "x"}, None]), "a probability of an observation is no number"),
        (lambda r: r.pop("versions"), "versions is missing"),
    ],
)
def test_an_observation_record_of_another_form_is_set_aside(world: World, spoil: Spoil, reason: str) -> None:
    record = observation("a", "b")
    spoil(record)
    world.arrive("observations", record)
    world.compact()
    assert not world.hours()
    assert reasons(world) == [reason]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda r: r.update(prediction_ids=[], labels=[], observed_at=[], predicted_at=[]), "the record has no rows"),
        (lambda r: r.update(labels=[]), "labels has 0 entries; there are 1 rows"),
        (lambda r: r.update(observed_at=[1.5]), "observed_at has '1.5' in it"),
        (lambda r: r.update(labels=[None]), "row 0: 'None' is no class"),
        (lambda r: r.update(labels=[0.5]), "row 0: '0.5' is no class"),
        (lambda r: r.update(prediction_ids=["theirs"]), "row 0: 'theirs' does not say when it was predicted"),
        (lambda r: r.update(prediction_ids=["ffffffff-ffff-7000-8000-000000000000-0"]), "after the year 9999"),
    ],
)
def test_a_label_record_of_another_form_is_set_aside(world: World, spoil: Spoil, reason: str) -> None:
    record = labels((ids_of(prediction())[0], True))
    spoil(record)
    world.arrive("labels", record)
    world.compact()
    assert not world.hours()
    (found,) = reasons(world)
    assert reason in found


def test_good_labels_of_a_record_are_taken_though_others_of_it_are_not(world: World) -> None:
    record = prediction(rows=2)
    world.arrive("predictions", record)
    world.arrive("labels", labels((ids_of(record)[0], None), ("theirs", True), (ids_of(record)[1], True)))
    world.compact()
    assert [row["label"] for row in world.rows().values()] == [None, "true"]
    assert reasons(world) == [
        "row 0: 'None' is no class; row 1: 'theirs' does not say when it was predicted, and predicted_at is null"
    ]


def test_an_object_that_is_no_whole_gzip_is_set_aside_and_the_others_are_read(world: World) -> None:
    good, cut = prediction(), world.arrive("predictions", prediction())
    key = (DATA, f"raw/predictions/model={MODEL}/{cut}")
    world.s3.objects[key] = world.s3.objects[key][:-9]
    world.arrive("predictions", good)
    world.compact()
    assert list(world.rows()) == ids_of(good)
    (reason,) = reasons(world)
    assert reason.startswith("the object is no whole gzip")


def test_an_object_that_is_not_compressed_is_read_too(world: World) -> None:
    record = prediction()
    world.s3.put_object(DATA, f"raw/predictions/model={MODEL}/2013/03/01/12/plain", line_of(record))
    world.compact()
    assert list(world.rows()) == ids_of(record)


def test_what_was_set_aside_is_the_same_object_each_time_and_holds_the_record(world: World) -> None:
    spoilt = prediction(time=-1)
    world.arrive("predictions", spoilt)
    world.compact()
    before = world.set_aside()
    world.compact(since="2013-03-01T00:00:00Z")
    ((entry,),) = before.values()
    assert json.loads(entry["record"]) == spoilt
    assert world.set_aside() == before


def test_a_record_that_was_set_aside_for_its_contract_is_repaired_by_reading_again(world: World) -> None:
    record = prediction(model_version=2)
    world.arrive("predictions", record, at=NOON + HOUR)
    world.compact()
    world.register(2, CONTRACT)
    assert world.compact()["predictions"] == 0
    assert world.compact(since="2013-03-01T13:00:00Z")["predictions"] == 1
