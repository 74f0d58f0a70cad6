"""A model's settings, read once a minute of the requests' own time."""

import pytest

from functions.domain.errors import CorruptArtifactError, NotFoundError, TrimtabError, UnavailableError
from functions.domain.model_config import ModelConfig
from functions.ingest.known_config import KnownConfig
from tests.functions.ingest.client import PREDICTION_ID, Client, config_for, labels_event
from tests.functions.predict.client import TIME


class Registry:
    """Answers settings, counts how often, and fails when told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.failing: TrimtabError | None = None

    def read(self) -> ModelConfig:
        self.asked += 1
        if self.failing is not None:
            raise self.failing
        return config_for(memory_mb=self.asked)


def test_the_registry_is_asked_once_a_minute_of_the_requests_time() -> None:
    registry = Registry()
    known = KnownConfig(registry.read)
    times = [TIME, TIME + 59_999, TIME + 60_000, TIME + 60_001, TIME]
    assert [known.at(time).memory_mb for time in times] == [1, 1, 2, 2, 3], "time may also go back, in a replay"


def test_settings_that_are_known_outlive_the_registrys_failure(capsys: pytest.CaptureFixture[str]) -> None:
    registry = Registry()
    known = KnownConfig(registry.read)
    known.at(TIME)
    registry.failing = UnavailableError("read it: DynamoDB did not answer")
    assert known.at(TIME + 60_000).memory_mb == 1
    assert "DynamoDB did not answer" in capsys.readouterr().out
    assert known.at(TIME + 60_001).memory_mb == 1
    assert registry.asked == 2, "it is left alone for another minute"


@pytest.mark.parametrize(
    "failure", [UnavailableError("gone"), NotFoundError("deploy the model's stack"), CorruptArtifactError("version 9")]
)
def test_settings_that_cannot_be_had_are_unavailable(failure: TrimtabError) -> None:
    registry = Registry()
    registry.failing = failure
    with pytest.raises(UnavailableError, match=str(failure)):
        KnownConfig(registry.read).at(TIME)


def test_without_settings_the_answer_is_503_and_nothing_is_stored(client: Client) -> None:
    def fail() -> ModelConfig:
        raise UnavailableError("read it: DynamoDB did not answer")

    client.read_config = fail
    answer = client.labels([{"prediction_id": PREDICTION_ID, "label": True}])
    assert (answer.status, answer.error) == (503, "read it: DynamoDB did not answer")
    assert client.label_sink.lines == []


def test_a_change_of_the_settings_is_seen_a_minute_later(client: Client) -> None:
    label = {"prediction_id": PREDICTION_ID, "label": "yes"}
    assert client.labels([label]).status == 400
    client.read_config = lambda: config_for("binary", positive="yes")
    assert client.labels([label]).status == 400
    request = labels_event([label])
    request["requestContext"]["requestTimeEpoch"] += 60_000
    assert client.send(request).status == 200
