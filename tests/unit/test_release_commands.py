"""What the commands on releases and versions ask of the management API, and what a person reads of its answer."""

import sys
from typing import Any

import pytest

from functions.domain.names import Names
from trimtab import releases
from trimtab.cli import main
from trimtab.commands import releases as commands

Asked = list[tuple[str, dict[str, Any], str | None]]
ETAG = "v4"


class FakeStage:
    names = Names("local", "123456789012", "us-east-1")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The changes that the API is asked for, each with its body and the ETag that it names; it makes each."""
    found: Asked = []

    class FakeManagement:
        def __init__(self, stage: FakeStage) -> None:
            assert isinstance(stage, FakeStage)

        def get(self, path: str) -> dict[str, Any]:
            return {"etag": ETAG}

        def post(self, path: str, body: Any = None, if_match: str | None = None) -> dict[str, Any]:
            found.append((path, dict(body or {}), if_match))
            if path.endswith(("approve", "reject")):
                return {"number": 3, "model": "flights", "state": "registered", "waits_for": "one more person"}
            return {"model": "flights", "message": "release 7 of flights is live", "steps": ["moved live"]}

    monkeypatch.setattr(releases, "Management", FakeManagement)
    monkeypatch.setattr(commands, "open_stage", lambda project, stage: FakeStage())
    return found


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["trimtab", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_each_command_is_a_call_of_its_own(monkeypatch: pytest.MonkeyPatch, asked: Asked) -> None:
    assert run(monkeypatch, "roll-back", "flights", "--to", "7", "--reason", "odd answers") == 0
    assert run(monkeypatch, "unbar", "flights", "8", "--reason", "it was the network") == 0
    assert run(monkeypatch, "promote", "flights") == 0
    assert asked == [
        ("/models/flights/roll-back", {"reason": "odd answers", "to": 7}, None),
        ("/models/flights/releases/8/unbar", {"reason": "it was the network"}, None),
        ("/models/flights/promote", {}, None),
    ]


def test_a_decision_names_the_state_of_the_version_that_it_was_made_on(
    monkeypatch: pytest.MonkeyPatch, asked: Asked, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "approve", "flights", "3") == 0
    assert run(monkeypatch, "approve", "flights", "3", "--comment", "the gain is real") == 0
    assert run(monkeypatch, "reject", "flights", "3", "--comment", "unfair") == 0
    path = "/models/flights/versions/3"
    assert asked == [
        (f"{path}/approve", {}, ETAG),
        (f"{path}/approve", {"comment": "the gain is real"}, ETAG),
        (f"{path}/reject", {"comment": "unfair"}, ETAG),
    ]
    said = capfd.readouterr()
    assert "version 3 of flights is registered" in said.out
    assert "one more person" in said.err


def test_without_a_release_it_is_the_last_good_one(
    monkeypatch: pytest.MonkeyPatch, asked: Asked, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "roll-back", "flights", "--reason", "odd answers") == 0
    assert asked == [("/models/flights/roll-back", {"reason": "odd answers"}, None)]
    said = capfd.readouterr()
    assert "release 7 of flights is live" in said.out
    assert "moved live" in said.err


@pytest.mark.parametrize("arguments", [("roll-back", "flights"), ("unbar", "flights", "8"), ("reject", "flights", "3")])
def test_what_takes_a_reason_is_not_done_without_one(
    monkeypatch: pytest.MonkeyPatch, asked: Asked, arguments: tuple[str, ...]
) -> None:
    assert run(monkeypatch, *arguments) == 2
    assert asked == []
