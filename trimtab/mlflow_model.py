"""Reads a model folder that MLflow wrote: its MLmodel file, the ONNX flavour, and the signature of its inputs.

The format: https://mlflow.org/docs/latest/ml/model/ ("MLmodel file") and /model/signatures/. tests/golden/mlflow holds
folders that MLflow 3.17 itself wrote.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from functions.domain.errors import ModelFolderError, NotFoundError

FILE = "MLmodel"
MOST_BYTES = 1_000_000  # of an MLmodel file
ABOUT = ("run_id", "model_id", "model_uuid", "mlflow_version", "utc_time_created")
EXPORT = "mlflow.onnx.log_model(onnx_model, name=…, signature=…) writes one"


@dataclass(frozen=True, slots=True)
class Column:
    """One input: a named column of a data frame, or a tensor.

    `type` is MLflow's word, of a tensor numpy's. `shape` is a tensor's, with -1 for what is free; None of a column.
    `name` is None where the only input has none.
    """

    name: str | None
    type: str
    shape: tuple[int, ...] | None
    required: bool

    @property
    def shown(self) -> str:
        return repr(self.name) if self.name else "the only input"


@dataclass(frozen=True, slots=True)
class MlflowModel:
    """`inputs` is empty where the model has no signature. `about` says where it is from: run, id, MLflow's version."""

    folder: Path
    onnx: Path
    inputs: tuple[Column, ...]
    about: Mapping[str, str]


def is_mlflow(folder: Path) -> bool:
    return (folder / FILE).is_file()


def read_mlflow(folder: Path) -> MlflowModel:
    """Read a folder's MLmodel.

    Raises:
        NotFoundError: it holds no MLmodel file.
        ModelFolderError: that is not well-formed, has no ONNX flavour, or names a file that is not there.
    """
    document = _document(folder / FILE)
    flavours = document.get("flavors")
    if not isinstance(flavours, dict) or not all(isinstance(one, dict) for one in flavours.values()):
        raise ModelFolderError(f"{folder / FILE}: flavors must be a table of flavours")
    if "onnx" not in flavours:
        there = ", ".join(sorted(map(str, flavours))) or "none"
        raise ModelFolderError(
            f"{folder / FILE} has no onnx flavour (there is {there}): convert the model to ONNX first (skl2onnx, "
            f"torch.onnx.export, onnxmltools, tf2onnx); {EXPORT}"
        )
    about = {key: str(document[key]) for key in ABOUT if document.get(key)}
    return MlflowModel(folder, _onnx(folder, flavours["onnx"]), _inputs(folder, document.get("signature")), about)


def _document(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ModelFolderError(f"{path} has over {MOST_BYTES:,} bytes: it is no MLmodel file")
        document = yaml.safe_load(path.read_bytes())
    except FileNotFoundError:
        raise NotFoundError(f"{path.parent} holds no {FILE} file: name the folder that MLflow wrote") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError, OSError) as error:
        raise ModelFolderError(f"{path} is not well-formed YAML: {error}") from None
    if not isinstance(document, dict):
        raise ModelFolderError(f"{path} is no MLmodel file: it must be a table with flavors")
    return document


def _onnx(folder: Path, flavour: Mapping[str, Any]) -> Path:
    data = flavour.get("data")
    if not isinstance(data, str) or not data:
        raise ModelFolderError(f"{folder / FILE}: flavors.onnx.data must name the model's file")
    path = (folder / data).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ModelFolderError(f"{folder / FILE}: flavors.onnx.data {data!r} lies outside of the folder")
    if path.is_dir():
        raise ModelFolderError(f"{folder / data} is a folder: save the model as one file (save_as_external_data=False)")
    if not path.is_file():
        raise ModelFolderError(f"{folder / data} is missing, but {FILE} names it: download the whole folder")
    return path


def _inputs(folder: Path, signature: Any) -> tuple[Column, ...]:
    if signature is None:
        return ()
    place = f"{folder / FILE}: signature.inputs"
    try:
        inputs = signature["inputs"]
        columns = json.loads(inputs) if isinstance(inputs, str) else inputs
        return tuple(_column(column, place) for column in columns or ())
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ModelFolderError(f"{place} is not as MLflow writes it: {error!r}") from error


def _column(column: Mapping[str, Any], place: str) -> Column:
    name, kind = column.get("name"), column["type"]
    if name is not None and not isinstance(name, str):
        raise ModelFolderError(f"{place}: {name!r} is no name: give each column a text as its name")
    if kind == "tensor":
        about = column["tensor-spec"]
        return Column(name, str(about["dtype"]), tuple(int(size) for size in about["shape"]), True)
    # "required" is since MLflow 2.6; "optional" is what versions before it wrote.
    required = column.get("required", not column.get("optional", False))
    return Column(name, str(kind), None, bool(required))
