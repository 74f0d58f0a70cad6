"""The handler: what it reads, and how it answers."""

from types import SimpleNamespace
from typing import Any

import pytest

from functions.domain.errors import MisconfiguredError
from functions.roll_out import handler as roll_out
from functions.roll_out.requests import RollOutRequest, wish
from functions.roll_out.settings import Settings
from tests.functions.roll_out.trained import MODEL, Predict, prefix_of, trained
from tests.functions.roll_out.worlds import NAMES, TIME, FakeWorld

ARTIFACT = trained()
CONTEXT = SimpleNamespace(aws_request_id="request-1")
EVENT = {"action": "roll_out", "model": MODEL, "version": 1, "actor": "ann", "time": TIME}
ENVIRONMENT = {"STAGE": "test", "REGISTRY_TABLE": "registry", "ARTIFACT_BUCKET": "artifacts", "SIGNING_KEY": "arn"}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> FakeWorld:
    world = FakeWorld(Predict(ARTIFACT))
    world.upload(ARTIFACT)
    world.tools().registering.register(MODEL, prefix_of(ARTIFACT), "ann", "ann", TIME)
    monkeypatch.setattr(roll_out, "build", world.tools)
    return world


def test_a_version_that_is_rolled_out_answers_what_is_live_and_what_was_done(world: FakeWorld) -> None:
    answer = roll_out.handler(EVENT, CONTEXT)
    assert set(answer) == {"model", "model_version", "release", "live", "weight", "changed", "steps", "message"}
    assert answer["message"] == "release 2 (version 1) of flights is live"
    assert answer["steps"][0].startswith("published layer")


def test_an_error_is_answered_with_its_words(world: FakeWorld) -> None:
    world.predict.crash = "no memory"
    answer = roll_out.handler(EVENT, CONTEXT)
    assert set(answer) == {"error", "kind"}
    assert answer["kind"] == "SmokeTestError"
    assert "release 2 of flights failed its smoke test and does not go live" in answer["error"]
    assert "no memory" in answer["error"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"action": "delete"}, "action 'delete' is unknown"),
        ({"action": None}, "action None is unknown"),
        ({"action": "deploy", "artifact": prefix_of(ARTIFACT)}, "action 'deploy' is unknown"),
        ({"actor": ""}, "actor must be text, not ''"),
        ({"actor": None}, "actor must be text, not None"),
        ({"now": "yes"}, "now must be true or false, not 'yes'"),
        ({"model": 7}, "model must be text, not 7"),
        ({"model": "../flights"}, "must be a model's name"),
        ({"time": "yesterday"}, "time 'yesterday' is not of the form"),
        ({"time": "2013-03-01T00:00:00"}, "must be in UTC"),
        ({"time": "2013-03-01T00:00:00+01:00"}, "must be in UTC"),
        ({"version": "1"}, "version must be a version's number"),
    ],
)
def test_a_malformed_event_is_refused(world: FakeWorld, changes: dict[str, Any], words: str) -> None:
    before = world.table.head()
    assert words in roll_out.handler(EVENT | changes, CONTEXT)["error"]
    assert world.table.head() == before


def test_a_time_with_milliseconds_is_read() -> None:
    request = wish(EVENT | {"time": "2013-03-01T00:00:00.250Z"}, NAMES)
    assert isinstance(request, RollOutRequest)
    assert request.epoch_ms() == 1362096000250


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_setting_that_is_missing_is_named(name: str) -> None:
    assert Settings.from_environment(ENVIRONMENT).stage == "test"
    with pytest.raises(MisconfiguredError, match=f"{name} is not set"):
        Settings.from_environment({key: value for key, value in ENVIRONMENT.items() if key != name})
