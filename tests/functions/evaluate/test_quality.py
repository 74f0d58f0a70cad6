from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.domain.contract import Feature
from functions.domain.effective_dimension import effective_dimension_of
from functions.evaluate import duplicates as duplicates_module
from functions.evaluate.duplicates import duplicates
from functions.evaluate.quality import quality
from tests.functions.evaluate.drift_windows import empty_window, reference, window
from tests.functions.evaluate.tables import model_config, texts
from tests.unit.counted_arrays import category_digest, number_digest

FEATURES = (
    Feature("speed", "float32", min=0.1, max=5, nullable=True),
    Feature("number", "int64", min=0, max=2**53 + 2),
    Feature("code", "int64", categories=(1, 2)),
    Feature("colour", "string", categories=("red", "blue"), nullable=True),
    Feature("night", "bool"),
)
CONFIG = model_config(FEATURES)
LOGGED: dict[str, Any] = {
    "in_speed": np.array([0.1, np.nan, 5.5, 0.0, 5.0, 1.0]),
    "in_number": np.array([0, -1, 2**53 + 2, 2**53 + 3, 0, 7]),
    "in_code": np.array([1, 2, 3, 3, 1, 2]),
    "in_colour": np.array(["red", "", None, "green", "pink", "blue"], object),
    "in_night": np.array([True, False, None, True, True, True], object),
    "flags": np.array(
        [[], ["out_of_range:speed", "unknown_category:colour"], [], ["out_of_range:speed"], [], []], object
    ),
}


def _quality(folder: Path, logged: dict[str, Any] | None = None, **given: Any) -> dict[str, Any]:
    with window(folder, CONFIG, logged or LOGGED) as con:
        section = quality(con, CONFIG, given.get("reference"), given.get("turned_away", {}))
    return section | {column["name"]: column for column in section["columns"]}


def test_missing_values_are_null_nan_and_a_nullable_texts_empty_one(tmp_path: Path) -> None:
    found = _quality(tmp_path)
    assert {f.name: found[f.name]["missing"] for f in FEATURES} == {
        "speed": 1,
        "number": 0,
        "code": 0,
        "colour": 2,
        "night": 1,
    }
    assert found["colour"]["missing_share"] == pytest.approx(2 / 6)


def test_out_of_range_is_what_predict_would_have_flagged(tmp_path: Path) -> None:
    found = _quality(tmp_path)
    assert found["speed"]["out_of_range"] == 2  # 5.5 and 0.0; 0.1 is the float32 next to the limit
    assert found["number"]["out_of_range"] == 2  # -1, and 2^53 + 3, which no double tells from the limit's neighbours
    assert found["colour"]["out_of_range"] is None


def test_unknown_categories_are_those_that_model_toml_does_not_list(tmp_path: Path) -> None:
    found = _quality(tmp_path)
    assert (found["code"]["unknown_category"], found["colour"]["unknown_category"]) == (2, 2)
    assert found["night"]["unknown_category"] is None


def test_a_category_that_the_reference_had_may_still_be_unlisted(tmp_path: Path) -> None:
    known = reference([("colour", "feature", category_digest(["red", "green", None]))])
    found = _quality(tmp_path, reference=known)
    assert found["colour"]["unknown_category"] == 2
    assert found["colour"]["reference_missing_share"] == pytest.approx(1 / 3)


def test_flags_are_counted_as_they_were_given(tmp_path: Path) -> None:
    found = _quality(tmp_path)
    assert (found["speed"]["flagged"], found["colour"]["flagged"], found["night"]["flagged"]) == (2, 1, 0)


def test_zeros_are_held_against_the_references(tmp_path: Path) -> None:
    known = reference([("speed", "feature", number_digest(np.array([0.0, 0, 0, 1])))])
    found = _quality(tmp_path, reference=known)
    assert found["speed"]["zero_share"] == pytest.approx(1 / 6)
    assert found["speed"]["reference_zero_share"] == 0.75
    assert found["number"]["zero_share"] == pytest.approx(2 / 6)
    assert found["colour"]["zero_share"] is None


