"""predict's real asset on AWS's own runtime client, in a fresh process: it starts, answers, and imports little."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.certificates import make_certificates
from bench.events import Event, v2_event
from bench.lambda_process import LambdaProcess
from bench.prepare import BUILD, model_copy, predict_task
from functions.domain.contract import Contract
from functions.domain.logged_record import recover
from functions.domain.prediction_id import request_id
from tests.contract.fake_container import serve_container
from tests.contract.fake_firehose import FakeFirehose, FirehoseServer, refuse
from trimtab.local.runtime_folder import runtime_folder

# Answers with what has been imported by then, and whether garbage is collected.
PROBE = """
import gc
import sys
from functions.predict.handler import handler as predict

def handler(event, context):
    answer = predict(event, context)
    return {**answer, "modules": sorted(sys.modules), "collects": gc.isenabled(), "frozen": gc.get_freeze_count()}
"""
NOT_NEEDED = {
    "asyncio",
    "boto3",
    "botocore",
    "concurrent.futures",
    "email",
    "encodings.idna",
    "fastapi",
    "functions.predict.openapi",
    "http.client",
    "joblib",
    "onnx",
    "pandas",
    "pydantic",
    "requests",
    "scipy",
    "skl2onnx",
    "sklearn",
    "sqlite3",
    "trimtab",
    "unittest",
    "urllib.request",
    "urllib3",
    "xml",
}


@dataclass(frozen=True)
class Release:
    """What Lambda has of a release: code, model, contract, and what was recorded as the model's answers."""

    task: Path
    runtime: Path
    model: Path

    @property
    def contract(self) -> Contract:
        return Contract.from_document(json.loads((self.model / "contract.json").read_bytes()))

    @property
    def witness(self) -> Any:
        return json.loads((self.model / "witness.json").read_bytes())

    def event(self) -> Event:
        return v2_event(self.witness["rows"], self.contract)

    def variables(self, firehose: str) -> dict[str, str]:
        return {
            "MODEL": "flights",
            "STREAM": "predictions",
            "MODEL_DIR": str(self.model),
            "MODEL_VERSION": "3",
            "CONTRACT_SHA256": hashlib.sha256((self.model / "contract.json").read_bytes()).hexdigest(),
            "AWS_LAMBDA_FUNCTION_VERSION": "7",
            "AWS_ACCESS_KEY_ID": "AKID",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_ENDPOINT_URL_FIREHOSE": firehose,
        }

    def start(self, variables: dict[str, str], probe: Path | None = None) -> LambdaProcess:
        if probe is None:
            return LambdaProcess(self.task, "functions.predict.handler.handler", [self.runtime], variables)
        (probe / "probe.py").write_text(PROBE)
        return LambdaProcess(probe, "probe.handler", [self.task, self.runtime], variables)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    folder = tmp_path_factory.mktemp("release")
    return Release(predict_task(folder), runtime_folder(BUILD / "runtime"), model_copy(folder, print))


@pytest.fixture
def firehose() -> Iterator[tuple[FakeFirehose, str]]:
    fake = FakeFirehose()
    with FirehoseServer(fake) as server:
        yield fake, server.url


def outputs(answer: dict[str, Any]) -> dict[str, list[Any]]:
    return {output["name"]: output["data"] for output in json.loads(answer["body"])["outputs"]}


def test_answers_what_was_witnessed_once_the_record_is_acknowledged_over_tls(release: Release, tmp_path: Path) -> None:
    authority, certificate = make_certificates(tmp_path)
    fake = FakeFirehose()
    with FirehoseServer(fake, certificate) as server:
        variables = {**release.variables(server.url), "AWS_CA_BUNDLE": str(authority)}
        with release.start(variables) as process:
            answer = process.invoke(release.event())
            stored = list(fake.streams["predictions"])
            assert process.log() == ""
    assert answer["statusCode"] == 200
    witnessed = release.witness["outputs"]
    assert outputs(answer)["label"] == witnessed["label"]
    assert outputs(answer)["probability"] == [chance for row in witnessed["probability"] for chance in row]
    records = [json.loads(record) for record in stored]
    context = release.event()["requestContext"]
    assert [(r["request_id"], r["release"], r["model_version"]) for r in records] == [
        (request_id(context["requestId"], context["requestTimeEpoch"]), 7, 3)
    ]
    assert records[0]["outputs"] == witnessed
    assert fake.connections == 1


