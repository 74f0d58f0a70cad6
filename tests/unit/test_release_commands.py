"""What the commands on releases ask of `roll_out`, and what a person reads of its answer."""

import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.domain.names import Names
from functions.domain.rollback import Cause
from functions.roll_out.requests import PromoteRequest, RollBackRequest, UnbarRequest, wish
from trimtab import releases
from trimtab.cli import main
from trimtab.commands import releases as commands

NOW = datetime(2013, 3, 1, tzinfo=UTC)
NAMES = Names("local", "123456789012", "us-east-1")


class FakeStage:
    names = NAMES


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The events that `roll_out` gets; it answers each."""
    events: list[dict[str, Any]] = []

    def call(stage: FakeStage, function: str, event: dict[str, Any]) -> dict[str, Any]:
        assert function == "trimtab-local-roll-out"
        events.append(event)
        return {"model": event["model"], "message": "release 7 of flights is live", "steps": ["moved live"]}

    monkeypatch.setattr(releases, "call_function", call)
    monkeypatch.setattr(releases, "now", lambda stage: NOW)
    monkeypatch.setattr(commands, "open_stage", lambda project, stage: FakeStage())
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    return events


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["trimtab", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_each_command_asks_for_what_roll_out_understands(
    monkeypatch: pytest.MonkeyPatch, asked: list[dict[str, Any]]
) -> None:
    assert run(monkeypatch, "roll-back", "flights", "--to", "7", "--reason", "odd answers") == 0
    assert run(monkeypatch, "unbar", "flights", "8", "--reason", "it was the network") == 0
    assert run(monkeypatch, "promote", "flights") == 0
    back, lifted, on = (wish(event, NAMES) for event in asked)
    assert isinstance(back, RollBackRequest)
    assert (back.model, back.actor, back.at) == ("flights", "ann", NOW)
    assert isinstance(back.cause, Cause)
    assert (back.cause.kind, back.cause.to, back.cause.reason) == ("person", 7, "ann: odd answers")
    assert lifted == UnbarRequest("flights", "ann", "2013-03-01T00:00:00.000Z", 8, "it was the network")
    assert isinstance(on, PromoteRequest)


def test_without_a_release_it_is_the_last_good_one(
    monkeypatch: pytest.MonkeyPatch, asked: list[dict[str, Any]], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "roll-back", "flights", "--reason", "odd answers") == 0
    back = wish(asked[0], NAMES)
    assert isinstance(back, RollBackRequest)
    assert back.cause.to is None
    said = capfd.readouterr()
    assert "release 7 of flights is live" in said.out
    assert "moved live" in said.err


def test_a_rollback_without_a_reason_is_none(monkeypatch: pytest.MonkeyPatch, asked: list[dict[str, Any]]) -> None:
    assert run(monkeypatch, "roll-back", "flights") == 2
    assert asked == []
