"""The spool that makes a put durable, and the keys that its files become."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.domain.errors import MisconfiguredError
from trimtab.local.firehose_prefix import check_prefix, object_key
from trimtab.local.firehose_spool import Spool, arrival_ms, identity, records

AT = datetime(2013, 3, 6, 7, 8, 9, tzinfo=UTC)
AT_MS = int(AT.timestamp() * 1000)


def test_records_come_back_in_order_from_one_file(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put([b"a\n", b"b\n"], AT_MS)
    assert spool.put([b"c\n"], AT_MS + 5000) == 6
    assert spool.closed() == []
    spool.roll()
    (path,) = spool.closed()
    assert list(records(path)) == [b"a\n", b"b\n", b"c\n"]
    assert arrival_ms(path) == AT_MS


def test_a_file_is_closed_by_age_or_size(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put([b"x" * 10], AT_MS)
    assert not spool.roll_if(AT_MS + 59_999, 60_000, 11)
    assert spool.roll_if(AT_MS + 60_000, 60_000, 11)
    spool.put([b"x" * 11], AT_MS)
    assert spool.roll_if(AT_MS, 60_000, 11)
    assert len(spool.closed()) == 2


def test_what_a_killed_process_left_is_found_by_the_next(tmp_path: Path) -> None:
    Spool(tmp_path).put([b"kept\n"], AT_MS)
    (path,) = Spool(tmp_path).closed()
    assert list(records(path)) == [b"kept\n"]


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=50), min_size=1, max_size=8), st.data())
def test_a_file_cut_anywhere_gives_exactly_the_whole_records_before_the_cut(
    tmp_path_factory: pytest.TempPathFactory, data: list[bytes], draw: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    spool = Spool(folder)
    spool.put(data, AT_MS)
    spool.roll()
    (path,) = spool.closed()
    whole = path.read_bytes()
    cut = draw.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    ends = [sum(8 + len(record) for record in data[: number + 1]) for number in range(len(data))]
    assert list(records(path)) == data[: sum(end <= cut for end in ends)]


def test_a_record_whose_bytes_rotted_ends_the_file(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put([b"good", b"evil"], AT_MS)
    spool.roll()
    (path,) = spool.closed()
    path.write_bytes(path.read_bytes().replace(b"evil", b"live"))
    assert list(records(path)) == [b"good"]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("raw/!{timestamp:yyyy/MM/dd/HH}/", "raw/2013/03/06/07/"),
        ("raw/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/", "raw/dt=2013-03-06/hour=07/"),
        ("a/!{timestamp:'year='yyyy}/", "a/year=2013/"),
        ("", "2013/03/06/07/"),
        ("plain/", "plain/2013/03/06/07/"),
    ],
)
def test_prefixes_are_dated_in_utc(prefix: str, expected: str) -> None:
    key = object_key(prefix, "s", "1", AT, "0123456789abcdef" * 2, ".gz")
    assert key == f"{expected}s-1-2013-03-06-07-08-09-01234567-89ab-cdef-0123-456789abcdef.gz"


def test_the_same_file_has_the_same_key_with_random_strings_too(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put([b"x"], AT_MS)
    spool.roll()
    (path,) = spool.closed()
    keys = {object_key("!{firehose:random-string}/", "s", "1", AT, identity(path), "") for _ in range(3)}
    assert len(keys) == 1


@pytest.mark.parametrize(
    "prefix", ["!{partitionKeyFromQuery:x}/", "!{timestamp:QQ}/", "!{timestamp", "!{firehose:odd}/"]
)
def test_a_prefix_that_is_not_known_is_an_error(prefix: str) -> None:
    with pytest.raises(MisconfiguredError):
        check_prefix(prefix)
