"""Training files: what was written comes back, the same rows give the same bytes, and a hostile file is an error."""

import io
import zipfile
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as numbers

from functions.domain.contract import Feature, FeatureType
from functions.domain.dataset import Dataset
from functions.domain.errors import CorruptArtifactError, ModelFolderError
from functions.domain.packed_arrays import pack
from functions.domain.training_file import from_bytes, to_bytes

TEXTS = st.text(st.characters(), max_size=8)  # also lone surrogates and NUL, which a client may send
ELEMENTS: dict[FeatureType, st.SearchStrategy[Any]] = {
    "float32": st.floats(allow_infinity=False) | st.floats(width=32, allow_infinity=False),
    "int64": st.integers(-(2**63), 2**63 - 1) | st.integers(-200, 200),
    "bool": st.booleans(),
    "string": TEXTS,
}
DTYPES: dict[FeatureType, Any] = {"float32": np.float64, "int64": np.int64, "bool": bool, "string": object}


def columns(kind: FeatureType, rows: int, size: int | None) -> st.SearchStrategy[Any]:
    shape = (rows,) if size is None else (rows, size)
    return numbers.arrays(DTYPES[kind], shape, elements=ELEMENTS[kind])


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    rows = draw(st.integers(0, 6))
    kinds = draw(st.lists(st.tuples(st.sampled_from(list(ELEMENTS)), st.none() | st.integers(1, 3)), max_size=4))
    names = draw(st.lists(st.text(min_size=1, max_size=5), min_size=len(kinds), max_size=len(kinds), unique=True))
    features = tuple(Feature(name, kind, size) for name, (kind, size) in zip(names, kinds, strict=True))
    given_columns = {f.name: draw(columns(f.type, rows, f.size)) for f in features}
    label: st.SearchStrategy[Any] = draw(st.sampled_from([st.booleans(), st.integers(-(2**63), 2**63 - 1), TEXTS]))
    labels = draw(
        numbers.arrays(np.float64, rows, elements=st.floats(allow_infinity=False))
        | numbers.arrays(object, rows, elements=label | st.none())
    )
    moments = st.integers(0, 2**55).map(lambda us: np.datetime64(us, "us"))
    time = draw(st.none() | st.lists(moments, min_size=rows, max_size=rows).map(sorted))
    return Dataset(features, given_columns, labels, None if time is None else np.array(time, dtype="datetime64[us]"))


def assert_same(found: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]) -> None:
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
    assert [type(value) for value in found.reshape(-1).tolist()] == [type(v) for v in wanted.reshape(-1).tolist()]
    np.testing.assert_array_equal(found, wanted)


@given(datasets())
def test_what_was_written_comes_back_and_gives_the_same_bytes_again(rows: Dataset) -> None:
    data = to_bytes(rows)
    again = from_bytes(data, rows.features)
    for feature in rows.features:
        assert_same(again.columns[feature.name], rows.columns[feature.name])
    assert_same(again.labels, rows.labels)
    assert (again.time is None) is (rows.time is None)
    if again.time is not None and rows.time is not None:
        assert_same(again.time, rows.time)
    assert to_bytes(again) == data


@given(datasets(), st.data())
def test_a_truncated_or_altered_file_is_an_error_or_the_rows_of_another_file(
    rows: Dataset, data: st.DataObject
) -> None:
    whole = to_bytes(rows)
    end = data.draw(st.integers(0, len(whole) - 1))
    place, value = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 255))
    for hostile in (whole[:end], whole[:place] + bytes([value]) + whole[place + 1 :]):
        try:
            found = from_bytes(hostile, rows.features)
        except (CorruptArtifactError, ModelFolderError):
            continue
        assert all(len(column) == len(found) for column in found.columns.values())


@given(st.binary(max_size=200))
def test_any_other_bytes_are_an_error(data: bytes) -> None:
    with pytest.raises(CorruptArtifactError):
        from_bytes(data, ())


def small() -> Dataset:
    features = (Feature("x", "float32"), Feature("town", "string"))
    towns = np.array(["Oslo", "Rome", "Oslo"], dtype=object)
    return Dataset(features, {"x": np.array([1.5, np.nan, 2.0]), "town": towns}, np.array([1.0, 2.0, np.nan]), None)


def test_numpy_reads_it_without_pickle() -> None:
    with np.load(io.BytesIO(to_bytes(small())), allow_pickle=False) as archive:
        assert archive["column.0"].dtype == np.float32
        assert archive["column.1.codes"].tolist() == [0, 1, 0]
        assert archive["column.1.texts"].tobytes() == b"OsloRome"


def test_a_file_of_pickled_objects_is_refused() -> None:
    buffer = io.BytesIO()
    np.savez(buffer, x=np.array([{}], dtype=object))
    with pytest.raises(CorruptArtifactError):
        from_bytes(buffer.getvalue(), ())


def test_a_deflated_bomb_is_refused_before_it_unfolds() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("about.json", "{}" + " " * 10_000_000)
    with pytest.raises(CorruptArtifactError, match="not stored"):
        from_bytes(buffer.getvalue(), ())


def test_a_header_that_promises_more_than_there_is_takes_no_memory() -> None:
    honest = to_bytes(small())
    lying = honest.replace(b"'shape': (3,)", b"'shape': (9,)")
    assert len(lying) == len(honest)
    with pytest.raises(CorruptArtifactError):
        from_bytes(lying, small().features)


def test_a_file_of_a_later_version_says_so() -> None:
    with pytest.raises(CorruptArtifactError, match="schema version 2"):
        from_bytes(pack({"v": 2, "rows": 0, "label": "int", "time": False, "columns": []}, {}), ())


@pytest.mark.parametrize(
    "feature", [Feature("speed", "float32"), Feature("x", "int64"), Feature("x", "float32", size=2)]
)
def test_a_feature_that_the_file_does_not_have_so_is_said_by_name(feature: Feature) -> None:
    with pytest.raises(ModelFolderError, match=f"'{feature.name}': model.toml has changed"):
        from_bytes(to_bytes(small()), (feature,))


def test_a_class_beyond_64_bits_is_refused() -> None:
    labels = np.array([2**70, 1], dtype=object)
    with pytest.raises(ModelFolderError, match="beyond 64 bits"):
        to_bytes(Dataset((), {}, labels, None))
