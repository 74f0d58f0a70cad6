"""Model folders that MLflow wrote: what their signature says becomes features, and what cannot be served is named."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import yaml
from onnx import TensorProto, helper

from functions.adapters.model_folder import load_settings
from functions.domain.canonical_json import digest_of
from functions.domain.contract import Feature
from functions.domain.errors import InvalidRequestError, ModelFolderError, NotFoundError
from functions.retrain.train import train
from tests.unit.exported import project_in
from tests.unit.folders import session
from trimtab.import_mlflow import ImportedMlflow, import_mlflow
from trimtab.mlflow_features import features_of
from trimtab.mlflow_model import FILE, Column, is_mlflow, read_mlflow
from trimtab.project import Project

GOLDEN = Path(__file__).parents[1] / "golden" / "mlflow"  # written by MLflow itself: bench/peers/mlflow_folders.py


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return project_in(tmp_path / "here")


def imported(source: Path, project: Project, positive: str | None = None) -> ImportedMlflow:
    return import_mlflow(source, "copied", None, positive, project, lambda text: None)


def folder_with(tmp_path: Path, document: dict[str, Any] | str | bytes, name: str = "columns") -> Path:
    """A golden folder with another MLmodel; `document` is merged into the one that there is, or is the file."""
    copy = tmp_path / "mlflow"
    shutil.copytree(GOLDEN / name, copy)
    if isinstance(document, dict):
        document = str(yaml.safe_dump(yaml.safe_load((copy / FILE).read_text()) | document))
    (copy / FILE).write_bytes(document.encode() if isinstance(document, str) else document)
    return copy


def graph(*inputs: tuple[str, int, list[Any]]) -> onnx.ModelProto:
    values = [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in inputs]
    return helper.make_model(helper.make_graph([], "any", values, []))


def column(name: str | None, kind: str, shape: Sequence[int] | None = None, required: bool = True) -> Column:
    return Column(name, kind, None if shape is None else tuple(shape), required)


def test_named_columns_become_features_of_the_types_that_the_graph_takes(project: Project) -> None:
    done = imported(GOLDEN / "columns", project)
    settings = load_settings(done.folder)

    assert settings.contract_features == (
        Feature("age", "float32"),
        Feature("visits", "int64"),
        Feature("plan", "string", nullable=True),
    )
    assert (settings.model.task, settings.label.positive) == ("binary", "leaves")
    assert done.classes == ("stays", "leaves")


def test_the_model_is_served_by_the_very_bytes_that_mlflow_kept(tmp_path: Path, project: Project) -> None:
    done = imported(GOLDEN / "columns", project)
    train(done.folder, tmp_path / "artifact", lambda text: None)

    onnx_bytes = (GOLDEN / "columns" / "model.onnx").read_bytes()
    assert (tmp_path / "artifact" / "model.onnx").read_bytes() == onnx_bytes
    origin = json.loads((tmp_path / "artifact" / "lineage.json").read_bytes())["imported"]
    assert origin["from"] == "mlflow"
    assert origin["onnx"] == digest_of(onnx_bytes) == done.onnx
    assert origin["mlmodel"] == digest_of((GOLDEN / "columns" / FILE).read_bytes())
    assert origin["mlflow_version"] == "3.17.2"


def test_a_tensor_becomes_one_feature_as_wide_as_it_is(project: Project) -> None:
    done = imported(GOLDEN / "tensor", project)
    settings = load_settings(done.folder)

    assert settings.contract_features == (Feature("float_input", "float32", 4),)
    assert (settings.model.task, done.classes) == ("regression", None)


def test_columns_of_a_graph_with_one_matrix_become_its_columns_in_their_order(tmp_path: Path, project: Project) -> None:
    done = imported(GOLDEN / "matrix-of-columns", project)
    train(done.folder, tmp_path / "artifact", lambda text: None)
    row = {name: np.array([[value]], np.float32) for value, name in enumerate(("hour", "wind", "load", "price"), 1)}

    assert session(tmp_path / "artifact").run(None, row)[0].tolist() == [[0.5 - 2 + 6 + 1]]


def test_the_positive_class_may_be_named(project: Project) -> None:
    assert load_settings(imported(GOLDEN / "columns", project, "Stays").folder).label.positive == "stays"


def test_a_positive_class_that_is_none_is_refused(project: Project) -> None:
    with pytest.raises(InvalidRequestError, match="'churns' is no class of the model: stays, leaves are"):
        imported(GOLDEN / "columns", project, "churns")
    assert list(project.models.iterdir()) == []


def test_without_a_signature_the_features_are_the_inputs_of_the_graph(tmp_path: Path, project: Project) -> None:
    said: list[str] = []
    import_mlflow(folder_with(tmp_path, {"signature": None}), "copied", "gone", None, project, said.append)
    settings = load_settings(project.models / "copied")

    assert [feature.name for feature in settings.contract_features] == ["age", "visits", "plan"]
    assert settings.label.name == "gone"
    assert said[0].startswith("note: the model has no signature")


def test_a_model_of_another_flavour_says_which_it_has_and_what_to_do(project: Project) -> None:
    with pytest.raises(
        ModelFolderError, match=r"no onnx flavour \(there is python_function\): convert the model to ONNX"
    ):
        imported(GOLDEN / "no-onnx", project)


def test_a_folder_that_is_none_of_mlflows_is_named(tmp_path: Path, project: Project) -> None:
    assert not is_mlflow(tmp_path)
    with pytest.raises(NotFoundError, match="holds no MLmodel file"):
        imported(tmp_path, project)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("- a\n- b\n", "is no MLmodel file"),
        ("flavors: [", "not well-formed YAML"),
        (b"\xff\xfe\x00", "not well-formed YAML"),
        ("!!python/object/apply:os.system ['true']", "not well-formed YAML"),
        ("[" * 5_000, "not well-formed YAML"),
        ("a" * 1_000_001, "has over 1,000,000 bytes"),
        ({"flavors": ["onnx"]}, "flavors must be a table"),
        ({"flavors": {}}, r"no onnx flavour \(there is none\)"),
        ({"flavors": {"onnx": {"data": "../../etc/passwd"}}}, "lies outside of the folder"),
        ({"flavors": {"onnx": {"data": "/etc/passwd"}}}, "lies outside of the folder"),
        ({"flavors": {"onnx": {"data": "gone.onnx"}}}, r"gone\.onnx is missing"),
        ({"flavors": {"onnx": {"data": "."}}}, "is a folder: save the model as one file"),
        ({"flavors": {"onnx": {}}}, "data must name the model's file"),
        ({"signature": {"inputs": "[{"}}, r"signature\.inputs is not as MLflow writes it"),
        ({"signature": {"inputs": '[{"name": "age"}]'}}, r"signature\.inputs is not as MLflow writes it"),
        ({"signature": {"inputs": '[{"name": 7, "type": "long"}]'}}, "7 is no name"),
        ({"signature": "inputs"}, r"signature\.inputs is not as MLflow writes it"),
    ],
)
def test_an_mlmodel_that_is_not_as_mlflow_writes_it_is_refused(
    tmp_path: Path, document: dict[str, Any] | str | bytes, said: str
) -> None:
    with pytest.raises(ModelFolderError, match=said):
        read_mlflow(folder_with(tmp_path, document))


def test_optional_is_read_as_older_versions_wrote_it(tmp_path: Path) -> None:
    inputs = '[{"name": "age", "type": "double", "optional": true}, {"name": "visits", "type": "long"}]'
    model = read_mlflow(folder_with(tmp_path, {"signature": {"inputs": inputs}}))
    assert [one.required for one in model.inputs] == [False, True]


FLOAT, LONG, TEXT, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING, TensorProto.BOOL


@pytest.mark.parametrize(
    ("kind", "element", "feature"),
    [
        ("float", FLOAT, Feature("x", "float32")),
        ("double", FLOAT, Feature("x", "float32")),
        ("long", LONG, Feature("x", "int64")),
        ("integer", LONG, Feature("x", "int64")),
        ("boolean", BOOL, Feature("x", "bool")),
        ("string", TEXT, Feature("x", "string")),
    ],
)
def test_each_type_of_a_column_has_its_type_here(kind: str, element: int, feature: Feature) -> None:
    assert features_of(graph(("x", element, [None, 1])), [column("x", kind)]) == (feature,)


@pytest.mark.parametrize("kind", ["datetime", "binary", "array", "object", "map", "any", "complex"])
def test_a_type_that_cannot_be_served_is_named(kind: str) -> None:
    with pytest.raises(ModelFolderError, match=f"says that 'x' is of type '{kind}': "):
        features_of(graph(("x", FLOAT, [None, 1])), [column("x", kind)])


@pytest.mark.parametrize(
    ("model", "columns", "said"),
    [
        (
            graph(("x", LONG, [None, 1])),
            [column("x", "double")],
            "says that 'x' is double, and the ONNX model takes int64",
        ),
        (graph(("x", TensorProto.DOUBLE, [None, 1])), [column("x", "double")], "is double .*export the model with"),
        (
            graph(("x", LONG, [None, 1])),
            [column("x", "long", None, False)],
            "only floats and strings may; make it a double",
        ),
        (
            graph(("x", FLOAT, [None, 4])),
            [column(None, "float32", [-1, 5])],
            "is 5 wide, and the ONNX model takes float",
        ),
        (graph(("x", FLOAT, [None, 4])), [column(None, "float32", [-1, 2, 2])], "Trimtab serves .-1. and .-1, size."),
        (graph(("x", FLOAT, [None, 4])), [column(None, "float32", [2, 4])], "rows first"),
        (graph(("x", FLOAT, [None, None])), [column(None, "float32", [-1, -1])], "says how wide the only input is"),
        (
            graph(("x", FLOAT, [None, 1]), ("y", FLOAT, [None, 1])),
            [column("x", "double"), column("z", "double")],
            "has an input 'z', and the ONNX model takes 'x', 'y'",
        ),
        (
            graph(("x", FLOAT, [None, 1]), ("y", FLOAT, [None, 1]), ("z", FLOAT, [None, 1])),
            [column("x", "double"), column("y", "double")],
            "takes an input 'z' that the signature does not have",
        ),
        (graph(("m", FLOAT, [None, 3])), [column("x", "double"), column("y", "double")], "has 2 columns, .* has 3"),
        (graph(("m", FLOAT, [None, 2])), [column("x", "double"), column("y", "string")], "column 'y' is a string"),
        (graph(("m", TEXT, [None, 2])), [column("x", "string"), column("y", "string")], "one input a column"),
        (
            graph(("m", FLOAT, [None, 2])),
            [column("x", "float32", [-1, 1]), column("y", "float32", [-1, 1])],
            "has 2 tensors, and the ONNX model takes one input, 'm'",
        ),
    ],
)
def test_graph_and_signature_that_differ_are_both_named(
    model: onnx.ModelProto, columns: list[Column], said: str
) -> None:
    with pytest.raises(ModelFolderError, match=said):
        features_of(model, columns)


def test_what_may_be_missing_from_a_matrix_is_a_float() -> None:
    columns = [column("x", "long", None, False), column("y", "long")]
    assert features_of(graph(("m", FLOAT, [None, 2])), columns) == (
        Feature("x", "float32", nullable=True),
        Feature("y", "int64"),
    )


def test_one_column_of_a_data_frame_may_have_another_name_than_the_graphs_input() -> None:
    assert features_of(graph(("m", FLOAT, [None, 1])), [column("x", "double")]) == (Feature("x", "float32"),)


def test_features_stand_in_the_order_of_the_signature() -> None:
    model = graph(("x", FLOAT, [None, 1]), ("y", LONG, [None, 1]))
    found = features_of(model, [column("y", "long"), column("x", "double")])
    assert [feature.name for feature in found] == ["y", "x"]
