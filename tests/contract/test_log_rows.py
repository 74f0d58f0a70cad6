"""Rows of the log as arrays: nulls, vectors, what an hour's file lacks, and nothing at all."""

from pathlib import Path

import numpy as np
import pytest

from functions.adapters.log_rows import count, open_log, read_log
from functions.adapters.table_rows import connect
from functions.domain.contract import Feature
from tests.functions.evaluate.tables import model_config, write_rows

OLD = (Feature("size", "float32", nullable=True), Feature("odd name", "string"))
FEATURES = (*OLD, Feature("rank", "int64"), Feature("point", "float32", size=2), Feature("open", "bool"))


def written(path: Path) -> list[Path]:
    """An hour of before three features were there, and one with all of them."""
    moments = np.datetime64("2013-03-01T00:00:00", "ms") + np.arange(2) * np.timedelta64(1, "m")
    before = {"time": moments, "in_size": np.array([1.5, np.nan]), "in_odd name": np.array(["a", None], dtype=object)}
    after = {
        "time": moments + np.timedelta64(1, "h"),
        "in_size": np.array([2.5, 3.5]),
        "in_odd name": np.array(["b", "c"], dtype=object),
        "in_rank": np.array([7, 8]),
        "in_point": np.array([[0.5, 1.5], [2.5, 3.5]]),
        "in_open": np.array([True, False]),
    }
    return [
        write_rows(path / "0.parquet", model_config(OLD), before),
        write_rows(path / "1.parquet", model_config(FEATURES), after),
    ]


def test_rows_come_in_the_order_of_their_times_with_each_feature_in_its_type(tmp_path: Path) -> None:
    files = written(tmp_path)
    with connect(1, 256, tmp_path) as con:
        open_log(con, files[::-1], FEATURES)
        assert count(con, {"all": "true", "sized": "in_size is not null"}) == {"all": 4, "sized": 3}
        found = read_log(con, FEATURES, "source = 'api'", {"time": "time", "label": "label", "score": "score"})
    assert found.complete.tolist() == [False, False, True, True]
    assert found.features["size"].tolist()[0] == 1.5
    assert np.isnan(found.features["size"][1])
    assert found.features["odd name"].tolist() == ["a", "", "b", "c"]
    assert found.features["rank"].tolist() == [0, 0, 7, 8]
    assert found.features["point"][2:].tolist() == [[0.5, 1.5], [2.5, 3.5]]
    assert found.features["point"].shape == (4, 2)
    assert found.features["open"].tolist() == [False, False, True, False]
    assert found.beside["label"].tolist() == [None] * 4
    assert np.ma.getmaskarray(found.beside["score"]).all()
    assert np.all(np.diff(found.beside["time"].astype(np.int64)) > 0)


@pytest.mark.parametrize("where", ["source = 'smoke'", "time < timestamp '2000-01-01'"])
def test_no_rows_are_empty_arrays_of_the_same_types(tmp_path: Path, where: str) -> None:
    for files in ([], written(tmp_path)):
        with connect(1, 256, tmp_path) as con:
            open_log(con, files, FEATURES)
            found = read_log(con, FEATURES, where, {"id": "id"})
        assert len(found) == 0
        assert found.features["size"].dtype == np.float64
        assert found.features["point"].shape == (0, 2)
        assert found.features["rank"].dtype == np.int64