def test_what_was_turned_away_is_in_no_log_and_comes_from_outside(tmp_path: Path) -> None:
    found = _quality(tmp_path, turned_away={"speed": 4.0})
    assert (found["speed"]["turned_away"], found["number"]["turned_away"]) == (4.0, 0)


def test_rows_with_the_same_inputs_are_duplicates(tmp_path: Path) -> None:
    logged = {name: np.concatenate([values, values[:2], values[:1]]) for name, values in LOGGED.items()}
    found = _quality(tmp_path, logged)
    assert (found["rows"], found["duplicate_rows"], found["duplicate_exact"]) == (9, 3, True)
    assert found["duplicate_share"] == pytest.approx(3 / 9)


def test_duplicates_of_many_rows_are_estimated_from_a_sixteenth_of_all_inputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates_module, "MOST_EXACT", 1_000)
    config = model_config([Feature("x", "int64")])
    with window(tmp_path, config, {"in_x": np.arange(80_000) % 60_000}) as con:
        found = duplicates(con, config.features, 80_000)
    assert found["duplicate_exact"] is False
    assert found["duplicate_share"] == pytest.approx(0.25, abs=0.02)
    assert found["duplicate_rows"] == round(found["duplicate_share"] * 80_000)


def test_the_effective_dimension_is_numpys(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    columns = (rng.normal(size=(2_000, 3)) @ rng.normal(size=(3, 5)) + 1_000).astype(np.float32)
    columns[::7, 2] = np.nan
    names = [f"x{n}" for n in range(5)]
    config = model_config(
        [*(Feature(name, "float32") for name in names), Feature("same", "int64"), Feature("t", "string")]
    )
    logged = {f"in_{name}": columns[:, n] for n, name in enumerate(names)} | {"in_same": np.ones(2_000, int)}
    with window(tmp_path, config, logged) as con:
        found = quality(con, config, None, {})["dimensionality"]
    expected = effective_dimension_of(list(columns.T.astype(float)))
    assert found["features"] == 5
    assert found["effective_dimension"] == pytest.approx(expected, rel=1e-9)
    assert found["reference_effective_dimension"] is None


def test_one_varying_feature_has_one_dimension(tmp_path: Path) -> None:
    config = model_config([Feature("x", "float32")])
    with window(tmp_path, config, {"in_x": np.array([1.0, 2.0, np.nan])}) as con:
        assert quality(con, config, None, {})["dimensionality"]["effective_dimension"] == 1


def test_of_vectors_elements_are_counted(tmp_path: Path) -> None:
    config = model_config([Feature("pixels", "float32", size=2, min=0, max=1)])
    pixels = np.array([[0.5, 2.0], [0.0, np.nan], [-1.0, 1.0]])
    with window(tmp_path, config, {"in_pixels": pixels}) as con:
        column = quality(con, config, None, {})["columns"][0]
    assert (column["missing"], column["out_of_range"]) == (1, 2)
    assert column["zero_share"] == pytest.approx(1 / 6)


def test_an_empty_window_has_counts_of_nothing_and_no_shares(tmp_path: Path) -> None:
    with empty_window(tmp_path, CONFIG) as con:
        found = quality(con, CONFIG, None, {})
    assert (found["rows"], found["duplicate_rows"], found["duplicate_share"]) == (0, 0, None)
    assert found["dimensionality"]["effective_dimension"] is None
    assert all(column["missing"] == 0 and column["missing_share"] is None for column in found["columns"])


def test_names_and_texts_with_quotes_are_only_names_and_texts(tmp_path: Path) -> None:
    config = model_config([Feature('a"b raw', "float32", max=1), Feature("it's", "string", categories=("o'clock",))])
    logged = {'in_a"b raw': np.array([0.0, 2.0]), "in_it's": texts(["o'clock", "x'"])}
    with window(tmp_path, config, logged) as con:
        first, second = quality(con, config, None, {})["columns"]
    assert (first["out_of_range"], second["unknown_category"]) == (1, 1)
