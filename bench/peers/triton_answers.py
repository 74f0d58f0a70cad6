"""Runs where `tritonclient[http]` is installed: asks a model as any Triton user would, and writes down the answers.

Usage: python triton_answers.py URL API_KEY MODEL ROWS.json ANSWERS.npz
"""

import json
import sys
from pathlib import Path

import numpy as np
import tritonclient.http as triton

DATATYPES = {"FP32": np.float32, "INT64": np.int64, "BOOL": np.bool_, "BYTES": np.object_}


def main(url: str, api_key: str, model: str, rows_file: str, answers_file: str) -> None:
    headers = {"x-api-key": api_key}
    client = triton.InferenceServerClient(url.removeprefix("http://"))
    assert client.is_server_live(headers)
    assert client.is_server_ready(headers)
    assert client.is_model_ready(model, headers=headers)
    assert client.get_server_metadata(headers)["name"]
    metadata = client.get_model_metadata(model, headers=headers)
    rows = json.loads(Path(rows_file).read_text())
    answers = {}
    for binary in (False, True):
        inputs = []
        for entry in metadata["inputs"]:
            values = np.array([[row[entry["name"]]] for row in rows], dtype=DATATYPES[entry["datatype"]])
            tensor = triton.InferInput(entry["name"], values.shape, entry["datatype"])
            tensor.set_data_from_numpy(values, binary_data=binary)
            inputs.append(tensor)
        wanted = [triton.InferRequestedOutput(o["name"], binary_data=binary) for o in metadata["outputs"]]
        for how, outputs in (("named", wanted), ("default", None)):
            result = client.infer(model, inputs, outputs=outputs, headers=headers)
            for output in metadata["outputs"]:
                kind = "binary" if binary else "json"
                answers[f"{kind} {how} {output['name']}"] = result.as_numpy(output["name"])
    np.savez(answers_file, **answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
