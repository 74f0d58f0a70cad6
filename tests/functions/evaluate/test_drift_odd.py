"""Drift of odd columns: new values, one-sided features, vectors, values without end, any rows at all."""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.domain.contract import Feature
from functions.domain.reference import CategoryDigest
from functions.evaluate import count_columns
from functions.evaluate.drift import drift
from tests.functions.evaluate.drift_windows import reference, window
from tests.functions.evaluate.tables import model_config, texts
from tests.unit.counted_arrays import category_digest, number_digest

RNG = np.random.default_rng(11)


def test_new_categories_are_named_with_their_rows(tmp_path: Path) -> None:
    colours = np.array(["red"] * 700 + ["pink"] * 200 + ["it's"] * 100, object)
    config = model_config([Feature("colour", "string", categories=("red", "pink"))])
    known = reference([("colour", "feature", category_digest(["red"] * 2_000))])
    with window(tmp_path, config, {"in_colour": colours}) as con:
        section = drift(con, config, known, None)
    assert section is not None
    column = section["columns"][0]
    assert column["new_categories"] == [{"value": "pink", "rows": 200}, {"value": "it's", "rows": 100}]
    assert column["new_category_rows"] == 300
    assert column["drifted"]


def test_new_categories_are_not_guessed_where_the_reference_has_too_many(tmp_path: Path) -> None:
    digest = CategoryDigest(2_000, 0, {"red": 1_900}, 100, {})
    config = model_config([Feature("colour", "string")])
    with window(tmp_path, config, {"in_colour": np.array(["red"] * 950 + ["pink"] * 50, object)}) as con:
        section = drift(con, config, reference([("colour", "feature", digest)]), None)
    assert section is not None
    column = section["columns"][0]
    assert column["new_category_rows"] == 0
    assert "rarest values together" in column["note"]
    assert not column["drifted"]


def test_features_that_only_one_side_has_are_said_and_not_judged(tmp_path: Path) -> None:
    config = model_config([Feature("old", "float32"), Feature("new", "float32"), Feature("retyped", "string")])
    digest = number_digest(RNG.normal(size=1_000))
    known = reference([("old", "feature", digest), ("gone", "feature", digest), ("retyped", "feature", digest)])
    logged = {"in_old": RNG.normal(size=500), "in_new": RNG.normal(size=500), "in_retyped": texts(["a"] * 500)}
    with window(tmp_path, config, logged) as con:
        section = drift(con, config, known, None)
    assert section is not None
    notes = {column["name"]: column["note"] for column in section["columns"]}
    assert notes["old"] is None
    assert "newer than the live version" in notes["new"]
    assert "no longer" in notes["gone"]
    assert "another type" in notes["retyped"]
    assert not any(c["drifted"] for c in section["columns"])


def test_integers_beyond_doubles_fall_into_the_bins_of_the_reference(tmp_path: Path) -> None:
    values = np.arange(2**60, 2**60 + 5_000)
    config = model_config([Feature("id", "int64")])
    with window(tmp_path, config, {"in_id": values}) as con:
        section = drift(con, config, reference([("id", "feature", number_digest(values.astype(float)))]), None)
    assert section is not None
    column = section["columns"][0]
    assert column["window"] == pytest.approx(column["reference"])


def test_vectors_are_compared_by_their_elements(tmp_path: Path) -> None:
    config = model_config([Feature("pixels", "float32", size=4)])
    before = RNG.normal(size=(3_000, 4)).astype(np.float32)
    after = RNG.normal(0.5, 1, size=(800, 4)).astype(np.float32)
    known = reference([("pixels", "feature", number_digest(before.astype(float).reshape(-1)))])
    with window(tmp_path, config, {"in_pixels": after}) as con:
        section = drift(con, config, known, None)
    assert section is not None
    column = section["columns"][0]
    assert (column["rows"], column["drifted"]) == (800, True)
    assert column["mean"] == pytest.approx(float(after.astype(float).mean()), rel=1e-9)


def test_rows_of_other_versions_are_counted(tmp_path: Path) -> None:
    config = model_config([Feature("x", "float32")])
    known = reference([("x", "feature", number_digest(RNG.normal(size=1_000)))])
    with window(tmp_path, config, {"in_x": np.zeros(10), "version": texts(["1"] * 7 + ["2"] * 3)}) as con:
        section, unknown = drift(con, config, known, "2"), drift(con, config, known, None)
    assert section is not None
    assert unknown is not None
    assert (section["rows"], section["other_version_rows"], unknown["other_version_rows"]) == (10, 7, 0)
    assert not section["judged"]
    assert "200" in section["note"]


