"""Whatever the order, the repetition and the split in which records come, the table is the same."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.compact import connection, merge_sql
from functions.domain.names import RecordKind
from tests.functions.compact.world import HOUR, NOON, World, ids_of, labels, observation, prediction, read_parquet

Sent = tuple[RecordKind, dict[str, Any]]

PREDICTIONS = [prediction(NOON + number * 20 * 60_000, rows=2, number=number) for number in range(6)]
OBSERVED = observation("theirs-1", "theirs-2", time=NOON + 30 * 60_000)
IDS = [id for record in PREDICTIONS for id in ids_of(record)]
CHANGED = {**PREDICTIONS[0], "client": "another", "time": PREDICTIONS[0]["time"]}

label_records = st.builds(
    lambda ids, value, observed, arrived: labels(
        *((id, value) for id in ids), observed_at=NOON + observed * HOUR, time=NOON + arrived * HOUR
    ),
    st.lists(st.sampled_from([*IDS, "0199cb68-7a00-7000-8000-000000000000-0"]), min_size=1, max_size=4, unique=True),
    st.booleans(),
    st.integers(1, 3),
    st.integers(3, 5),
)
their_labels = st.builds(
    lambda value, observed: labels(("theirs-1", value), observed_at=NOON + observed * HOUR, predicted_at=[NOON]),
    st.booleans(),
    st.integers(1, 3),
)
sent = st.one_of(
    st.sampled_from([("predictions", record) for record in [*PREDICTIONS, CHANGED]]),
    st.just(("observations", OBSERVED)),
    label_records.map(lambda record: ("labels", record)),
    their_labels.map(lambda record: ("labels", record)),
)


def table_of(runs: Sequence[Sequence[Sent]]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each hour, in their order, after a run for each list of records, each record an object of its own."""
    world = World()
    for records in runs:
        for kind, record in records:
            world.arrive(kind, record)
        world.compact()
    world.rows()  # which checks that each id is there once
    return {key: read_parquet(body) for key, body in world.hours().items()}


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_order_any_repetition_and_any_split_give_the_same_table(data: st.DataObject) -> None:
    records: list[Sent] = data.draw(st.lists(sent, min_size=1, max_size=8))
    others = data.draw(st.permutations([*records, *data.draw(st.lists(st.sampled_from(records), max_size=4))]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(others)), max_size=3)))
    runs = [others[start:end] for start, end in zip([0, *cuts], [*cuts, len(others)], strict=True)]
    assert table_of(runs) == table_of([records])


def typed_observation(id: str, minutes: int, **inputs: Any) -> Sent:
    """An observation with a feature that no deployed settings know, and one that had other types before."""
    record = observation(id, time=NOON + minutes * 60_000)
    return "observations", {**record, "inputs": {name: [value] for name, value in inputs.items()}}


VERSIONS = [
    typed_observation("a", 1, distance=1.5, hour=3),
    typed_observation("b", 2, distance=2, hour=4, rain=True),
    typed_observation("c", 3, hour=5, rain="much"),
    typed_observation("d", 4, Hour=6),
]


@settings(max_examples=30)
@given(st.permutations(VERSIONS), st.integers(0, 4))
def test_features_that_come_and_go_lie_in_the_same_columns_whatever_came_first(order: list[Sent], cut: int) -> None:
    assert table_of([order[:cut], order[cut:]]) == table_of([VERSIONS])


def test_an_hour_of_several_row_groups_is_the_same_whatever_the_threads_and_lies_in_the_order_of_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(merge_sql, "ROW_GROUP_ROWS", 2_048)
    parts: list[Sent] = [("predictions", prediction(NOON + 50 - n, rows=2_000, number=n)) for n in range(3)]
    one_thread = table_of([[part] for part in parts])
    monkeypatch.setattr(connection, "SMALL_ROWS", 0)
    (two_threads,) = table_of([parts]).values()
    assert [two_threads] == list(one_thread.values())
    times = [row["time"] for row in two_threads]
    assert (times, len(times)) == (sorted(times), 6_000)
