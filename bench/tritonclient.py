"""A stock `tritonclient[http]`, in an environment of its own, against the running local cloud.

It reads health and metadata and infers, in JSON and in binary tensors both ways; its answers must be onnxruntime's own
for the same rows, to the bit. `make bench-tritonclient` starts what is needed.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from functions.adapters.model_folder import FolderCode, load_settings
from functions.domain.client_tensors import tensor
from functions.domain.contract import Contract
from functions.retrain.dataset import load_dataset
from trimtab.bring_up import ensure_deployed_stack
from trimtab.console import results, step
from trimtab.deploy import deploy
from trimtab.endpoint import find_endpoint
from trimtab.project import Project
from trimtab.stage import LOCAL
from trimtab.training import train_if_needed

MODEL, ROWS = "flights", 500
CLIENT = "tritonclient[http]==2.73.0"


def main() -> int:
    project = Project.find()
    artifact = train_if_needed(project, MODEL)
    stage = ensure_deployed_stack(project, LOCAL, MODEL)
    deploy(stage, MODEL, artifact)
    endpoint = find_endpoint(stage, MODEL)
    folder = project.model_folder(MODEL)
    flights = load_dataset(FolderCode(folder), load_settings(folder)).take(slice(0, ROWS))
    rows = [row for row in flights.rows() if None not in row.values()]
    with TemporaryDirectory() as work:
        rows_file, answers_file = Path(work) / "rows.json", Path(work) / "answers.npz"
        rows_file.write_text(json.dumps(rows))
        asker = Path(__file__).parent / "peers" / "triton_answers.py"
        arguments = [asker, endpoint.url, endpoint.api_key, MODEL, rows_file, answers_file]
        subprocess.run([_client_python(project), *map(str, arguments)], check=True)
        answers = dict(np.load(answers_file, allow_pickle=True))  # BYTES come as objects; our own process wrote them
    return _compare(answers, _own_answers(artifact, rows))


def _own_answers(artifact: Path, rows: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    """What onnxruntime itself answers, by output name."""
    contract = Contract.from_document(json.loads((artifact / "contract.json").read_bytes()))
    tensors = {feature.name: tensor(feature, [row[feature.name] for row in rows]) for feature in contract.features}
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # as in Lambda: with more, sums over trees are added in another order
    session = onnxruntime.InferenceSession(artifact / "model.onnx", options)
    return dict(zip([output.name for output in contract.outputs], session.run(None, tensors), strict=True))


def _compare(answers: Mapping[str, NDArray[Any]], own: Mapping[str, NDArray[Any]]) -> int:
    """Print a line an answer; 1 if any differs in a single bit."""
    unequal = 0
    for how, answer in sorted(answers.items()):
        name = how.rsplit(" ", 1)[1]
        same = answer.dtype == own[name].dtype and answer.tobytes() == own[name].tobytes()
        unequal += not same
        results.print(f"{how:32} {answer.dtype!s:8} {answer.shape!s:10} {'equal to the bit' if same else 'DIFFERS'}")
    return int(unequal > 0)


def _client_python(project: Project) -> str:
    """The Python of an environment that holds the client and nothing of ours."""
    folder = project.build / "bench-tritonclient"
    python = folder / "bin" / "python"
    if not python.exists():
        uv = [sys.executable, "-m", "uv", "--quiet"]
        with step(f"install {CLIENT}"):
            subprocess.run([*uv, "venv", "--python", sys.executable, str(folder)], check=True)
            subprocess.run([*uv, "pip", "install", "--system-certs", "--python", str(python), CLIENT], check=True)
    return str(python)


if __name__ == "__main__":
    sys.exit(main())
