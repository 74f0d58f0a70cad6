"""Flights as the log table has them, answered by the trained model; shuffled in time, so that no window can drift."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from bench.prepare import MODEL_FOLDER, model_copy
from functions.adapters.model_folder import FolderCode, load_settings
from functions.adapters.onnx_model import open_session
from functions.domain.client_tensors import client_tensors
from functions.domain.contract import Contract, Feature
from functions.domain.dataset import Dataset
from functions.domain.log_table import COLUMNS, class_text, feature_column, feature_type, quoted
from functions.domain.model_config import ModelConfig
from functions.domain.reference import Digest, Reference, ReferenceColumn
from functions.domain.reference_digest import category_digest, number_digest
from functions.domain.windows import Window
from functions.retrain.dataset import load_dataset
from functions.retrain.split import training_set

NORMAL = "normal"  # a feature that flights do not have: normally distributed noise
BEGIN = datetime(2013, 1, 1, tzinfo=UTC)
ROW_GROUP = 8_192
type Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Flights:
    """A file of all flights, the settings, and how many rows January and February have: the reference's size."""

    file: Path
    config: ModelConfig
    reference_rows: int


def flights(folder: Path, report: Report) -> Flights:
    """Write all flights of the year with the model's answers to one file below `folder`."""
    model = model_copy(folder, report)
    report("reading flights and asking the model")
    settings = load_settings(MODEL_FOLDER)
    dataset = load_dataset(FolderCode(MODEL_FOLDER), settings)
    columns: dict[str, NDArray[Any]] = {feature_column(name): values for name, values in dataset.columns.items()}
    columns |= _answers(model, dataset)
    columns["label"] = np.array([None if late is None else class_text(late) for late in dataset.labels], object)
    columns[feature_column(NORMAL)] = np.random.default_rng(0).normal(size=len(dataset))
    file = folder / "flights.parquet"
    with duckdb.connect() as con:
        con.register("given", columns)
        con.execute(f"COPY given TO '{file}' (FORMAT parquet)")
    features = (*settings.contract_features, Feature(NORMAL, "float32"))
    return Flights(file, replace(settings.config, features=features), len(training_set(dataset, settings)))


def _answers(model: Path, dataset: Dataset) -> dict[str, NDArray[Any]]:
    contract = Contract.from_document(json.loads((model / "contract.json").read_bytes()))
    session = open_session((model / "model.onnx").read_bytes())
    outputs = [contract.label_output, str(contract.probability_output)]
    labels, chances = session.run(outputs, client_tensors(dataset.features, dataset.columns))
    classes = list(contract.classes or ())
    return {
        "prediction": np.array([class_text(label) for label in labels.reshape(-1).tolist()], object),
        "score": chances[:, classes.index(contract.positive or True)].astype(np.float64),
    }


def shuffled(given: Flights, seed: int, folder: Path) -> tuple[Path, Reference, int]:
    """Shuffle all flights: the first ones are the reference, the others a log that has a row a second from BEGIN on.

    Returns the log's file, the reference, and the number of rows in the log.
    """
    file = folder / f"shuffled-{seed}.parquet"
    with duckdb.connect(config={"threads": 1}) as con:
        numbered = f"read_parquet('{given.file}', file_row_number = true)"
        con.execute(
            "CREATE TABLE shuffled AS SELECT *, row_number() OVER () - 1 AS place "
            f"FROM (SELECT * FROM {numbered} ORDER BY hash(file_row_number, {seed}))"
        )
        sample = con.execute(f"SELECT * FROM shuffled WHERE place < {given.reference_rows} ORDER BY place").fetchnumpy()
        con.execute(
            f"COPY (SELECT {', '.join(_logged(given))} FROM shuffled WHERE place >= {given.reference_rows} "
            f"ORDER BY place) TO '{file}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
        )
        total = con.execute("SELECT count(*) FROM shuffled").fetchall()[0][0]
    return file, _reference(given, sample), total - given.reference_rows


def window(first: int, rows: int) -> Window:
    """The window that holds so many rows of a shuffled log."""
    return Window(BEGIN + timedelta(seconds=first), BEGIN + timedelta(seconds=first + rows))


def _logged(given: Flights) -> Sequence[str]:
    """The log table's columns; what flights do not have is null."""
    fixed = {
        "id": "CAST(place AS VARCHAR)",
        "time": f"CAST(TIMESTAMP '{BEGIN:%Y-%m-%d}' + to_seconds(place - {given.reference_rows}) AS TIMESTAMP_MS)",
        "version": "'1'",
        "source": "'api'",
        **{name: name for name in ("prediction", "score", "label")},
    }
    types = {**COLUMNS, **{feature_column(f.name): feature_type(f) for f in given.config.features}}
    features = {name: quoted(name) for name in types if name not in COLUMNS}
    return [f"CAST({(fixed | features).get(name, 'NULL')} AS {kind}) AS {quoted(name)}" for name, kind in types.items()]


def _reference(given: Flights, sample: dict[str, NDArray[Any]]) -> Reference:
    """Digests as training makes them, of the sample's features, answers and labels."""
    columns = [
        ReferenceColumn(f.name, "feature", _digest(f, sample[feature_column(f.name)])) for f in given.config.features
    ]
    columns += [
        ReferenceColumn("prediction", "output", category_digest(_texts(sample["prediction"]))),
        ReferenceColumn("score", "output", number_digest(np.ma.getdata(sample["score"]))),
        ReferenceColumn("label", "label", category_digest([t for t in _texts(sample["label"]) if t is not None])),
    ]
    rows = given.reference_rows
    return Reference(given.config.model, "1", "training", rows, rows, tuple(columns), {})


def _digest(feature: Feature, values: NDArray[Any]) -> Digest:
    if feature.type == "string":
        return category_digest(_texts(values))
    wide = np.ma.getdata(values).astype(np.float32 if feature.type == "float32" else np.int64).astype(np.float64)
    return number_digest(np.where(np.ma.getmaskarray(values), np.nan, wide))


def _texts(values: NDArray[Any]) -> list[str | None]:
    return [None if missing else str(value) for value, missing in zip(values, np.ma.getmaskarray(values), strict=True)]
