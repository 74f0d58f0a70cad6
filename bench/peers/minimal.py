"""The least that a handler can do with an inference request: parse, run, write. No checks, no record."""

import base64
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import orjson

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(Path(os.environ["MODEL_DIR"]) / "model.onnx", options)

DTYPES: dict[str, Any] = {"FP32": np.float32, "INT64": np.int64, "BOOL": np.bool_, "BYTES": np.object_}
DATATYPES = {"tensor(bool)": "BOOL", "tensor(float)": "FP32"}
OUTPUTS = [(output.name, DATATYPES[output.type]) for output in session.get_outputs()]


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    document = orjson.loads(base64.b64decode(event["body"]))
    feeds = {
        tensor["name"]: np.array(tensor["data"], DTYPES[tensor["datatype"]]).reshape(tensor["shape"])
        for tensor in document["inputs"]
    }
    results = session.run(None, feeds)
    outputs = [
        {"name": name, "datatype": datatype, "shape": result.shape, "data": result.ravel().tolist()}
        for (name, datatype), result in zip(OUTPUTS, results, strict=True)
    ]
    body = orjson.dumps({"model_name": "flights", "model_version": "1", "outputs": outputs}).decode()
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}