def test_values_without_end_do_not_end_the_evaluation(tmp_path: Path) -> None:
    config = model_config([Feature("x", "float32")], task="regression")
    known = reference([("score", "output", number_digest(RNG.normal(size=1_000)))])
    scores = np.array([1e308, -1e308, np.inf, -np.inf, 0.0] * 100)
    with window(tmp_path, config, {"in_x": np.full(500, np.inf), "score": scores}) as con:
        section = drift(con, config, known, None)
    assert section is not None
    column = section["columns"][0]
    assert column["missing"] == pytest.approx(0.4)
    assert column["drifted"]
    assert np.isfinite([column["psi"], column["std"], column["wasserstein"]]).all()


VALUES = st.one_of(st.none(), st.sampled_from([0.0, -1.5, 3.25, 7e30, float("inf")]))
ROW = st.tuples(
    VALUES, st.sampled_from([None, "", "red", "weird 'é\x00\"", "blue"]), st.sampled_from([True, False, None])
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=30), seen=st.lists(ROW, min_size=1, max_size=30))
def test_any_rows_give_finite_numbers_or_none(tmp_path: Path, rows: list[Any], seen: list[Any]) -> None:
    config = model_config(
        [
            Feature("speed", "float32", nullable=True),
            Feature("colour", "string", nullable=True),
            Feature("night", "bool"),
        ],
        min_rows=30,
    )
    speed = np.array([np.nan if r[0] is None or np.isinf(r[0]) else np.float32(r[0]) for r in seen], float)
    known = reference(
        [
            ("speed", "feature", number_digest(speed)),
            ("colour", "feature", category_digest([r[1] or None for r in seen])),
            ("night", "feature", category_digest([None if r[2] is None else str(r[2]).lower() for r in seen])),
        ]
    )
    with duckdb.connect() as con:
        kinds = {"in_speed": "FLOAT", "in_colour": "VARCHAR", "in_night": "BOOLEAN"}
        columns = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
        con.execute(f"CREATE TABLE window_rows (version VARCHAR, {columns})")
        con.executemany("INSERT INTO window_rows VALUES ('1', ?, ?, ?)", rows)
        section = drift(con, config, known, "1")
    assert section is not None
    for column in section["columns"]:
        assert column["rows"] == len(rows)
        numbers = [value for value in column.values() if isinstance(value, float)]
        assert np.isfinite(numbers).all()
        assert sum(column["window"]) == pytest.approx(1)
        assert (column["q_value"] is None) == (len(rows) < 30)


@pytest.mark.parametrize("most", [0, 20_000], ids=["too many values to list", "value by value"])
def test_columns_of_many_values_are_counted_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Beyond so many different values, rows are counted by bin and by known category; the numbers are the same."""
    monkeypatch.setattr(count_columns, "MOST_VALUES", most)
    numbers = np.arange(1_000) % 30
    config = model_config([Feature("number", "int64"), Feature("colour", "string", nullable=True)])
    known = reference(
        [
            ("number", "feature", number_digest((np.arange(3_000) % 25).astype(float))),
            ("colour", "feature", category_digest(["red", "blue", None, "red"] * 500)),
        ]
    )
    logged = {"in_number": numbers, "in_colour": np.array(["red", "pink", "", None, "grey"] * 200, object)}
    with window(tmp_path, config, logged) as con:
        section = drift(con, config, known, None)
    assert section is not None
    by_name = {column["name"]: column for column in section["columns"]}
    assert by_name["number"]["mean"] == pytest.approx(numbers.mean(), rel=1e-12)
    assert by_name["number"]["std"] == pytest.approx(numbers.std(), rel=1e-12)
    assert dict(zip(by_name["number"]["bins"], by_name["number"]["window"], strict=True))["0"] == pytest.approx(0.034)
    assert by_name["colour"]["bins"] == ["red", "blue", "(new)", "(missing)"]
    assert by_name["colour"]["window"] == pytest.approx([0.2, 0, 0.4, 0.4])
    assert by_name["colour"]["new_categories"] == [{"value": "grey", "rows": 200}, {"value": "pink", "rows": 200}]
