"""Artifacts as training writes them, with a stand-in for the model, and a stand-in for `predict` that serves them."""

import json
from collections.abc import Mapping
from typing import Any

from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.contract import Contract, Feature, Output
from functions.domain.reference import Reference
from functions.domain.release_artifact import MANIFEST, MANIFEST_VERSION, Artifact, open_artifact

MODEL = "flights"


def trained(seed: int = 1, model: str = MODEL) -> Artifact:
    """An artifact: two rows in, a label and two probabilities out; another seed gives another model."""
    onnx = f"onnx of {model} {seed}".encode()
    contract = Contract(
        model=model,
        task="binary",
        onnx_sha256=digest_of(onnx),
        features=(Feature("distance", "float32", nullable=True), Feature("carrier", "string")),
        outputs=(Output("label", "INT64"), Output("probabilities", "FP32", (2,))),
        label_output="label",
        probability_output="probabilities",
        classes=(0, 1),
        positive=1,
    )
    witness = {
        "v": 1,
        "rows": [{"distance": 1.5, "carrier": "UA"}, {"distance": None, "carrier": "AA"}],
        "outputs": {"label": [0, 1], "probabilities": [[0.75, 0.25], [0.5 - seed / 64, 0.5 + seed / 64]]},
    }
    files = {
        "model.onnx": onnx,
        "contract.json": contract.to_bytes(),
        "lineage.json": canonical_json({"v": 1, "seed": seed}).encode(),
        "reference.json": Reference.unknown(model).to_bytes(),
        "witness.json": json.dumps(witness).encode(),
    }
    manifest = {"v": MANIFEST_VERSION, "model": model, "files": {name: digest_of(body) for name, body in files.items()}}
    files[MANIFEST] = canonical_json(manifest).encode()
    return open_artifact(model, digest_of(files[MANIFEST]), files)


def prefix_of(artifact: Artifact) -> str:
    return f"incoming/model={artifact.model}/{artifact.digest}/"


class Predict:
    """Answers as `predict` would, from the witness of the contract that the version's environment names.

    `broken` is called with the answer's document and may change it; `crash` makes the function itself fail.
    """

    def __init__(self, *artifacts: Artifact) -> None:
        self.witnesses = {artifact.contract_digest: artifact.witness for artifact in artifacts}
        self.broken: dict[str, Any] = {}
        self.crash: str | None = None
        self.invoked: list[int] = []

    def __call__(self, configuration: Mapping[str, Any], event: bytes) -> bytes:
        if self.crash:
            raise RuntimeError(self.crash)
        self.invoked.append(int(configuration["Version"]))
        request = json.loads(event)
        assert request["trimtab_source"] == "smoke"
        environment = configuration["Environment"]["Variables"]
        if "CONTRACT_SHA256" not in environment:
            return _response(503, {"error": "no release"})
        witness = self.witnesses[environment["CONTRACT_SHA256"]]
        body = json.loads(request["body"])
        if request["path"].endswith("/infer"):
            assert [tensor["shape"] for tensor in body["inputs"]] == [[2, 1], [2, 1]]
            outputs = witness["outputs"] | self.broken.get("outputs", {})
            answer: dict[str, Any] = {"outputs": [{"name": n, "data": _flat(v)} for n, v in outputs.items()]}
        else:
            assert body["rows"] == witness["rows"]
            labels = self.broken.get("labels", witness["outputs"]["label"])
            answer = {
                "model": MODEL,
                "model_version": int(environment["MODEL_VERSION"]),
                "release": int(configuration["Version"]),
                "predictions": [{"id": str(i), "label": label} for i, label in enumerate(labels)],
            }
        return _response(200, answer | self.broken.get("answer", {}))


def _response(status: int, document: Mapping[str, Any]) -> bytes:
    return json.dumps({"statusCode": status, "body": json.dumps(document), "isBase64Encoded": False}).encode()


def _flat(rows: list[Any]) -> list[Any]:
    return [value for row in rows for value in (row if isinstance(row, list) else [row])]
