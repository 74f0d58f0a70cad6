from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, false_discovery_control, wasserstein_distance

from functions.domain.contract import Feature
from functions.domain.reference import CategoryDigest
from functions.evaluate.count_columns import count_features
from functions.evaluate.drift import drift
from tests.functions.evaluate.drift_windows import empty_window, reference, window
from tests.functions.evaluate.tables import model_config, texts
from tests.unit.counted_arrays import category_digest, number_digest

FEATURES = (
    Feature("speed", "float32", nullable=True),
    Feature("number", "int64"),
    Feature("colour", "string", nullable=True),
    Feature("night", "bool"),
)
CONFIG = model_config(FEATURES)
RNG = np.random.default_rng(7)
Array = NDArray[Any]


def _features(rows: int, shift: float, rng: np.random.Generator) -> dict[str, Array]:
    speed = rng.normal(shift, 1, rows).astype(np.float32).astype(np.float64)
    speed[rng.random(rows) < 0.05 + shift / 10] = np.nan
    colour = rng.choice(np.array(["red", "blue", "green", None], object), rows, p=[0.5, 0.3, 0.15, 0.05])
    return {
        "speed": speed,
        "number": rng.integers(0, 1_000, rows),
        "colour": colour,
        "night": rng.random(rows) < 0.3 + shift / 4,
    }


REFERENCE_ROWS = _features(20_000, 0.0, RNG) | {"score": RNG.beta(2, 5, 20_000), "late": RNG.random(20_000) < 0.2}
WINDOW_ROWS = _features(4_000, 0.5, RNG) | {"score": RNG.beta(2, 4, 4_000), "late": RNG.random(4_000) < 0.25}
REFERENCE = reference(
    [
        ("speed", "feature", number_digest(REFERENCE_ROWS["speed"], [0.1 * n for n in range(10)], 0.9)),
        ("number", "feature", number_digest(REFERENCE_ROWS["number"].astype(float))),
        ("colour", "feature", category_digest(REFERENCE_ROWS["colour"].tolist(), losses={"red": 0.2, "blue": 0.6})),
        ("night", "feature", category_digest(texts(REFERENCE_ROWS["night"]).tolist())),
        ("prediction", "output", category_digest(texts(REFERENCE_ROWS["score"] > 0.5).tolist())),
        ("score", "output", number_digest(REFERENCE_ROWS["score"])),
        ("label", "label", category_digest(texts(REFERENCE_ROWS["late"]).tolist())),
    ]
)


def _logged(rows: dict[str, Array]) -> dict[str, Any]:
    known = np.arange(len(rows["late"])) % 2 == 0
    label = texts(rows["late"])
    label[~known] = None
    return {f"in_{feature.name}": rows[feature.name] for feature in FEATURES} | {
        "score": rows["score"],
        "prediction": texts(rows["score"] > 0.5),
        "label": label,
    }


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with window(tmp_path_factory.mktemp("drift"), CONFIG, _logged(WINDOW_ROWS)) as con:
        section = drift(con, CONFIG, REFERENCE, "1")
    assert section is not None
    return section | {"by_name": {column["name"]: column for column in section["columns"]}}


def _edges(values: Array) -> Array:
    present = values[~np.isnan(values)]
    distinct = np.unique(present)
    return (
        distinct[1:]
        if len(distinct) <= 20
        else np.unique(np.quantile(present, np.arange(1, 10) / 10, method="inverted_cdf"))
    )


