"""The management API of a stage: signed calls through its gateway, answered from the asset that would be uploaded."""

import json
from typing import Any

import pytest
import urllib3
from botocore.credentials import Credentials
from jsonschema import Draft202012Validator

from functions.domain.errors import AccessDeniedError, ConflictError, NotFoundError
from functions.domain.management_calls import CALLS, Call
from functions.manage.openapi import document
from trimtab.deploy import Deployment
from trimtab.management import Management, find_url
from trimtab.stage import Stage

MODEL = "flights"
# Of quarantine there is something to read once a snapshot was taken, which other tests do.
READING = [call for call in CALLS if call.method == "GET" and call.name != "show_quarantine"]
NONE_YET = ("show_report", "show_training", "explain_request")


@pytest.fixture(scope="module")
def api(stage: Stage, deployment: Deployment) -> Management:
    assert deployment.model == MODEL
    return Management(stage)


@pytest.fixture(scope="module")
def described(api: Management) -> dict[str, Any]:
    """The document, as the API serves it."""
    return api.get("/openapi.json")


def valid(described: dict[str, Any], call: Call, answer: Any, status: str = "200") -> None:
    content = described["paths"][call.path][call.method.lower()]["responses"][status]["content"]
    schema = {**content["application/json"]["schema"], "components": described["components"]}
    Draft202012Validator(schema).validate(answer)


def test_it_describes_itself_as_the_code_does(described: dict[str, Any]) -> None:
    assert described == json.loads(json.dumps(document()))


@pytest.mark.parametrize("call", READING, ids=lambda call: call.name)
def test_every_call_that_reads_is_answered_as_the_document_says(
    api: Management, described: dict[str, Any], deployment: Deployment, call: Call
) -> None:
    """What there is none of (a report, a training, a request of long ago) is not found, and never an error of ours."""
    named = {"model": MODEL, "version": deployment.model_version, "execution": "none", "end": "2013-01-01T00:00:00Z"}
    path = call.path.format(**named, request="013d5a1e-8a7b-7e6f-9a41-93e8deadbeef")
    query = {"versions": MODEL} if call.name == "compare_models" else {}
    if call.name in NONE_YET:
        with pytest.raises(NotFoundError):
            api.get(path)
        return
    valid(described, call, api.get(path, **query))


def test_what_is_live_is_what_was_deployed(api: Management, deployment: Deployment) -> None:
    model = api.get(f"/models/{MODEL}")
    assert (model["live"], model["model_version"]) == (deployment.release, deployment.model_version)
    assert MODEL in [one["model"] for one in api.pages("/models", limit=1)]


def test_a_command_is_carried_out_once_it_is_decided_on_what_there_is(api: Management) -> None:
    etag = api.get(f"/models/{MODEL}")["etag"]
    answer = api.post(f"/models/{MODEL}/promote", if_match=etag)
    assert answer["state"] == "done"
    assert "nothing to promote" in answer["message"]
    with pytest.raises(ConflictError, match=f"it is {etag} and not m0"):
        api.post(f"/models/{MODEL}/promote", if_match="m0")
    with pytest.raises(ConflictError, match="is not barred"):
        api.post(f"/models/{MODEL}/releases/{api.get(f'/models/{MODEL}')['live']}/unbar", {"reason": "a drill"})


def test_who_does_not_sign_or_signs_wrongly_is_kept_out(stage: Stage, api: Management) -> None:
    answer = urllib3.request("GET", f"{find_url(stage)}/models", retries=False)
    assert answer.status == 403
    assert "signed" in answer.json()["error"]
    with pytest.raises(AccessDeniedError):
        Management(stage, credentials=Credentials("AKIAIOSFODNN7EXAMPLE", "guessed")).get("/models")
