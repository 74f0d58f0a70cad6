"""Custom::ModelConfig: a model's deployed settings reach the registry, and stay there."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.adapters.model_folder import parse_settings
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry_store import config_key
from functions.bootstrap import handler as bootstrap
from functions.bootstrap.deployment import Deployment
from functions.bootstrap.settings import keep_settings
from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.errors import InvalidRequestError, MisconfiguredError
from functions.domain.model_config import ModelConfig
from tests.contract.fake_table import FakeTable


def config(window: str = "7d") -> ModelConfig:
    document = {
        "model": {"name": "tides", "task": "regression", "owner": "the harbour"},
        "features": {
            "moon": {"type": "float32", "min": 0, "max": 1},
            "port": {"type": "string", "categories": ["Brest"]},
        },
        "label": {"name": "height", "matures_after": "6h"},
        "train": {"external": True},
        "evaluate": {"window": window},
    }
    return parse_settings(document, "model.toml").config


def properties(settings: ModelConfig) -> dict[str, Any]:
    return {"ServiceToken": "arn:bootstrap", "Config": canonical_json(settings.to_document())}


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> FakeTable:
    table = FakeTable()
    monkeypatch.setattr(bootstrap, "registry", lambda: MonitoringRegistry(table))
    return table


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is answered to CloudFormation."""
    answers: list[dict[str, Any]] = []
    monkeypatch.setattr(bootstrap, "send", lambda url, answer: answers.append(answer))
    return answers


def event(request: str, **changes: Any) -> dict[str, Any]:
    return {
        "RequestType": request,
        "ResponseURL": "https://answers",
        "StackId": "arn:stack",
        "RequestId": "request-1",
        "LogicalResourceId": "Settings",
        "ResourceType": "Custom::ModelConfig",
        "ResourceProperties": properties(config()),
    } | changes


def test_create_keeps_what_the_template_says(table: FakeTable, answers: list[dict[str, Any]]) -> None:
    bootstrap.handler(event("Create"), None)
    assert MonitoringRegistry(table).config("tides") == config()
    assert answers == [
        {
            "Status": "SUCCESS",
            "StackId": "arn:stack",
            "RequestId": "request-1",
            "LogicalResourceId": "Settings",
            "PhysicalResourceId": "settings of tides",
            "Data": {},
        }
    ]


def test_update_keeps_the_new_settings_under_the_same_resource(table: FakeTable, answers: list[dict[str, Any]]) -> None:
    bootstrap.handler(event("Create"), None)
    changed = event("Update", ResourceProperties=properties(config("14d")), PhysicalResourceId="settings of tides")
    bootstrap.handler(changed, None)
    assert MonitoringRegistry(table).config("tides").evaluate.window_s == 14 * 86_400
    assert [answer["PhysicalResourceId"] for answer in answers] == ["settings of tides"] * 2


def test_the_same_settings_again_are_no_change(table: FakeTable, answers: list[dict[str, Any]]) -> None:
    for request in ("Create", "Update", "Update"):
        bootstrap.handler(event(request), None)
    assert table.items[config_key("tides")].revision == 1
    assert {answer["Status"] for answer in answers} == {"SUCCESS"}


def test_who_changed_which_settings_is_told_by_the_audit_chain(
    table: FakeTable, answers: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "now", lambda: datetime(2013, 3, 1, tzinfo=UTC))
    stack = "arn:aws:cloudformation:eu-west-1:123456789012:stack/trimtab-prod-model-tides/0af1"
    for settings in (config(), config("14d"), config("14d")):
        bootstrap.handler(event("Update", ResourceProperties=properties(settings), StackId=stack), None)
    entries = [json.loads(entry.body) for entry in table.entries()]
    digests = [digest_of(properties(settings)["Config"]) for settings in (config(), config("14d"))]
    assert [entry["details"] for entry in entries] == [
        {"before": None, "after": digests[0]},
        {"before": digests[0], "after": digests[1]},
    ]
    assert {(entry["action"], entry["actor"], entry["time"]) for entry in entries} == {
        ("configuration.changed", "deployment of trimtab-prod-model-tides", "2013-03-01T00:00:00Z")
    }


def test_delete_leaves_them_where_they_are(table: FakeTable, answers: list[dict[str, Any]]) -> None:
    bootstrap.handler(event("Create"), None)
    bootstrap.handler(event("Delete", PhysicalResourceId="settings of tides"), None)
    assert MonitoringRegistry(table).config("tides") == config()
    assert answers[1]["Status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "holds no settings"),
        ("[]", "holds no settings"),
        ('{"v": 99}', "of schema version 99"),
        ('{"v": 1}', "lack 'features'"),
        (canonical_json({**config().to_document(), "colour": "blue"}), "colour"),
    ],
)
def test_settings_that_are_none_fail_the_deployment_and_change_nothing(
    table: FakeTable, answers: list[dict[str, Any]], text: str, said: str
) -> None:
    bootstrap.handler(event("Create", ResourceProperties={"Config": text}), None)
    assert answers[0]["Status"] == "FAILED"
    assert answers[0]["Reason"].startswith("InvalidRequestError")
    assert said in answers[0]["Reason"]
    assert not table.items


def test_a_resource_without_settings_says_so(table: FakeTable) -> None:
    with pytest.raises(InvalidRequestError, match="lack 'Config'"):
        keep_settings(MonitoringRegistry(table), {}, Deployment("ann", "2013-03-01T00:00:00Z"))


def test_numbers_stay_numbers_on_the_way() -> None:
    sent = json.loads(properties(config())["Config"])
    assert ModelConfig.from_document(sent) == config()
    assert isinstance(ModelConfig.from_document(sent).evaluate.confidence, float)


def test_without_a_table_it_says_which_variable_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REGISTRY_TABLE", raising=False)
    bootstrap.registry.cache_clear()
    with pytest.raises(MisconfiguredError, match="REGISTRY_TABLE"):
        bootstrap.registry()