def _tables() -> dict[str, tuple[Array, Array]]:
    """By column: the reference's and the window's counts by cell, counted with numpy from the rows themselves."""
    half = WINDOW_ROWS["late"][::2]
    tables = {}
    for name, before, after in (
        ("speed", REFERENCE_ROWS["speed"], WINDOW_ROWS["speed"]),
        ("number", REFERENCE_ROWS["number"].astype(float), WINDOW_ROWS["number"].astype(float)),
        ("score", REFERENCE_ROWS["score"], WINDOW_ROWS["score"]),
    ):
        edges = _edges(before)
        counts = []
        for values in (before, after):
            there = values[~np.isnan(values)]
            bins = np.histogram(there, np.concatenate([[-np.inf], edges, [np.inf]]))[0]
            counts.append(np.append(bins, np.isnan(values).sum()) if np.isnan(before).any() else bins)
        tables[name] = (counts[0], counts[1])
    for name, before, after in (
        ("colour", REFERENCE_ROWS["colour"], WINDOW_ROWS["colour"]),
        ("night", REFERENCE_ROWS["night"], WINDOW_ROWS["night"]),
        ("prediction", REFERENCE_ROWS["score"] > 0.5, WINDOW_ROWS["score"] > 0.5),
        ("label", REFERENCE_ROWS["late"], half),
    ):
        values = sorted(set(before.tolist()), key=str)
        tables[name] = (
            np.array([sum(v == value for v in before.tolist()) for value in values]),
            np.array([sum(v == value for v in after.tolist()) for value in values]),
        )
    return tables


TABLES = _tables()


@pytest.mark.parametrize("name", TABLES)
def test_distances_and_p_values_are_those_of_the_rows_themselves(found: dict[str, Any], name: str) -> None:
    before, after = TABLES[name]
    column = found["by_name"][name]
    r, w = ((counts + 0.5) / (counts.sum() + 0.5 * len(counts)) for counts in (before, after))
    assert column["psi"] == pytest.approx(float(np.sum((w - r) * np.log(w / r))), rel=1e-9)
    expected = jensenshannon(before / before.sum(), after / after.sum(), base=2)
    assert column["js"] == pytest.approx(float(expected), rel=1e-9)
    p = chi2_contingency(np.stack([before, after]), correction=False).pvalue
    assert column["p_value"] == pytest.approx(float(p), rel=1e-9, abs=1e-300)
    assert sorted(column["window"]) == pytest.approx(sorted(after / after.sum()), rel=1e-12)
    assert column["noise_floor"] == pytest.approx((len(before) - 1) * (1 / before.sum() + 1 / after.sum()), rel=1e-12)


def test_false_discoveries_are_controlled_over_all_columns(found: dict[str, Any]) -> None:
    columns = list(found["by_name"].values())
    expected = false_discovery_control([column["p_value"] for column in columns])
    assert [column["q_value"] for column in columns] == pytest.approx(expected.tolist(), rel=1e-12)


@pytest.mark.parametrize("name", ["speed", "number", "score"])
def test_wasserstein_is_scipys_within_its_own_error(found: dict[str, Any], name: str) -> None:
    before, after = (rows[name].astype(float) for rows in (REFERENCE_ROWS, WINDOW_ROWS))
    before, after = before[~np.isnan(before)], after[~np.isnan(after)]
    column = found["by_name"][name]
    expected = wasserstein_distance(before, after) / before.std()
    assert column["wasserstein"] == pytest.approx(expected, abs=column["wasserstein_error"])
    assert column["wasserstein_error"] < 0.3


@pytest.mark.parametrize("name", ["speed", "number", "score"])
def test_moments_are_numpys(found: dict[str, Any], name: str) -> None:
    values, column = WINDOW_ROWS[name].astype(float), found["by_name"][name]
    assert column["mean"] == pytest.approx(float(np.nanmean(values)), rel=1e-9)
    assert column["std"] == pytest.approx(float(np.nanstd(values)), rel=1e-9)
    assert column["missing"] == pytest.approx(float(np.isnan(values).mean()), rel=1e-12)


