"""Records that no stream took are found in the functions' logs, once, and cheaply when there are none."""

from dataclasses import replace

from functions.compact.ledger import Ledger, Rescued
from functions.compact.rescue import LOOK_BACK_MS, WAIT_FOR_PARTS_MS, rescue
from functions.domain.logged_record import MAX_LOG_CHARACTERS, log_lines
from tests.functions.compact.world import (
    HOUR,
    INGEST,
    NOON,
    PREDICT,
    FakeLogs,
    World,
    ids_of,
    labels,
    line_of,
    observation,
    prediction,
)
from tests.functions.evaluate.tables import model_config


def logged(record: dict[str, object], kind: str = "predictions") -> list[str]:
    """The lines of a record in a function's log."""
    return log_lines(kind, line_of(record).decode(), str(record["request_id"]), 0)  # type: ignore[arg-type]


def long_prediction() -> tuple[dict[str, object], list[str]]:
    record = prediction(rows=MAX_LOG_CHARACTERS // 20)
    lines = logged(record)
    assert len(lines) > 2
    return record, lines


def test_records_of_all_kinds_are_found_in_the_logs_of_the_functions_that_had_them() -> None:
    world, record = World(), prediction()
    world.logs.write(PREDICT, "START RequestId: 1", *logged(record), "END RequestId: 1")
    world.logs.write(INGEST, *logged(labels((ids_of(record)[0], True)), "labels"))
    world.logs.write(INGEST, *logged(observation("theirs"), "observations"))
    answer = world.compact()
    rows = world.rows()
    assert (set(rows), rows[ids_of(record)[0]]["label"]) == ({*ids_of(record), "theirs"}, "true")
    assert (answer["rescued"], answer["predictions"], answer["labels"]) == (3, 2, 1)


def test_a_line_of_the_first_form_which_named_no_kind_is_a_prediction() -> None:
    world, record = World(), prediction()
    world.logs.write(PREDICT, "TRIMTAB_RECORD " + line_of(record).decode())
    world.compact()
    assert list(world.rows()) == ids_of(record)


def test_a_record_that_was_delivered_all_the_same_is_one_row() -> None:
    world, record = World(), prediction()
    world.arrive("predictions", record)
    world.logs.write(PREDICT, *logged(record))
    world.compact()
    assert list(world.rows()) == ids_of(record)


def test_a_record_is_rescued_once() -> None:
    world = World()
    world.logs.write(PREDICT, *logged(prediction()))
    assert world.compact()["rescued"] == 1
    assert world.compact()["rescued"] == 0
    world.logs.now_ms += 3 * HOUR
    assert world.compact()["rescued"] == 0


def test_a_search_begins_an_hour_before_the_one_that_was_before_by_cloudwatchs_own_clock() -> None:
    world = World()
    world.compact()
    world.logs.now_ms += 5 * HOUR
    world.compact(time="2030-01-01T00:00:00Z")
    assert [since for function, since in world.logs.searched if function == PREDICT] == [0, NOON - LOOK_BACK_MS]


def test_a_record_that_cloudwatch_shows_late_is_found() -> None:
    world = World()
    world.compact()
    world.logs.write(PREDICT, *logged(prediction()), time_ms=NOON - LOOK_BACK_MS + 1)
    assert world.compact()["predictions"] == 1


def test_the_parts_of_a_long_record_are_put_together() -> None:
    world, (record, lines) = World(), long_prediction()
    world.logs.write(PREDICT, *lines)
    assert world.compact()["predictions"] == len(ids_of(record))


def test_the_parts_of_a_long_record_may_come_in_two_reads_hours_apart() -> None:
    world, (record, lines) = World(), long_prediction()
    world.logs.write(PREDICT, lines[0])
    assert world.compact()["rescued"] == 0
    world.logs.now_ms += 5 * HOUR
    world.logs.write(PREDICT, *logged(prediction()))
    assert world.compact()["rescued"] == 1
    world.logs.now_ms += 5 * HOUR
    world.logs.write(PREDICT, *lines[1:])
    answer = world.compact()
    assert (answer["rescued"], answer["predictions"], answer["set_aside"]) == (1, len(ids_of(record)), 0)


def test_a_long_record_whose_parts_do_not_come_for_a_day_is_set_aside() -> None:
    world, (_, lines) = World(), long_prediction()
    world.logs.write(PREDICT, *lines[1:])
    world.compact()
    world.logs.now_ms += WAIT_FOR_PARTS_MS + 1
    answer = world.compact()
    assert answer["set_aside"] == len(lines) - 1
    reasons = {entry["reason"] for entries in world.set_aside().values() for entry in entries}
    assert reasons == {f"part {number}; others are missing" for number in range(2, len(lines) + 1)}
    assert world.compact()["set_aside"] == 0


def test_a_line_that_begins_as_a_part_and_is_none_is_set_aside() -> None:
    world = World()
    world.logs.write(PREDICT, "TRIMTAB_RECORD_PART predictions half")
    world.compact()
    ((key, (entry,)),) = world.set_aside().items()
    assert key.startswith("rejected/predictions/model=small/log-")
    assert "cannot be read" in entry["reason"]


def test_since_reads_the_logs_again_from_then_on() -> None:
    world = World()
    world.logs.write(PREDICT, *logged(prediction()))
    world.compact()
    answer = world.compact(since="2013-03-01T12:00:00Z")
    assert (answer["rescued"], answer["predictions"], answer["duplicates"]) == (1, 0, 1)


def test_a_model_that_is_hosted_elsewhere_has_no_predict() -> None:
    world = World(replace(model_config(), external=True))
    world.compact()
    assert [function for function, _ in world.logs.searched] == [INGEST]


def test_a_cursor_never_goes_back() -> None:
    logs = FakeLogs()
    logs.now_ms = NOON - 9 * HOUR
    ledger = Ledger("small", rescued={PREDICT: Rescued(NOON)})
    assert rescue(logs, [PREDICT], ledger).rescued == {PREDICT: Rescued(NOON)}
