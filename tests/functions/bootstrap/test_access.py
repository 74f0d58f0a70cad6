"""Custom::AccessTable: a change of policies by a deployment stands in the audit."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.adapters.access_registry import AccessRegistry
from functions.bootstrap import handler as bootstrap
from functions.domain.canonical_json import canonical_json, digest_of
from tests.contract.fake_table import FakeTable

ONE, TWO, THREE = ("1" * 64, "2" * 64, "3" * 64)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> FakeTable:
    table = FakeTable()
    monkeypatch.setattr(bootstrap, "access", lambda: AccessRegistry(table))
    monkeypatch.setattr(bootstrap, "now", lambda: datetime(2013, 5, 1, tzinfo=UTC))
    return table


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = []
    monkeypatch.setattr(bootstrap, "send", lambda url, answer: answers.append(answer))
    return answers


def deploy(policies: Any, model: str = "", request: str = "Update", **properties: Any) -> None:
    event = {
        "RequestType": request,
        "ResponseURL": "https://answers",
        "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/trimtab-prod-platform/uuid",
        "RequestId": "request-1",
        "LogicalResourceId": "Table",
        "ResourceType": "Custom::AccessTable",
        "ResourceProperties": {"Model": model, "Policies": json.dumps(policies), **properties},
    }
    bootstrap.handler(event, None)


def entries(table: FakeTable) -> list[dict[str, Any]]:
    return [json.loads(entry.body) for entry in table.entries()]


def test_a_change_is_an_entry_with_both_digests_and_what_changed(
    table: FakeTable, answers: list[dict[str, Any]]
) -> None:
    deploy({"approver": ONE, "viewer": TWO}, request="Create")
    deploy({"approver": THREE, "auditor": ONE, "viewer": TWO})
    first, second = entries(table)
    assert (first["action"], first["model"], first["actor"]) == (
        "access.changed", "", "deployment of trimtab-prod-platform",
    )  # fmt: skip
    assert first["time"].startswith("2013-05-01T00:00:00")
    assert first["details"] == {
        "before": None,
        "after": digest_of(canonical_json({"approver": ONE, "viewer": TWO})),
        "changed": ["approver", "viewer"],
    }
    assert second["details"]["before"] == first["details"]["after"]
    assert second["details"]["changed"] == ["approver", "auditor"]
    assert [answer["PhysicalResourceId"] for answer in answers] == ["access to the stage"] * 2


def test_the_same_policies_again_are_no_act(table: FakeTable, answers: list[dict[str, Any]]) -> None:
    for request in ("Create", "Update"):
        deploy({"approver": ONE}, "flights", request)
    assert [entry["model"] for entry in entries(table)] == ["flights"]
    assert {answer["Status"] for answer in answers} == {"SUCCESS"}


def test_models_and_the_stage_are_apart(table: FakeTable, answers: list[dict[str, Any]]) -> None:
    for model in ("", "flights", "tides"):
        deploy({"approver": ONE}, model)
    assert [entry["details"]["before"] for entry in entries(table)] == [None] * 3


def test_a_stack_that_goes_leaves_what_is_known(table: FakeTable, answers: list[dict[str, Any]]) -> None:
    deploy({"approver": ONE}, "flights")
    deploy({}, "flights", "Delete")
    assert len(entries(table)) == 1


@pytest.mark.parametrize("policies", [[], {"approver": "x"}, {"approver": 1}, {"approver": ONE + "0"}])
def test_what_are_no_digests_fail_the_deployment(
    table: FakeTable, answers: list[dict[str, Any]], policies: Any
) -> None:
    deploy(policies)
    assert answers[0]["Status"] == "FAILED"
    assert "Policies" in answers[0]["Reason"]
    assert not entries(table)
