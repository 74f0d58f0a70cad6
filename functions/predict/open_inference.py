"""The Open Inference Protocol, V2, REST: requests to columns, and answers from output tensors."""

from collections.abc import Mapping
from typing import Any, Final

from functions.domain.columns import Column
from functions.domain.contract import Contract, Output
from functions.domain.errors import InvalidRequestError
from functions.domain.findings import shown
from functions.domain.tensors import Tensor
from functions.predict import binary_tensors
from functions.predict.tensor_reader import Columns, TensorReader, either, parameters_of

REQUEST_KEYS: Final = frozenset({"id", "parameters", "inputs", "outputs"})


class InferRequest:
    """A parsed inference request: `columns` by feature with one entry a row, and which outputs to answer how.

    `outputs` has the wanted outputs' names with whether each is to be answered as binary data.
    """

    __slots__ = ("columns", "id", "outputs", "rows")

    def __init__(self, columns: Columns, rows: int, request_id: str | None, outputs: dict[str, bool]) -> None:
        self.columns = columns
        self.rows = rows
        self.id = request_id
        self.outputs = outputs


class Codec:
    """Reads and writes the protocol for one contract."""

    def __init__(self, contract: Contract, columns: Mapping[str, Column]) -> None:
        self._columns = columns
        self._scalars = {name: column for name, column in columns.items() if column.feature.size is None}
        self._outputs: dict[str, Output] = {output.name: output for output in contract.outputs}
        self._all_as_json = dict.fromkeys(self._outputs, False)
        self._all_as_binary = dict.fromkeys(self._outputs, True)

    def read(self, document: Any, binary: memoryview | None) -> InferRequest:
        """Read an inference request; `binary` is what follows the JSON object, None where it is all there is.

        Raises:
            InvalidRequestError: it is malformed, or its tensors are not those of the contract in name, datatype,
                shape or length. What the values themselves should be is the columns' business.
        """
        if type(document) is not dict:
            raise InvalidRequestError(f'the body should be an object with "inputs", not {shown(document)}')
        inputs = document.get("inputs")
        if type(inputs) is not list:
            raise InvalidRequestError('"inputs" is missing or no list: send one tensor for each feature')
        if len(document) == 1:
            request_id, outputs = None, self._all_as_json
        else:
            if not REQUEST_KEYS.issuperset(document):
                unknown = sorted(document.keys() - REQUEST_KEYS)
                raise InvalidRequestError(f"unknown key {shown(unknown[0])}; a request has {either(REQUEST_KEYS)}")
            request_id = document.get("id")
            if request_id is not None and type(request_id) is not str:
                raise InvalidRequestError(f'"id" should be text, not {shown(request_id)}')
            outputs = self._wanted(document)
        columns = self._simple(inputs) if binary is None else None
        if columns is None:
            columns = TensorReader(self._columns, binary).read(inputs)
        return InferRequest(columns, len(next(iter(columns.values()))), request_id, outputs)

    def _simple(self, inputs: list[Any]) -> Columns | None:
        """The quick way: every feature once, as flat JSON data of one value a row; None for anything else."""
        scalars = self._scalars
        columns: Columns = {}
        rows = -1
        try:
            for tensor in inputs:
                name, data, shape = tensor["name"], tensor["data"], tensor["shape"]
                column = scalars[name]
                if rows < 0:
                    rows = len(data)
                    if rows == 0:
                        return None
                    flat, tall = [rows], [rows, 1]
                if (
                    tensor["datatype"] != column.datatype
                    or len(tensor) != 4
                    or (shape != tall and shape != flat)
                    or type(data) is not list
                    or len(data) != rows
                    or type(shape[0]) is not int  # [True] equals [1], and [1.0] too
                    or type(shape[-1]) is not int
                    or name in columns
                ):
                    return None
                columns[name] = data
        except (KeyError, TypeError):
            return None
        return columns if len(columns) == len(self._columns) else None

    def _wanted(self, document: Mapping[str, Any]) -> dict[str, bool]:
        parameters = parameters_of(document, "the request")
        default = parameters.get("binary_data_output", False)
        if type(default) is not bool:
            raise InvalidRequestError(f'"binary_data_output" should be true or false, not {shown(default)}')
        requested = document.get("outputs")
        if requested is None or requested == []:
            return self._all_as_binary if default else self._all_as_json
        if type(requested) is not list:
            raise InvalidRequestError(f'"outputs" should be a list, not {shown(requested)}')
        wanted: dict[str, bool] = {}
        for index, output in enumerate(requested):
            name = output.get("name") if type(output) is dict else None
            if type(name) is not str or name not in self._outputs:
                raise InvalidRequestError(
                    f"outputs[{index}] asks for {shown(name)}; this model has {either(self._outputs)}"
                )
            if name in wanted:
                raise InvalidRequestError(f"outputs[{index}] asks for {name!r} again; ask for it once")
            as_binary = parameters_of(output, f"outputs[{index}]").get("binary_data", default)
            if type(as_binary) is not bool:
                raise InvalidRequestError(
                    f'outputs[{index}]: "binary_data" should be true or false, not {shown(as_binary)}'
                )
            wanted[name] = as_binary
        return wanted

    def tensors(self, wanted: Mapping[str, bool], results: Mapping[str, Tensor]) -> tuple[list[Any], list[bytes]]:
        """The answer's "outputs", and the binary data that follow the JSON object, in order."""
        outputs, blobs = [], []
        for name, as_binary in wanted.items():
            array, datatype = results[name], self._outputs[name].datatype
            output: dict[str, Any] = {"name": name, "datatype": datatype, "shape": array.shape}
            if as_binary:
                blob = binary_tensors.encode(datatype, array)
                output["parameters"] = {"binary_data_size": len(blob)}
                blobs.append(blob)
            else:
                output["data"] = array.ravel().tolist()
            outputs.append(output)
        return outputs, blobs
