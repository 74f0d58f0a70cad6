import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.errors import CorruptArtifactError
from functions.domain.prediction_record import MAX_LOG_CHARACTERS, log_lines, parse, prediction_id, recover

VERSION_1 = {
    "v": 1,
    "model": "flights",
    "model_version": 3,
    "release": 7,
    "request_id": "c6af9ac6",
    "first_row": 0,
    "time": 1370088000000,
    "client": "key",
    "inputs": {"carrier": ["UA", None], "distance": [1400, 200.5]},
    "outputs": {"label": [0, 1], "probabilities": [[0.75, 0.25], [0.5, 0.5]]},
    "flags": [[], ["out_of_range:distance"]],
    "latency_us": 90,
    "source": "api",
}


def test_reads_version_1() -> None:
    assert parse(json.dumps(VERSION_1)) == VERSION_1
    assert parse(json.dumps(VERSION_1).encode() + b"\n") == VERSION_1


@pytest.mark.parametrize("line", ["", "{", "[]", "{}", '{"v":0}', '{"v":2}', '{"v":"1"}', b"\xff"])
def test_does_not_read_what_it_does_not_know(line: str | bytes) -> None:
    with pytest.raises(CorruptArtifactError, match="prediction record"):
        parse(line)


def test_a_prediction_is_named_by_request_and_row() -> None:
    assert prediction_id("c6af9ac6", 12) == "c6af9ac6-12"


def record_of(size: int, request_id: str) -> str:
    return json.dumps({**VERSION_1, "request_id": request_id, "inputs": {"note": ["é " * size]}}, ensure_ascii=False)


@given(st.lists(st.sampled_from([0, 10, 30_000, 90_000]), max_size=4), st.randoms(use_true_random=False))
def test_logged_records_are_recovered_from_among_other_lines(sizes: list[int], random: object) -> None:
    records = [record_of(size, f"request-{number}") for number, size in enumerate(sizes)]
    lines = ["START RequestId: 1", '{"_aws": {}}']
    for number, record in enumerate(records):
        logged = log_lines(record + "\n", f"request-{number}", 0)
        assert all(len(line) < MAX_LOG_CHARACTERS + 200 for line in logged)
        lines += logged
    random.shuffle(lines)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    found = {record["request_id"]: record for record in recover(line + "\n" for line in lines)}
    assert found == {f"request-{number}": json.loads(record) for number, record in enumerate(records)}


def test_a_missing_part_is_reported() -> None:
    lines = log_lines(record_of(60_000, "request-1"), "request-1", 0)
    assert len(lines) > 1
    with pytest.raises(CorruptArtifactError, match=r"request-1 \(has 2\)"):
        list(recover(lines[1:]))
