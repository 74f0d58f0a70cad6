"""What no cold start of an ONNX model can do without: onnxruntime, an open session, one run (on a made-up row)."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(Path(os.environ["MODEL_DIR"]) / "model.onnx", options)

DTYPES: dict[str, Any] = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(string)": np.object_}


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    feeds = {
        tensor.name: np.array([["" if "string" in tensor.type else 1]], DTYPES[tensor.type])
        for tensor in session.get_inputs()
    }
    _, probabilities = session.run(None, feeds)
    return {"statusCode": 200, "body": str(probabilities[0, 1])}
