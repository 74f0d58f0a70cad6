"""The release's model: its files, checked against their recorded digests, its session and its answers."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
import orjson

from functions.domain.columns import Column, columns_of
from functions.domain.contract import Contract
from functions.domain.errors import CorruptArtifactError, RequestTooLargeError
from functions.domain.findings import Findings
from functions.domain.tensors import Tensor

ONNX_TYPES: Final = {
    "tensor(float)": "FP32",
    "tensor(double)": "FP64",
    "tensor(int64)": "INT64",
    "tensor(int32)": "INT32",
    "tensor(string)": "BYTES",
    "tensor(bool)": "BOOL",
}
NO_FLAGS: Final[list[list[str]]] = []


def read_contract(folder: Path, sha256: str) -> Contract:
    """Read `contract.json`, if it has that digest.

    Raises:
        CorruptArtifactError: it is missing, another one, or of a schema version that this code does not know.
    """
    data = _checked(folder / "contract.json", sha256)
    return Contract.from_document(orjson.loads(data))


def open_model(folder: Path, contract: Contract) -> "Model":
    """Open a session on `model.onnx`, if it has the digest that the contract names.

    Raises:
        CorruptArtifactError: it is missing, another one, or its inputs and outputs are not the contract's.
    """
    data = _checked(folder / "model.onnx", contract.onnx_sha256)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # a row is too little work to share, and Lambda has few cores
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors; what it warns of at loading is the exporter's business
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return Model(session, contract)


class Model:
    """Validates columns and runs the session on them."""

    def __init__(self, session: Any, contract: Contract) -> None:
        self.contract = contract
        self.columns: dict[str, Column] = columns_of(contract.features, contract.guard)
        self._columns = list(self.columns.items())
        self._names = [output.name for output in contract.outputs]
        self._max_rows = contract.guard.max_rows
        self._run = session.run
        _check_names(session, contract, self.columns)

    def predict(self, columns: dict[str, list[Any]], rows: int) -> tuple[dict[str, Tensor], list[list[str]]]:
        """Validate the columns and run the model: the output tensors by name, and one list of flags a row.

        Columns whose values read otherwise than they were sent (2.0 for an integer) are replaced in `columns`.
        There are no lists of flags at all where no row is flagged.

        Raises:
            InvalidRequestError: a value is not what the contract says; names rows and features.
            RequestTooLargeError: there are too many rows.
        """
        if rows == 1:
            feeds, flags = self._validate(columns, rows)
        else:
            if rows > self._max_rows:
                raise RequestTooLargeError(
                    f"the request has {rows} rows; at most {self._max_rows} are allowed: split it into several"
                )
            with np.errstate(over="ignore"):  # the columns report it themselves
                feeds, flags = self._validate(columns, rows)
        return dict(zip(self._names, self._run(self._names, feeds), strict=True)), flags

    def _validate(self, columns: dict[str, list[Any]], rows: int) -> tuple[dict[str, Tensor], list[list[str]]]:
        feeds: dict[str, Tensor] = {}
        findings = None
        for name, column in self._columns:
            tensor = column.tensor(columns[name], rows)
            if tensor is None:
                if findings is None:
                    findings = Findings()
                columns[name], tensor = column.examine(columns[name], findings)
                if tensor is None:
                    continue
            feeds[name] = tensor
        if findings is None:
            return feeds, NO_FLAGS
        findings.raise_problems()
        return feeds, findings.flags_by_row(rows)


def _checked(path: Path, sha256: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorruptArtifactError(f"{path} cannot be read: {error.strerror}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise CorruptArtifactError(f"{path} has the SHA-256 {found}, the release was made with {sha256}")
    return data


def _check_names(session: Any, contract: Contract, columns: Mapping[str, Column]) -> None:
    inputs = {tensor.name: ONNX_TYPES.get(tensor.type) for tensor in session.get_inputs()}
    outputs = {tensor.name: ONNX_TYPES.get(tensor.type) for tensor in session.get_outputs()}
    if inputs != {name: column.datatype for name, column in columns.items()}:
        raise CorruptArtifactError(f"the ONNX graph's inputs are {inputs}; the contract's features are other ones")
    for output in contract.outputs:
        if outputs.get(output.name) != output.datatype:
            raise CorruptArtifactError(
                f"the ONNX graph's outputs are {outputs}; the contract has {output.name} as {output.datatype}"
            )
