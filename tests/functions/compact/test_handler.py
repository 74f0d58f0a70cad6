"""The handler: what it is asked, what it answers, and what it needs to know."""

from types import SimpleNamespace
from typing import Any

import pytest

from functions.compact import handler
from functions.compact.request import CompactRequest
from functions.compact.settings import SPARED_MB, Settings
from functions.domain.errors import InvalidRequestError, MisconfiguredError
from tests.functions.compact.world import MODEL, TIME, World, prediction

ENVIRONMENT = {
    "STAGE": "test",
    "REGISTRY_TABLE": "registry",
    "DATA_BUCKET": "data",
    "ARTIFACT_BUCKET": "artifacts",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "2048",
    "HOME": "/tmp",
}
CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 900_000)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"time": TIME}, "model must be text, not None"),
        ({"model": "../x", "time": TIME}, "model must be a model's name, not '../x'"),
        ({"model": MODEL}, "time must be text, not None"),
        ({"model": MODEL, "time": "noon"}, "time 'noon' is not of the form"),
        ({"model": MODEL, "time": "2013-03-01T00:00:00"}, "names no zone"),
        ({"model": MODEL, "time": TIME, "since": 5}, "since must be text, not 5"),
    ],
)
def test_an_event_that_is_wrong_is_answered_in_words_and_not_retried(event: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words.replace("?", r"\?")):
        CompactRequest.from_event(event)
    assert words in handler.handler(event, CONTEXT)["error"]


def test_a_model_that_is_not_deployed_is_answered_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    monkeypatch.setattr(handler, "build", world.tools)
    answer = handler.handler({"model": "other", "time": TIME}, CONTEXT)
    assert answer == {"error": "the registry has no settings of other: deploy the model's stack"}


def test_what_a_schedule_sends_is_done_and_answered_in_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.arrive("predictions", prediction())
    monkeypatch.setattr(handler, "build", world.tools)
    answer = handler.handler({"model": MODEL, "time": TIME, "by": "schedule"}, CONTEXT)
    assert (answer["predictions"], answer["complete"]) == (1, True)


def test_settings_come_from_the_environment() -> None:
    settings = Settings.from_environment(ENVIRONMENT)
    assert (settings.stage, settings.memory_mb, str(settings.scratch)) == ("test", 2048 - SPARED_MB, "/tmp")


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_a_setting_that_is_missing_is_named(name: str) -> None:
    with pytest.raises(MisconfiguredError, match=name):
        Settings.from_environment({**ENVIRONMENT, name: ""})


def test_a_memory_size_that_is_none_is_refused() -> None:
    with pytest.raises(MisconfiguredError, match="AWS_LAMBDA_FUNCTION_MEMORY_SIZE should be a number, not 'lots'"):
        Settings.from_environment({**ENVIRONMENT, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "lots"})
