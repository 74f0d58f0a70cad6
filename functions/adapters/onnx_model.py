"""An exported model: what it takes and gives, found by running it, not by believing its declarations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from functions.domain.answers import Answers
from functions.domain.client_tensors import DTYPES, Tensors
from functions.domain.contract import Class, Feature, Output, Task
from functions.domain.errors import ModelFolderError

DATATYPES: Mapping[str, str] = {
    "tensor(float)": "FP32",
    "tensor(double)": "FP64",
    "tensor(int64)": "INT64",
    "tensor(int32)": "INT32",
    "tensor(bool)": "BOOL",
    "tensor(string)": "BYTES",
}
LABEL_DATATYPES = ("INT64", "INT32", "BOOL", "BYTES")
FLOAT_DATATYPES = ("FP32", "FP64")


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """A model's bytes and its outputs by their roles, as the contract has them."""

    data: bytes
    outputs: tuple[Output, ...]
    label_output: str
    probability_output: str | None
    classes: tuple[Class, ...] | None

    def session(self) -> onnxruntime.InferenceSession:
        return open_session(self.data)

    @property
    def scores_output(self) -> str:
        """The output that is compared and measured: probabilities, or the value itself."""
        return self.probability_output or self.label_output


def open_session(data: bytes) -> onnxruntime.InferenceSession:
    """An onnxruntime session of one thread, as `predict` opens it.

    Raises:
        ModelFolderError: onnxruntime refuses the model.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no base
        raise ModelFolderError(f"onnxruntime cannot open the model: {error}") from error


def run(session: onnxruntime.InferenceSession, tensors: Tensors) -> dict[str, NDArray[Any]]:
    """Each output's array, by name."""
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(tensors)), strict=True))


def describe(data: bytes, features: Sequence[Feature], task: Task, known: Sequence[Class] | None) -> OnnxModel:
    """Find the outputs' roles and shapes by running the model on rows of zeros; `known` are the data set's classes.

    Raises:
        ModelFolderError: it does not run, an output is no tensor or not one answer a row, or no output has the label.
    """
    session = open_session(data)
    outputs = tuple(_outputs(session, features))
    if task == "regression":
        values = [o for o in outputs if o.datatype in FLOAT_DATATYPES and o.shape in ((), (1,))]
        if len(values) != 1:
            raise ModelFolderError(f"a regression answers one float a row; the model answers {_listed(outputs)}")
        return OnnxModel(data, outputs, values[0].name, None, None)
    labels = [o for o in outputs if o.datatype in LABEL_DATATYPES and o.shape in ((), (1,))]
    scores = [o for o in outputs if o.datatype in FLOAT_DATATYPES and len(o.shape) == 1 and o.shape[0] > 1]
    if len(labels) != 1 or len(scores) > 1:
        raise ModelFolderError(
            f"a {task} model answers one label a row and its probabilities [rows, classes]; the model answers "
            f"{_listed(outputs)}: export it so (labels by ArgMax, probabilities by Softmax)"
        )
    count = scores[0].shape[0] if scores else None
    classes = _classes(labels[0], count, known)
    return OnnxModel(data, outputs, labels[0].name, scores[0].name if scores else None, classes)


def onnx_answers(model: OnnxModel, tensors: Tensors) -> Answers:
    """What onnxruntime answers."""
    outputs = run(model.session(), tensors)
    labels = outputs[model.label_output].reshape(-1)
    if model.classes is None:
        return Answers(labels.astype(np.float64).reshape(-1, 1), None)
    scores = None if model.probability_output is None else outputs[model.probability_output].astype(np.float64)
    return Answers(scores, labels)


def _outputs(session: onnxruntime.InferenceSession, features: Sequence[Feature]) -> list[Output]:
    described = []
    answers = []
    for rows in (2, 3):
        zeros = {f.name: _zeros(f, rows) for f in features}
        try:
            answers.append(run(session, zeros))
        except Exception as error:  # onnxruntime's errors share no base
            raise ModelFolderError(f"the ONNX model does not run on {rows} rows: {error}") from error
    for output in session.get_outputs():
        if output.type not in DATATYPES:
            raise ModelFolderError(
                f"the ONNX model's output {output.name!r} is {output.type}: answer tensors (export with zipmap=False)"
            )
        two, three = (answer[output.name].shape for answer in answers)
        if not two or two[0] != 2 or three != (3, *two[1:]):
            raise ModelFolderError(
                f"the ONNX model's output {output.name!r} has shape {two} for 2 rows: one answer a row"
            )
        described.append(Output(output.name, DATATYPES[output.type], tuple(two[1:])))
    return described


def _zeros(feature: Feature, rows: int) -> NDArray[Any]:
    fill: Any = feature.categories[0] if feature.categories else "" if feature.type == "string" else 0
    return np.full((rows, feature.size or 1), fill, dtype=DTYPES[feature.type])


def _classes(label: Output, count: int | None, known: Sequence[Class] | None) -> tuple[Class, ...] | None:
    if known is not None and count in (None, len(known)):
        return tuple(known)
    if label.datatype in ("INT64", "INT32") and count is not None and known is None:
        return tuple(range(count))
    if label.datatype == "BOOL" and count in (None, 2):
        return (False, True)
    if known is None:
        raise ModelFolderError("the classes of the ONNX model are unknown: add a dataset.py whose labels show them")
    raise ModelFolderError(
        f"the ONNX model gives {count} probabilities, but the data set has {len(known)} classes: {known}"
    )


def _listed(outputs: Sequence[Output]) -> str:
    return ", ".join(f"{o.name} {o.datatype} {['rows', *o.shape]}" for o in outputs)
