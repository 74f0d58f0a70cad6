"""Features that change their type, appear, or go: no value is lost."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.compact.feature_types import joined
from functions.domain.contract import Feature
from tests.functions.compact.world import CONTRACT, FEATURES, NOON, World, ids_of, observation, prediction
from tests.functions.evaluate.tables import model_config

KINDS = st.sampled_from(["FLOAT", "BIGINT", "VARCHAR", "BOOLEAN", "FLOAT[]"])
TYPES = st.dictionaries(st.sampled_from(["in_a", "in_A", "in_b", "in_c"]), KINDS, max_size=1)


@given(st.lists(TYPES, max_size=5).flatmap(lambda types: st.tuples(st.just(types), st.permutations(types))))
def test_the_columns_do_not_depend_on_the_order_of_what_came(both: tuple[list[dict[str, str]], list[Any]]) -> None:
    types, others = both
    assert list(joined(types).items()) == list(joined(others).items())


@given(TYPES, TYPES, TYPES)
def test_what_was_joined_can_be_joined_on(a: dict[str, str], b: dict[str, str], c: dict[str, str]) -> None:
    assert joined([joined([a, b]), c]) == joined([a, b, c])


def column(world: World, name: str) -> dict[str, Any]:
    return {id: row.get(name) for id, row in world.rows().items()}


def test_an_hour_in_which_a_feature_changed_its_type_has_it_as_text(world: World) -> None:
    before, after = prediction(NOON), prediction(NOON + 1, model_version=2)
    after["inputs"]["hour"] = [7.5]
    whole = replace(FEATURES[1], type="float32")
    world.register(2, replace(CONTRACT, features=(FEATURES[0], whole, *FEATURES[2:])))
    before["inputs"]["hour"] = [7]
    world.arrive("predictions", before)
    world.compact()
    assert column(world, "in_hour") == {ids_of(before)[0]: 7}
    world.arrive("predictions", after)
    world.compact()
    assert column(world, "in_hour") == {ids_of(before)[0]: "7", ids_of(after)[0]: "7.5"}


def test_a_feature_that_the_settings_no_longer_have_is_kept_by_the_contracts_type(world: World) -> None:
    world.configure(model_config(FEATURES[1:]))
    record = prediction()
    world.arrive("predictions", record)
    world.compact()
    assert column(world, "in_distance") == {ids_of(record)[0]: 0.0}


def test_a_feature_that_nothing_knows_is_kept_as_text(world: World) -> None:
    record = observation("a", "b", "c")
    record["inputs"]["rain"] = ["much", 1.5, None]
    world.arrive("observations", record)
    world.compact()
    assert column(world, "in_rain") == {"a": "much", "b": "1.5", "c": None}


def test_a_feature_that_a_record_lacks_is_null_beside_rows_that_have_it(world: World) -> None:
    old, new = observation("old"), observation("new")
    del old["inputs"]["distance"]
    world.arrive("observations", old, new)
    world.compact()
    assert column(world, "in_distance") == {"old": None, "new": 0.0}


def test_a_value_that_is_not_of_its_features_type_is_null_and_counted_and_its_row_stays(world: World) -> None:
    record = observation("a", "b")
    record["inputs"]["hour"] = ["noon", 12]
    record["inputs"]["wind"] = [[1.0, 2.0], [1.0, "strong"]]
    world.arrive("observations", record)
    answer = world.compact()
    assert column(world, "in_hour") == {"a": None, "b": 12}
    assert column(world, "in_wind") == {"a": [1.0, 2.0], "b": None}
    assert (answer["misfits"], answer["set_aside"]) == (2, 0)


def test_a_spelling_that_changed_is_the_same_column(world: World) -> None:
    record = observation("b")
    record["inputs"]["Distance"] = record["inputs"].pop("distance")
    world.arrive("observations", observation("a"), record)
    world.compact()
    assert column(world, "in_Distance") == {"a": 0.0, "b": 0.0}


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("rows", [1_500])
def test_texts_that_come_after_a_thousand_missing_ones_are_texts(world: World, rows: int) -> None:
    record = prediction(rows=rows)
    record["inputs"]["carrier"] = [None] * (rows - 1) + ["UA"]
    world.arrive("predictions", record)
    world.compact()
    assert [value for value in column(world, "in_carrier").values() if value is not None] == ["UA"]


def test_whole_numbers_with_missing_ones_among_them_stay_whole(world: World) -> None:
    world.configure(model_config([Feature("n", "int64")]))
    record = observation("a", "b")
    record["inputs"] = {"n": [2**62 + 1, None]}
    world.arrive("observations", record)
    world.compact()
    assert column(world, "in_n") == {"a": 2**62 + 1, "b": None}
