"""Records that were logged for want of Firehose are found again, of whatever kind."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.errors import CorruptArtifactError
from functions.domain.logged_record import MAX_LOG_CHARACTERS, LoggedPart, log_lines, logged, recover
from functions.domain.names import RecordKind

KINDS = st.sampled_from(["predictions", "labels", "observations"])


def record_of(size: int, request_id: str) -> str:
    return json.dumps({"v": 1, "request_id": request_id, "note": "é " * size}, ensure_ascii=False)


@given(st.lists(st.tuples(KINDS, st.sampled_from([0, 10, 30_000, 90_000])), max_size=4), st.randoms())
def test_logged_records_are_recovered_from_among_other_lines(
    sizes: list[tuple[RecordKind, int]], random: Random
) -> None:
    records = {f"request-{number}": (kind, size) for number, (kind, size) in enumerate(sizes)}
    lines = ["START RequestId: 1", '{"_aws": {}}']
    for request_id, (kind, size) in records.items():
        written = log_lines(kind, record_of(size, request_id) + "\n", request_id, 0)
        assert all(len(line) < MAX_LOG_CHARACTERS + 200 for line in written)
        lines += written
    random.shuffle(lines)
    found = {json.loads(record.line)["request_id"]: record for record in recover(line + "\n" for line in lines)}
    assert {name: record.kind for name, record in found.items()} == {name: kind for name, (kind, _) in records.items()}
    assert {name: record.line for name, record in found.items()} == {
        name: record_of(size, name) for name, (_, size) in records.items()
    }


def test_lines_without_a_kind_are_predictions_since_they_were_the_only_kind_at_first() -> None:
    assert list(recover(['TRIMTAB_RECORD {"v":1}\n'])) == [("predictions", '{"v":1}')]
    parts = ["TRIMTAB_RECORD_PART c6af9ac6 0 2/2 :1}", 'TRIMTAB_RECORD_PART c6af9ac6 0 1/2 {"v"']
    assert list(recover(parts)) == [("predictions", '{"v":1}')]


def test_parts_of_two_records_of_one_request_are_kept_apart() -> None:
    text = "x" * (MAX_LOG_CHARACTERS + 1)
    lines = log_lines("labels", f"a{text}", "request-1", 0) + log_lines("labels", f"b{text}", "request-1", 500)
    assert [record.line[0] for record in recover(reversed(lines))] == ["b", "a"]


def test_a_part_says_which_of_how_many_it_is() -> None:
    *_, last = log_lines("observations", "x" * (2 * MAX_LOG_CHARACTERS + 5), "request-1", 7)
    part = logged(last)
    assert isinstance(part, LoggedPart)
    assert (part.kind, part.number, part.parts, part.piece) == ("observations", 3, 3, "xxxxx")


def test_a_missing_part_is_reported() -> None:
    lines = log_lines("predictions", record_of(60_000, "request-1"), "request-1", 0)
    assert len(lines) == 3
    with pytest.raises(CorruptArtifactError, match=r"request-1 \(has 2\)"):
        list(recover(lines[1:]))


@pytest.mark.parametrize(
    "rest", ["", "labels", "labels request-1 0", "labels request-1 0 1of2 x", "labels r 0 1/2/3 x"]
)
def test_a_part_that_says_too_little_is_reported(rest: str) -> None:
    with pytest.raises(CorruptArtifactError, match="part of a logged record"):
        logged(f"TRIMTAB_RECORD_PART {rest}")
