"""The handler, and those who ask it: what it reads, how it answers, and that its errors arrive as what they are."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from functions.adapters.register_call import RegisterCall
from functions.domain.errors import (
    CorruptArtifactError,
    InvalidRequestError,
    MisconfiguredError,
    NotFoundError,
    UnavailableError,
)
from functions.register import handler as entry
from functions.register.settings import Settings
from tests.contract.fake_kms import KEY
from tests.functions.register.worlds import ARTIFACT, BUCKET, EVENT, TIME, World
from tests.functions.roll_out.trained import MODEL, prefix_of, trained

CONTEXT = SimpleNamespace(aws_request_id="request-1")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"action": "deploy"}, "action is 'register', not 'deploy'"),
        ({"model": "../flights"}, "must be a model's name"),
        ({"artifact": "artifacts/model=flights/version=1/"}, "must be 'incoming/"),
        ({"author": ""}, "author must be text"),
        ({"person": 7}, "person must be text"),
        ({"time": "yesterday"}, "time 'yesterday' is not of the form"),
        ({"evidence": "good"}, "evidence must be an object"),
        ({"evidence": {}}, "at must be text"),
    ],
)
def test_a_malformed_event_is_answered_with_what_is_wrong(
    changes: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    monkeypatch.setattr(entry, "build", world.tools)
    before = world.table.head()
    answer = entry.handler(EVENT | changes, CONTEXT)
    assert words in answer["error"]
    assert answer["kind"] == "InvalidRequestError"
    assert world.table.head() == before


class Lambda:
    """boto3's `invoke`, answered by the handler, or as `answers` has it."""

    def __init__(self, answer: Callable[[bytes], bytes], **beside: Any) -> None:
        self._answer, self._beside = answer, beside

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto3's names
        body = self._answer(Payload)
        return {"Payload": SimpleNamespace(read=lambda: body), **self._beside}


def test_who_asks_gets_the_answer_or_the_same_error_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    monkeypatch.setattr(entry, "build", world.tools)

    def handled(payload: bytes) -> bytes:
        return json.dumps(entry.handler(json.loads(payload), CONTEXT)).encode()

    call = RegisterCall(Lambda(handled), "trimtab-test-register")
    assert call.register(MODEL, prefix_of(ARTIFACT), "ann", "ann", TIME)["version"] == 1
    refused: list[tuple[str, type[Exception]]] = [
        (prefix_of(trained(2)), NotFoundError),
        ("elsewhere/", InvalidRequestError),
    ]
    for artifact, error in refused:
        with pytest.raises(error):
            call.register(MODEL, artifact, "ann", "ann", TIME)
    del world.s3.objects[BUCKET, prefix_of(ARTIFACT) + "model.onnx"]
    world.s3.objects[BUCKET, prefix_of(ARTIFACT) + "model.onnx"] = b"another"
    with pytest.raises(CorruptArtifactError, match=r"model\.onnx"):
        call.register(MODEL, prefix_of(ARTIFACT), "ann", "ann", TIME)


@pytest.mark.parametrize(
    ("body", "beside"),
    [
        (b'{"errorMessage":"no memory"}', {"FunctionError": "Unhandled"}),
        (b"not json", {}),
        (b"[]", {}),
        (b'{"error":"KMS did not answer","kind":"UnavailableError"}', {}),
        (b'{"error":"?","kind":"SystemExit"}', {}),
    ],
)
def test_a_failure_of_the_function_is_an_error_of_the_service(body: bytes, beside: dict[str, str]) -> None:
    call = RegisterCall(Lambda(lambda _: body, **beside), "trimtab-test-register")
    with pytest.raises(UnavailableError):
        call.register(MODEL, prefix_of(ARTIFACT), "ann", "ann", TIME)


ENVIRONMENT = {"REGISTRY_TABLE": "registry", "ARTIFACT_BUCKET": "artifacts", "SIGNING_KEY": KEY}


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_setting_that_is_missing_is_named(name: str) -> None:
    assert Settings.from_environment(ENVIRONMENT).signing_key == KEY
    with pytest.raises(MisconfiguredError, match=f"{name} is not set"):
        Settings.from_environment({key: value for key, value in ENVIRONMENT.items() if key != name})
