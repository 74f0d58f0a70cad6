from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, false_discovery_control, wasserstein_distance

from functions.domain.contract import Feature
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


def test_without_a_reference_there_is_no_drift_to_tell(tmp_path: Path) -> None:
    with empty_window(tmp_path, CONFIG) as con:
        assert drift(con, CONFIG, None, None) is None


def test_an_empty_window_is_reported_as_empty(tmp_path: Path) -> None:
    with empty_window(tmp_path, CONFIG) as con:
        section = drift(con, CONFIG, REFERENCE, "1")
    assert section is not None
    assert (section["rows"], section["judged"], section["drifted"]) == (0, False, False)
    assert all(column["psi"] is None and column["q_value"] is None for column in section["columns"])
