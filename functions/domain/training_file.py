"""A training file: rows to learn from in a file that numpy alone reads, the same bytes for the same rows.

Nothing in it is executed when it is read (no pickle), so a file from a bucket can do no more than be wrong.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from functions.domain.contract import Feature
from functions.domain.dataset import Column, Dataset
from functions.domain.errors import CorruptArtifactError, ModelFolderError
from functions.domain.packed_arrays import Arrays, pack, unpack
from functions.domain.packed_columns import pack_floats, pack_integers, pack_texts, unpack_texts

SCHEMA_VERSION = 1
_LABEL, _TIME = "label", "time"

LabelKind = Literal["float", "bool", "int", "str"]


def to_bytes(rows: Dataset) -> bytes:
    """The rows as an .npz; docs/correction.md says what lies in it.

    Raises:
        ModelFolderError: a label is a whole number beyond 64 bits.
    """
    kind = _label_kind(rows.labels)
    arrays = _packed_labels(rows.labels, kind)
    for place, feature in enumerate(rows.features):
        arrays |= _packed_column(f"column.{place}", feature, rows.columns[feature.name])
    if rows.time is not None:
        arrays[_TIME] = rows.time.astype("datetime64[us]")
    about = {
        "v": SCHEMA_VERSION,
        "rows": len(rows),
        "label": kind,
        "time": rows.time is not None,
        "columns": [{"name": f.name, "type": f.type, "size": f.size} for f in rows.features],
    }
    return pack(about, arrays)


def from_bytes(data: bytes, features: Sequence[Feature]) -> Dataset:
    """The rows with these features, which may be fewer than the file has.

    Raises:
        CorruptArtifactError: the file is truncated, altered, or of another schema version.
        ModelFolderError: it lacks a feature, or has it with another type: model.toml has changed since.
    """
    about, arrays = unpack(data)
    try:
        version, count, kind, timed = about["v"], about["rows"], about["label"], about["time"]
        if version != SCHEMA_VERSION:
            raise CorruptArtifactError(
                f"training file of schema version {version!r}; this code reads {SCHEMA_VERSION}: "
                "use the Trimtab that wrote it"
            )
        places = {column["name"]: place for place, column in enumerate(about["columns"])}
        for feature in features:
            _check_known(feature, about["columns"], places)
        columns = {f.name: _column(f"column.{places[f.name]}", f, arrays, count) for f in features}
        labels = _labels(kind, arrays)
        time = _time(arrays) if timed else None
        if {len(labels), *([] if time is None else [len(time)])} != {count}:
            raise ValueError("its columns are of unlike lengths")
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise CorruptArtifactError(f"this is no training file, or not all of one: {error!r}") from error
    return Dataset(tuple(features), columns, labels, time)


def _label_kind(labels: Column) -> LabelKind:
    if labels.dtype != object:
        return "float"
    known = next((label for label in labels if label is not None), "")
    return "bool" if isinstance(known, bool) else "int" if isinstance(known, int) else "str"


def _packed_labels(labels: Column, kind: LabelKind) -> dict[str, NDArray[Any]]:
    if kind == "float":
        return {_LABEL: pack_floats(labels)}
    known = np.array([label is not None for label in labels], dtype=bool)
    if kind == "str":
        texts = ["" if label is None else label for label in labels]
        return {f"{_LABEL}.known": known, **pack_texts(_LABEL, texts, labels.shape)}
    try:
        whole = np.array([0 if label is None else int(label) for label in labels], dtype=np.int64)
    except OverflowError:
        raise ModelFolderError("a class is a whole number beyond 64 bits, which no model can answer") from None
    return {f"{_LABEL}.known": known, _LABEL: pack_integers(whole)}


def _packed_column(name: str, feature: Feature, column: Column) -> dict[str, NDArray[Any]]:
    if feature.type == "string":
        return pack_texts(name, column.reshape(-1).tolist(), column.shape)
    if feature.type == "float32":
        return {name: pack_floats(column)}
    return {name: column.astype(bool) if feature.type == "bool" else pack_integers(column)}


def _check_known(feature: Feature, columns: Sequence[dict[str, Any]], places: dict[str, int]) -> None:
    known = columns[places[feature.name]] if feature.name in places else None
    if known is None or (known["type"], known["size"]) != (feature.type, feature.size):
        how = "no column" if known is None else "another type of column"
        raise ModelFolderError(
            f"rows that were kept to learn from have {how} {feature.name!r}: model.toml has changed since. Train the "
            "model anew with `trimtab train` and deploy it: later trainings start from that"
        )


def _column(name: str, feature: Feature, arrays: Arrays, count: int) -> Column:
    if feature.type == "string":
        column = unpack_texts(name, arrays)
    else:
        kinds, dtype = {"float32": ("f", np.float64), "int64": ("i", np.int64), "bool": ("b", bool)}[feature.type]
        if arrays[name].dtype.kind not in kinds:
            raise ValueError(f"{name} is of {arrays[name].dtype}")
        column = arrays[name].astype(dtype)
    if column.shape != ((count,) if feature.size is None else (count, feature.size)):
        raise ValueError(f"{name} has shape {column.shape}")
    return column


def _labels(kind: LabelKind, arrays: Arrays) -> Column:
    if kind == "float":
        if arrays[_LABEL].dtype.kind != "f" or arrays[_LABEL].ndim != 1:
            raise ValueError(f"labels are of {arrays[_LABEL].dtype}")
        return arrays[_LABEL].astype(np.float64)
    if kind == "str":
        labels = unpack_texts(_LABEL, arrays)
    else:
        read = {"bool": bool, "int": int}[kind]
        labels = np.empty(len(arrays[_LABEL]), dtype=object)
        labels[:] = [read(value) for value in arrays[_LABEL].tolist()]
    known = arrays[f"{_LABEL}.known"]
    if known.dtype.kind != "b" or known.shape != labels.shape or labels.ndim != 1:
        raise ValueError("labels and what is known of them are of unlike shapes")
    labels[~known] = None
    return labels


def _time(arrays: Arrays) -> Column:
    time = arrays[_TIME]
    if time.dtype != np.dtype("<M8[us]") or time.ndim != 1 or np.isnat(time).any():
        raise ValueError(f"times are of {time.dtype}, or one is missing")
    if np.any(time[1:] < time[:-1]):
        raise ValueError("its rows are not in the order of their times")
    return time.copy()
