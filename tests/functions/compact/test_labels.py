"""Labels that come early, late, twice, corrected or in conflict; and those whose prediction never comes."""

import pytest

from tests.functions.compact.world import HOUR, NOON, World, ids_of, labels, moment, observation, prediction


@pytest.fixture
def world() -> World:
    return World()


def test_a_label_goes_into_the_row_of_its_prediction(world: World) -> None:
    record = prediction(rows=2)
    world.arrive("predictions", record)
    world.compact()
    world.arrive("labels", labels((ids_of(record)[1], False), observed_at=NOON + HOUR, time=NOON + 2 * HOUR))
    answer = world.compact()
    unlabelled, labelled = world.rows().values()
    assert unlabelled["label"] is None
    assert (labelled["label"], labelled["observed_at"], labelled["labelled_at"]) == (
        "false",
        moment(NOON + HOUR),
        moment(NOON + 2 * HOUR),
    )
    assert (answer["predictions"], answer["labels"], answer["duplicates"]) == (0, 1, 0)


def test_a_label_that_is_early_waits_for_its_prediction(world: World) -> None:
    record = prediction()
    world.arrive("labels", labels((ids_of(record)[0], True)))
    world.compact()
    (early,) = world.rows().values()
    assert (early["time"], early["label"]) == (None, "true")
    world.arrive("predictions", record)
    world.compact()
    (row,) = world.rows().values()
    assert (row["time"], row["label"], row["score"]) == (moment(NOON), "true", 0.75)


def test_a_label_finds_an_observation_by_the_time_that_it_names(world: World) -> None:
    world.arrive("observations", observation("theirs-1", time=NOON))
    world.arrive("labels", labels(("theirs-1", True), time=NOON + 9 * HOUR, predicted_at=[NOON + 5]))
    world.compact()
    (row,) = world.rows().values()
    assert (row["source"], row["label"]) == ("observation", "true")


def test_the_newest_observation_of_a_label_wins_and_the_older_one_is_kept(world: World) -> None:
    record = prediction()
    (id,) = ids_of(record)
    world.arrive("predictions", record)
    world.arrive("labels", labels((id, False), observed_at=NOON + 2 * HOUR, time=NOON + 2 * HOUR))
    world.arrive("labels", labels((id, True), observed_at=NOON + HOUR, time=NOON + 3 * HOUR))
    world.compact()
    row = world.rows()[id]
    assert (row["label"], row["labelled_at"], row["label_conflict"]) == ("false", moment(NOON + 2 * HOUR), False)
    assert [(label["label"], label["observed_at"]) for label in row["labels"]] == [
        ("true", moment(NOON + HOUR)),
        ("false", moment(NOON + 2 * HOUR)),
    ]


def test_labels_that_differ_and_claim_the_same_time_are_a_conflict_and_the_later_to_arrive_stands(world: World) -> None:
    record = prediction()
    (id,) = ids_of(record)
    world.arrive("predictions", record)
    world.arrive("labels", labels((id, False), time=NOON + 3 * HOUR), labels((id, True), time=NOON + 2 * HOUR))
    world.compact()
    assert (world.rows()[id]["label"], world.rows()[id]["label_conflict"]) == ("false", True)


def test_a_label_that_is_sent_twice_is_one_and_counts_from_when_it_came_first(world: World) -> None:
    record = prediction()
    (id,) = ids_of(record)
    world.arrive("predictions", record)
    world.arrive("labels", labels((id, True), time=NOON + 3 * HOUR), labels((id, True), time=NOON + 2 * HOUR))
    answer = world.compact()
    row = world.rows()[id]
    assert (len(row["labels"]), row["labelled_at"], row["label_conflict"]) == (1, moment(NOON + 2 * HOUR), False)
    assert (answer["labels"], answer["duplicates"]) == (1, 1)


def test_labels_without_a_prediction_are_counted_once_they_are_old(world: World) -> None:
    lost = prediction(number=99)
    world.arrive("labels", labels((ids_of(lost)[0], True)))
    assert world.compact()["unmatched"] == 0
    assert world.compact(time="2013-03-03T12:00:00Z")["unmatched"] == 1
    world.arrive("predictions", lost)
    assert world.compact(time="2013-03-03T13:00:00Z")["unmatched"] == 0