def test_a_prediction_imports_nothing_that_its_path_does_not_need(release: Release, tmp_path: Path) -> None:
    authority, certificate = make_certificates(tmp_path)
    with FirehoseServer(FakeFirehose(), certificate) as server:
        variables = {**release.variables(server.url), "AWS_CA_BUNDLE": str(authority)}
        with release.start(variables, probe=tmp_path) as process:
            answer = process.invoke(release.event())
    assert answer["statusCode"] == 200
    assert {"numpy", "onnxruntime", "orjson", "ssl"} <= set(answer["modules"])
    assert NOT_NEEDED & set(answer["modules"]) == set()


def test_garbage_is_collected_again_once_it_has_started_but_not_among_what_stays(
    release: Release, firehose: tuple[FakeFirehose, str], tmp_path: Path
) -> None:
    with release.start(release.variables(firehose[1]), probe=tmp_path) as process:
        answer = process.invoke(release.event())
    assert answer["collects"]
    assert answer["frozen"] > 10_000


def test_tls_is_not_imported_for_an_endpoint_without_it(
    release: Release, firehose: tuple[FakeFirehose, str], tmp_path: Path
) -> None:
    with release.start(release.variables(firehose[1]), probe=tmp_path) as process:
        answer = process.invoke(release.event())
    assert answer["statusCode"] == 200
    assert "ssl" not in answer["modules"]


def test_an_answer_is_given_and_its_record_logged_where_firehose_refuses_it(
    release: Release, firehose: tuple[FakeFirehose, str]
) -> None:
    fake, url = firehose
    fake.faults.append(refuse(400, "AccessDeniedException", "not for you"))
    with release.start(release.variables(url)) as process:
        answer = process.invoke(release.event())
        log = process.log()
    assert answer["statusCode"] == 200
    assert fake.streams["predictions"] == []
    assert [json.loads(found.line)["outputs"] for found in recover(log.splitlines())] == [release.witness["outputs"]]
    assert "AccessDeniedException: not for you" in log


def test_a_second_invocation_uses_the_same_connection(release: Release, firehose: tuple[FakeFirehose, str]) -> None:
    fake, url = firehose
    with release.start(release.variables(url)) as process:
        assert [process.invoke(release.event())["statusCode"] for _ in range(3)] == [200] * 3
    assert len(fake.streams["predictions"]) == 3
    assert fake.connections == 1


def test_under_snapstart_it_connects_after_the_restore_with_the_containers_credentials(
    release: Release, firehose: tuple[FakeFirehose, str]
) -> None:
    fake, url = firehose
    fake.identities = {"A1": ("S", "T1")}
    with serve_container() as container:
        container.now = 4_000_000_000.0
        variables = release.variables(url)
        del variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"]
        variables |= {**container.environ, "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
        with release.start(variables) as process:
            assert process.invoke(release.event())["statusCode"] == 200
    assert len(fake.streams["predictions"]) == 1
    assert fake.connections == 1
    assert container.calls == 1


def test_without_a_release_it_says_so_and_touches_no_model(release: Release, tmp_path: Path) -> None:
    variables = {**release.variables("http://127.0.0.1:1"), "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST"}
    del variables["CONTRACT_SHA256"], variables["MODEL_VERSION"]
    with release.start(variables, probe=tmp_path) as process:
        answer = process.invoke(release.event())
    assert answer["statusCode"] == 503
    assert "has no release yet" in json.loads(answer["body"])["error"]
    assert "onnxruntime" not in answer["modules"]
