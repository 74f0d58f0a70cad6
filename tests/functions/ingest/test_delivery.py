"""Acknowledged means durable: in the stream, or in the function's own log."""

import json
import sys
from io import StringIO
from typing import Any

import pytest

from functions.domain import label_record, observation_record
from functions.domain.logged_record import recover
from functions.domain.prediction_record import MAX_RECORD_BYTES
from functions.ingest.delivery import parts
from tests.functions.ingest.client import (
    INPUTS,
    PREDICTED,
    PREDICTION_ID,
    Client,
    error_of,
    observation,
)
from tests.functions.predict.client import TIME

LABEL = {"prediction_id": PREDICTION_ID, "label": True}


def metrics(out: str) -> list[dict[str, Any]]:
    """The metrics of a log, each without its directive."""
    lines = [json.loads(line) for line in out.splitlines() if line.startswith('{"_aws"')]
    assert all(line["_aws"]["Timestamp"] == TIME for line in lines)
    return [{name: value for name, value in line.items() if name != "_aws"} for line in lines]


def test_what_was_taken_and_what_was_not_is_counted(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    client.labels([LABEL, {}, LABEL])
    client.observations([observation()])
    client.observations([{}])
    assert metrics(capsys.readouterr().out) == [
        {"model": "visitors", "Labels": 2, "RejectedRows": 1},
        {"model": "visitors", "Observations": 1},
        {"model": "visitors", "RejectedRows": 1},
    ]


def test_labels_that_the_stream_does_not_take_are_logged_counted_and_answered(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    client.label_sink.losing = {0}
    assert client.labels([LABEL]).json["accepted"] == 1
    out = capsys.readouterr().out
    (found,) = recover(out.splitlines())
    assert found.kind == "labels"
    assert label_record.parse(found.line)["prediction_ids"] == [PREDICTION_ID]
    assert {"model": "visitors", "UnacknowledgedRecords": 1} in metrics(out)


def test_so_are_observations_in_parts_where_they_are_long(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    client.observation_sink.losing = {0}
    rows = [observation(id=f"order-{number}") for number in range(1_000)]
    assert client.observations(rows).json["accepted"] == 1_000
    out = capsys.readouterr().out
    assert all(len(line.encode()) < 256_000 for line in out.splitlines()), "CloudWatch cuts longer lines"
    (found,) = recover(out.splitlines())
    assert found.kind == "observations"
    assert observation_record.parse(found.line)["ids"] == [row["id"] for row in rows]


class FullDisk(StringIO):
    """A log that takes nothing."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_where_neither_stream_nor_log_takes_them_the_sender_is_told_to_send_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.label_sink.losing = {0}
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", FullDisk())
        answer = client.labels([LABEL])
    assert (answer.status, answer.error) == (503, "neither stream nor log took the labels: send all of them again")


def test_a_record_too_large_for_firehose_is_several(client: Client) -> None:
    rows = [observation(id=f"{number:06}" + "é" * 194, version="v" * 200) for number in range(3_000)]
    assert client.observations(rows).json["accepted"] == 3_000
    records = client.observation_records
    assert len(records) > 1
    assert all(len(line) <= MAX_RECORD_BYTES for line in client.observation_sink.lines)
    assert len({record["request_id"] for record in records}) == 1
    assert [id for record in records for id in record["ids"]] == [row["id"] for row in rows]
    for record in records:
        lengths = {len(record[name]) for name in ("ids", "times", "versions", "predictions", "scores", "probabilities")}
        assert lengths | {len(values) for values in record["inputs"].values()} == {len(record["ids"])}
        assert record["flags"] == []


def test_flags_are_split_with_their_rows() -> None:
    flags = [["out_of_range:age"] if number == 99 else [] for number in range(100)]
    document = {"v": 1, "ids": ["x" * 12_000] * 100, "inputs": {"age": list(range(100))}, "flags": flags}
    found, too_large = parts(document, 100)
    assert (too_large, [(part.first, part.rows) for part in found]) == ([], [(0, 50), (50, 50)])
    last = json.loads(found[-1].line)
    assert last["flags"][-1] == ["out_of_range:age"]
    assert len(last["flags"]) == len(last["ids"]) == len(last["inputs"]["age"]) == found[-1].rows


def test_a_row_that_no_record_holds_is_the_only_one_turned_away(client: Client) -> None:
    inputs = {**INPUTS, "colour": "x" * 1_100_000}
    rows = [observation(id="a"), {}, observation(id="b", inputs=inputs), observation(id="c")]
    answer = client.observations(rows)
    assert (answer.status, answer.json["accepted"]) == (200, 2)
    assert answer.json["ids"] == ["a", None, None, "c"]
    assert [rejected["row"] for rejected in answer.json["rejected"]] == [1, 2]
    assert "takes more than 1024000 bytes" in answer.json["rejected"][1]["error"]
    assert [id for record in client.observation_records for id in record["ids"]] == ["a", "c"]
    alone = client.observations([rows[2]])
    assert (alone.status, error_of(alone).partition(" ")[0]) == (400, "takes")


def test_a_label_for_an_observation_keeps_its_time_in_every_part(client: Client) -> None:
    rows = [{"prediction_id": f"{n:06}" + "é" * 194, "label": True, "predicted_at": PREDICTED} for n in range(6_000)]
    assert client.labels(rows).json["accepted"] == 6_000
    records = client.label_records
    assert len(records) > 1
    assert [time for record in records for time in record["predicted_at"]] == [PREDICTED] * 6_000
