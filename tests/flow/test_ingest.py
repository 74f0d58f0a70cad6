"""Labels and observations reach the log from clients in three languages, and are refused without a signature."""

import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import pytest

from functions.domain import label_record, observation_record
from functions.domain.errors import InvalidRequestError
from functions.domain.prediction_id import predicted_at
from infra.node import use_bundled_node
from tests.flow.test_prediction_log import rows_of
from trimtab.endpoint import Endpoint
from trimtab.local_process import control
from trimtab.project import Project
from trimtab.signed_endpoint import SignedEndpoint
from trimtab.stage import Stage

pytestmark = pytest.mark.usefixtures("local_only")

Kind = Literal["labels", "observations"]
Send = Callable[[Kind, dict[str, Any]], dict[str, Any]]
ROOT = Path(__file__).parents[2]


def delivered(stage: Stage, kind: Kind) -> Iterator[dict[str, Any]]:
    """The records of one kind that reached S3."""
    control(str(stage.endpoint), "flush", {})
    s3, bucket = stage.client("s3"), stage.names.data_bucket
    parse = {"labels": label_record.parse, "observations": observation_record.parse}[kind]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"raw/{kind}/model=flights/")
    for entry in chain.from_iterable(page.get("Contents", []) for page in pages):
        body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
        yield from (dict(parse(line)) for line in gzip.decompress(body).splitlines())


def variables(stage: Stage, flights: Endpoint) -> dict[str, str]:
    """What the page's commands read from the environment: the local cloud's own account."""
    keys = {"AWS_ACCESS_KEY_ID": stage.names.account, "AWS_SECRET_ACCESS_KEY": "local"}
    return {"PATH": os.environ["PATH"], "URL": flights.url, "AWS_REGION": stage.names.region, **keys}


def shown_by(language: str) -> str:
    """The page's command for sending labels."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "labels.md").read_text(), re.DOTALL)
    (command,) = [block for block in blocks if block.startswith(language)]
    return str(command)


@pytest.fixture(params=["curl", "node", "python"])
def send(request: pytest.FixtureRequest, stage: Stage, flights: Endpoint, tmp_path: Path) -> Send:
    """Sends a document as the page says, in one language."""
    if request.param == "python":
        return SignedEndpoint(stage, "flights").send
    command = shown_by(request.param)

    def by_command(kind: Kind, document: dict[str, Any]) -> dict[str, Any]:
        (tmp_path / f"{kind}.json").write_text(json.dumps(document))
        environment = variables(stage, flights)
        if request.param == "node":
            use_bundled_node()
            environment["PATH"] = f"{Path(os.environ['JSII_NODE']).parent}:{environment['PATH']}"
            (tmp_path / "send.mjs").write_text((ROOT / "docs" / "clients" / "send.mjs").read_text())
        script = command.replace("labels", kind)
        ran = subprocess.run(["bash", "-euc", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        answer: dict[str, Any] = json.loads(ran.stdout)
        return answer

    return by_command


def test_labels_reach_the_log_with_their_sender(stage: Stage, flights: Endpoint, project: Project, send: Send) -> None:
    answer = flights.predict(rows_of(project, 3))
    ids = [prediction["id"] for prediction in answer["predictions"]]
    assert all(predicted_at(id) for id in ids)

    sent = [{"prediction_id": id, "label": number % 2 == 0} for number, id in enumerate(ids)]
    assert send("labels", {"labels": [*sent, {"prediction_id": "x"}]}) == {
        "accepted": 3,
        "rejected": [{"row": 3, "error": "label: is missing"}],
    }

    (record,) = [record for record in delivered(stage, "labels") if record["prediction_ids"] == ids]
    assert record["labels"] == [True, False, True]
    assert record["sender"].startswith(f"arn:aws:iam::{stage.names.account}:")


def test_observations_reach_the_log(stage: Stage, project: Project, send: Send) -> None:
    rows = rows_of(project, 2)
    time = "2013-06-01T12:00:00+02:00"
    prediction = {"label": True, "probability": 0.75}
    sent = [{"time": time, "version": "7é", "inputs": row, "prediction": prediction} for row in rows]
    answer = send("observations", {"observations": sent})
    assert (answer["accepted"], answer["rejected"]) == (2, [])

    (record,) = [record for record in delivered(stage, "observations") if record["ids"] == answer["ids"]]
    assert record["times"] == [1_370_080_800_000] * 2
    assert record["versions"] == ["7é"] * 2
    assert record["inputs"] == {name: [row[name] for row in rows] for name in rows[0]}


def test_a_key_that_may_predict_may_not_label(flights: Endpoint) -> None:
    assert flights.api_key
    body = json.dumps({"labels": [{"prediction_id": "x", "label": True}]}).encode()
    for what in ("labels", "observations"):
        response = flights.call("POST", f"/models/flights/{what}", body)
        assert response.status == 403
        assert list(json.loads(response.data)) == ["error"]


def test_a_wrong_signature_is_refused(stage: Stage, flights: Endpoint) -> None:
    command = shown_by("curl").replace("@labels.json", "'{}'")
    environment = {**variables(stage, flights), "AWS_SECRET_ACCESS_KEY": "guessed"}
    ran = subprocess.run(["bash", "-euc", command], env=environment, capture_output=True, text=True)
    assert "signature" in json.loads(ran.stdout)["error"]


def test_labels_that_are_all_wrong_are_an_error_with_its_reason(stage: Stage, flights: Endpoint) -> None:
    endpoint = SignedEndpoint(stage, "flights")
    with pytest.raises(InvalidRequestError, match="row 0: label: 1 is not true or false"):
        endpoint.send("labels", {"labels": [{"prediction_id": flights.model, "label": 1}]})


def test_the_pages_python_sends_a_label(stage: Stage, flights: Endpoint, tmp_path: Path) -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "labels.md").read_text(), re.DOTALL)
    ran = subprocess.run(
        [sys.executable, "-c", snippet], cwd=tmp_path, env=variables(stage, flights), capture_output=True, text=True
    )
    assert ran.stdout == "{'accepted': 1, 'rejected': []}\n", ran.stderr