def test_the_costliest_drift_comes_first(found: dict[str, Any]) -> None:
    ranks = [(not c["drifted"], -(c["cost"] or 0), -c["psi"]) for c in found["columns"]]
    assert ranks == sorted(ranks)
    before, after = TABLES["speed"]
    losses = np.array([*(0.1 * n for n in range(10)), 0.9])
    expected = float((after / after.sum() - before / before.sum()) @ losses)
    assert found["by_name"]["speed"]["cost"] == pytest.approx(expected, rel=1e-9)
    assert found["by_name"]["speed"]["cost_share"] == pytest.approx(expected / 0.5, rel=1e-9)
    assert found["by_name"]["number"]["cost"] is None


def test_what_was_shifted_drifted_and_nothing_else(found: dict[str, Any]) -> None:
    assert {name for name, column in found["by_name"].items() if column["drifted"]} == {
        "speed",
        "night",
        "score",
        "prediction",
    }
    assert found["drifted"]
    assert found["judged"]


def test_only_rows_with_a_known_truth_are_compared_by_label(found: dict[str, Any]) -> None:
    assert found["by_name"]["label"]["rows"] == 2_000
    assert found["by_name"]["label"]["missing"] == 0


def test_counts_made_before_give_the_same_section(tmp_path: Path, found: dict[str, Any]) -> None:
    with window(tmp_path, CONFIG, _logged(WINDOW_ROWS)) as con:
        section = drift(con, CONFIG, REFERENCE, "1", count_features(con, CONFIG, REFERENCE))
    assert section is not None
    for ours, theirs in zip(section["columns"], found["columns"], strict=True):
        assert ours["psi"] == theirs["psi"]


def test_a_regression_is_compared_by_its_values_and_its_truth(tmp_path: Path) -> None:
    config = model_config([Feature("x", "float32")], task="regression")
    values, targets = RNG.normal(10, 2, 5_000), RNG.normal(11, 2, 5_000)
    known = reference(
        [
            ("x", "feature", number_digest(RNG.normal(size=5_000).astype(np.float32).astype(float))),
            ("score", "output", number_digest(values)),
            ("target", "label", number_digest(targets)),
        ]
    )
    logged = {"in_x": RNG.normal(size=1_000), "score": RNG.normal(12, 2, 1_000), "target": RNG.normal(11, 2, 1_000)}
    logged["target"][:300] = np.nan
    with window(tmp_path, config, logged) as con:
        section = drift(con, config, known, None)
    assert section is not None
    assert {c["name"]: (c["drifted"], c["rows"]) for c in section["columns"]} == {
        "score": (True, 1_000),
        "x": (False, 1_000),
        "target": (False, 700),
    }


def test_a_classifier_of_many_classes_is_compared_by_class(tmp_path: Path) -> None:
    config = model_config([Feature("x", "float32")], task="multiclass")
    known = reference([("prediction", "output", category_digest(["0", "1", "2"] * 1_000))])
    logged = {"in_x": np.zeros(900), "prediction": texts([0, 1, 1] * 300)}
    with window(tmp_path, config, logged) as con:
        section = drift(con, config, known, None)
    assert section is not None
    column = section["columns"][0]
    assert (column["bins"], column["drifted"]) == (["0", "1", "2"], True)
    assert column["window"] == pytest.approx([1 / 3, 2 / 3, 0])


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


def test_without_a_reference_there_is_no_drift_to_tell(tmp_path: Path) -> None:
    with empty_window(tmp_path, CONFIG) as con:
        assert drift(con, CONFIG, None, None) is None


def test_an_empty_window_is_reported_as_empty(tmp_path: Path) -> None:
    with empty_window(tmp_path, CONFIG) as con:
        section = drift(con, CONFIG, REFERENCE, "1")
    assert section is not None
    assert (section["rows"], section["judged"], section["drifted"]) == (0, False, False)
    assert all(column["psi"] is None and column["q_value"] is None for column in section["columns"])


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


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=30), seen=st.lists(ROW, min_size=1, max_size=30))
def test_any_rows_give_finite_numbers_or_none(tmp_path: Path, rows: list[Any], seen: list[Any]) -> None:
    config = model_config([FEATURES[0], FEATURES[2], FEATURES[3]], min_rows=30)
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
