"""Whatever lies in raw/, a run ends, and the good records are in the table."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from functions.domain.names import RecordKind
from tests.functions.compact.world import NOON, World, ids_of, labels, observation, prediction

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**31, 2**63, -(2**63) - 1, 10**400, 10**16, -1]),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(st.characters(codec=None), max_size=5),  # half characters too
    st.sampled_from(["\x00", "'", '"', "\ud800", "2013", "[]", "NULL", "ffffffff-ffff-7fff-bfff-ffffffffffff-0"]),
    st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=2)), max_size=3),
    st.dictionaries(st.text(max_size=3), st.one_of(st.none(), st.floats(), st.text(max_size=2)), max_size=2),
)
GOOD: dict[RecordKind, Any] = {
    "predictions": prediction(rows=2, number=1),
    "observations": observation("a", "b", probabilities=[{"true": 0.5}, None]),
    "labels": labels((ids_of(prediction(number=2))[0], True), ("theirs", False), predicted_at=[None, NOON]),
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Each place in a document, from the outside to the inside."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[RecordKind, bytes]:
    """A record with one or two of its places changed, removed or renamed."""
    kind = draw(st.sampled_from(sorted(GOOD)))
    record = copy.deepcopy(GOOD[kind])
    for _ in range(draw(st.integers(1, 2))):
        *way, last = draw(st.sampled_from(list(places(record))))
        inside = record
        for step in way:
            inside = inside[step]
        what = draw(st.sampled_from(["change", "change", "remove", "rename"]))
        value = draw(ODD)
        if what == "change":
            inside[last] = value
        elif isinstance(inside, dict) and what == "rename":
            inside[str(draw(st.text(max_size=4)))] = inside.pop(last)
        else:
            del inside[last]
    return kind, json.dumps(record, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass") + b"\n"


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(spoilt(), min_size=1, max_size=6))
@example([("predictions", b'{"v": 1, "model": "small", "source": "\xed\xa0\x80"}\n')])
def test_a_run_ends_whatever_records_hold_and_good_ones_are_in_the_table(
    records: list[tuple[RecordKind, bytes]],
) -> None:
    world, good = World(), prediction(NOON + 1, rows=2, number=3)
    for kind in GOOD:
        mine = [line for of, line in records if of == kind]
        if mine or kind == "predictions":
            world.arrive(kind, *mine, *([good] if kind == "predictions" else []))
    answer = world.compact()
    assert set(ids_of(good)) <= set(world.rows())
    assert answer["records"] == len(records) + 1
    assert world.compact()["objects"] == 0
