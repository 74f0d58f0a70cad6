"""[train] onnx: a ready-made model takes the same road as one that is trained here."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression

from functions.domain.contract import Feature, Output
from functions.domain.errors import ModelFolderError
from functions.domain.reference import Reference
from tests.unit.folders import PIXELS, READY, read_contract, read_reference, session, trained, write_folder


def network(rows: int | str = "N", width: int = 4, label: int = TensorProto.INT64) -> onnx.ModelProto:
    """A linear classifier of three classes on a matrix `pixels`: logits, softmax, argmax."""
    weights = numpy_helper.from_array(np.eye(width, 3, dtype=np.float32), "weights")
    axis = numpy_helper.from_array(np.array(1, dtype=np.int64), "unused")
    nodes = [
        helper.make_node("MatMul", ["pixels", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["logits"], ["digit"], axis=1, keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [rows, width])],
        [
            helper.make_tensor_value_info("digit", label, [rows]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [rows, 3]),
        ],
        [weights, axis],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return model


def ready_made(root: Path, model: onnx.ModelProto | bytes, features: str = PIXELS, **files: str) -> Path:
    folder = write_folder(root, READY.format(features=features), **files)
    (folder / "model.onnx").write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    return folder


def test_a_ready_made_model_keeps_its_bytes_and_gets_a_contract(tmp_path: Path) -> None:
    folder = ready_made(tmp_path, network())
    result = trained(folder)
    contract = read_contract(result.folder)

    assert (result.folder / "model.onnx").read_bytes() == (folder / "model.onnx").read_bytes()
    assert contract.features == (Feature("pixels", "float32", size=4, min=0.5, max=1.0),)
    assert contract.outputs == (Output("digit", "INT64"), Output("probabilities", "FP32", (3,)))
    assert (contract.label_output, contract.probability_output) == ("digit", "probabilities")
    assert contract.classes == (0, 1, 2)
    assert result.parity is None
    assert result.metrics == {}
    assert read_reference(result.folder) == Reference.unknown("small")


def test_its_witness_is_a_row_that_the_contract_lets_in(tmp_path: Path) -> None:
    witness = json.loads((trained(ready_made(tmp_path, network())).folder / "witness.json").read_bytes())

    assert witness["rows"] == [{"pixels": [0.5, 0.5, 0.5, 0.5]}]
    assert witness["outputs"]["digit"] == [0]


def test_a_matrix_of_named_features_is_put_together_from_them(tmp_path: Path) -> None:
    features = "\n".join(
        f'[features.{name}]\ntype = "{kind}"' for name, kind in zip("abcd", ("int64", "float32") * 2, strict=True)
    )
    result = trained(ready_made(tmp_path, network(), features))
    row = {name: np.array([[value]]) for name, value in zip("abcd", (1, 7.0, 3, 4.0), strict=True)}
    inputs = {name: value.astype(np.float32 if name in "bd" else np.int64) for name, value in row.items()}

    assert session(result.folder).run(["digit"], inputs)[0].tolist() == [1]


def test_a_ready_made_model_is_measured_where_there_is_data(tmp_path: Path) -> None:
    dataset = (
        "import numpy as np\n\ndef load():\n    x = np.random.default_rng(0).uniform(0.5, 1, (200, 4))\n"
        "    return {'pixels': x, 'digit': x[:, :3].argmax(axis=1)}\n"
    )
    result = trained(ready_made(tmp_path, network(), dataset=dataset))

    assert result.metrics["accuracy"] == 1.0
    pixels = read_reference(result.folder).column("pixels")
    assert pixels is not None
    assert pixels.digest.count == 800


def maps(model: onnx.ModelProto) -> onnx.ModelProto:
    sequence = helper.make_sequence_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, None))
    model.graph.node.append(helper.make_node("SequenceConstruct", ["probabilities"], ["list"]))
    model.graph.output.append(helper.make_value_info("list", sequence))
    return model


@pytest.mark.parametrize(
    ("model", "features", "said"),
    [
        (b"GIF89a", PIXELS, "model.onnx is no valid ONNX model"),
        (b"", PIXELS, "model.onnx is no valid ONNX model"),
        (network(), '[features.image]\ntype = "string"', "input 'pixels' that is no feature: add [features.pixels]"),
        (
            network(),
            PIXELS.replace("float32", "int64").replace("0.5", "0"),
            "type is int64, but the model's is float [N, 4]",
        ),
        (network(), PIXELS.replace("4", "5"), "[features.pixels] is [rows, 5], but the model's input is float [N, 4]"),
        (network(rows=1), PIXELS, "export the model with a free first dimension"),
        (network(), PIXELS + '\n[features.extra]\ntype = "bool"', "[features.extra] is no input of the ONNX model"),
        (maps(network()), PIXELS, "output 'list' is seq(tensor(float)): answer tensors"),
    ],
    ids=["no onnx", "empty", "other name", "other type", "other size", "one row only", "no such input", "no tensor"],
)
def test_says_how_model_toml_and_a_ready_made_model_differ(
    tmp_path: Path, model: onnx.ModelProto | bytes, features: str, said: str
) -> None:
    with pytest.raises(ModelFolderError) as raised:
        trained(ready_made(tmp_path, model, features))

    assert said in str(raised.value)


def test_says_which_answers_are_missing(tmp_path: Path) -> None:
    model = network()
    del model.graph.output[0]

    with pytest.raises(ModelFolderError, match="answers one label a row and its probabilities"):
        trained(ready_made(tmp_path, model))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, READY.format(features=PIXELS))

    with pytest.raises(ModelFolderError, match=r"cannot read small/model.onnx: No such file"):
        trained(folder)


def test_a_scikit_learn_export_with_maps_of_probabilities_is_taken(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    inputs = chance.normal(size=(100, 4)).astype(np.float32)
    names: Any = np.array(["no", "yes"])[(inputs[:, 0] > 0).astype(int)]
    model = to_onnx(LogisticRegression().fit(inputs, names), inputs[:1])
    settings = READY.replace("multiclass", "binary").replace('"digit"', '"digit"\npositive = "yes"')
    folder = write_folder(tmp_path, settings.format(features='[features.X]\ntype = "float32"\nsize = 4'))
    (folder / "model.onnx").write_bytes(model.SerializeToString())

    contract = read_contract(trained(folder).folder)

    assert contract.classes == ("no", "yes")
    assert contract.positive == "yes"
    assert [output.datatype for output in contract.outputs] == ["BYTES", "FP32"]
