"""Model folders written by MLflow itself, for tests/golden/mlflow: its ONNX flavour with both kinds of signature.

In an environment of its own: `uv pip install mlflow-skinny onnx onnxruntime pandas "protobuf<7"`, then
`python bench/peers/mlflow_folders.py tests/golden/mlflow`. What MLflow adds for its own server (conda.yaml,
python_env.yaml, requirements.txt) is left in place, as a user's folder has it.
"""

import shutil
import sys
from pathlib import Path

import mlflow.onnx
import mlflow.pyfunc
import numpy as np
import onnx
from mlflow.models import ModelSignature
from mlflow.types.schema import ColSpec, Schema, TensorSpec
from onnx import TensorProto, helper, numpy_helper

OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]


def churn() -> onnx.ModelProto:
    """A logistic regression of `age`, `visits` and `plan`, one input each, as skl2onnx would write it."""
    nodes = [
        helper.make_node("Cast", ["visits"], ["visits_float"], to=TensorProto.FLOAT),
        helper.make_node(
            "LabelEncoder",
            ["plan"],
            ["plan_float"],
            domain="ai.onnx.ml",
            keys_strings=["basic", "gold"],
            values_floats=[0.0, 1.0],
            default_float=-1.0,
        ),
        helper.make_node("Concat", ["age", "visits_float", "plan_float"], ["columns"], axis=1),
        helper.make_node(
            "LinearClassifier",
            ["columns"],
            ["output_label", "scores"],
            domain="ai.onnx.ml",
            classlabels_strings=["stays", "leaves"],
            coefficients=[-0.05, 0.3, 1.0, 0.05, -0.3, -1.0],
            intercepts=[0.5, -0.5],
            post_transform="SOFTMAX",
        ),
        helper.make_node("Identity", ["scores"], ["output_probability"]),
    ]
    inputs = [
        helper.make_tensor_value_info("age", TensorProto.FLOAT, [None, 1]),
        helper.make_tensor_value_info("visits", TensorProto.INT64, [None, 1]),
        helper.make_tensor_value_info("plan", TensorProto.STRING, [None, 1]),
    ]
    outputs = [
        helper.make_tensor_value_info("output_label", TensorProto.STRING, [None]),
        helper.make_tensor_value_info("output_probability", TensorProto.FLOAT, [None, 2]),
    ]
    return helper.make_model(helper.make_graph(nodes, "churn", inputs, outputs), opset_imports=OPSETS, ir_version=8)


def consumption() -> onnx.ModelProto:
    """A linear regression on one matrix of four columns."""
    weights = numpy_helper.from_array(np.array([[0.5], [-1.0], [2.0], [0.25]], dtype=np.float32), "weights")
    nodes = [helper.make_node("MatMul", ["float_input", "weights"], ["variable"])]
    inputs = [helper.make_tensor_value_info("float_input", TensorProto.FLOAT, [None, 4])]
    outputs = [helper.make_tensor_value_info("variable", TensorProto.FLOAT, [None, 1])]
    graph = helper.make_graph(nodes, "consumption", inputs, outputs, [weights])
    return helper.make_model(graph, opset_imports=OPSETS[:1], ir_version=8)


class Constant(mlflow.pyfunc.PythonModel):
    """A model of another flavour."""

    def predict(self, context, model_input, params=None):
        return [1.0] * len(model_input)


def main(out: Path) -> None:
    columns = Schema([ColSpec("double", "age"), ColSpec("long", "visits"), ColSpec("string", "plan", required=False)])
    matrix = Schema([TensorSpec(np.dtype(np.float32), (-1, 4))])
    named = Schema([ColSpec("double", name) for name in ("hour", "wind", "load", "price")])
    answer = Schema([TensorSpec(np.dtype(np.float32), (-1, 1))])
    classes = Schema([ColSpec("string", "output_label"), ColSpec("double", "output_probability")])
    folders = {
        "columns": (churn(), ModelSignature(columns, classes)),
        "tensor": (consumption(), ModelSignature(matrix, answer)),
        "matrix-of-columns": (consumption(), ModelSignature(named, answer)),
    }
    for name, (model, signature) in folders.items():
        shutil.rmtree(out / name, ignore_errors=True)
        mlflow.onnx.save_model(model, str(out / name), signature=signature, pip_requirements=["onnx", "onnxruntime"])
    shutil.rmtree(out / "no-onnx", ignore_errors=True)
    mlflow.pyfunc.save_model(str(out / "no-onnx"), python_model=Constant(), pip_requirements=["mlflow"])
    for path in (out / "no-onnx").rglob("*.pkl"):  # nothing of it is read, and pickles have no place here
        path.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
