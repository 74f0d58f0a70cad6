"""Who is told what: the event bus, the topic, and what a person reads."""

import json
import re
from typing import Any

import pytest

from infra.settings import stage_settings
from tests.infra.conftest import Template, flat
from tests.infra.test_settings import CONTEXT


def rule(platform: Template) -> dict[str, Any]:
    return told(platform)["Verdict"]


def told(platform: Template) -> dict[str, dict[str, Any]]:
    """The rules that tell people, by the kind of event."""
    rules = [each for each in platform.all("AWS::Events::Rule") if flat(each["Targets"][0]["Arn"]) == "<AlertsTopic>"]
    return {each["EventPattern"]["detail-type"][0]: each for each in rules}


def test_the_stage_has_a_bus_and_a_topic_of_its_own(platform: Template) -> None:
    assert platform.only("AWS::Events::EventBus")["Name"] == "trimtab-prod"
    assert platform.only("AWS::SNS::Topic")["TopicName"] == "trimtab-prod-alerts"


def test_evaluate_publishes_on_that_bus(platform: Template) -> None:
    variables = platform.function("evaluate")["Environment"]["Variables"]
    assert flat(variables["EVENT_BUS"]) == "<AlertsBus>"


def test_verdicts_to_act_on_go_to_the_topic_and_others_do_not(platform: Template) -> None:
    assert rule(platform)["EventPattern"] == {
        "source": ["trimtab"],
        "detail-type": ["Verdict"],
        "detail": {"verdict": ["RETRAIN", "ROLL_BACK"]},
    }
    (target,) = rule(platform)["Targets"]
    assert flat(target["Arn"]) == "<AlertsTopic>"
    assert flat(rule(platform)["EventBusName"]) == "<AlertsBus>"


def test_a_person_reads_a_sentence_with_model_verdict_reason_and_report(platform: Template) -> None:
    transformer = rule(platform)["Targets"][0]["InputTransformer"]
    text = json.loads(transformer["InputTemplate"])
    places = set(re.findall(r"<(\w+)>", text))
    assert places == set(transformer["InputPathsMap"]) == {"model", "verdict", "end", "reason", "report"}
    assert transformer["InputPathsMap"]["reason"] == "$.detail.reasons[0]"
    assert text.startswith("Trimtab, stage prod: <verdict> of model <model>")


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        ("Gate", {"decision": ["refused"]}),
        ("Rollout", {"what": ["rolled_back", "moved_by_hand", "failed"]}),
    ],
)
def test_refusals_and_rollouts_that_went_wrong_go_to_the_topic_too(
    platform: Template, kind: str, detail: dict[str, list[str]]
) -> None:
    found = told(platform)[kind]
    assert found["EventPattern"] == {"source": ["trimtab"], "detail-type": [kind], "detail": detail}
    transformer = found["Targets"][0]["InputTransformer"]
    text = json.loads(transformer["InputTemplate"])
    assert set(re.findall(r"<(\w+)>", text)) == set(transformer["InputPathsMap"])
    assert "of model <model>" in text


def test_what_becomes_of_a_rollout_fills_every_place_of_the_text(platform: Template) -> None:
    from functions.adapters.registry_outbox import told as event
    from tests.contract.fake_table import FakeTable

    change = event(FakeTable(), "flights", 3, "rolled_back", 8, "errors", "2013-03-01T00:00:00Z")
    detail = change.document["events"][0]["detail"]
    for path in told(platform)["Rollout"]["Targets"][0]["InputTransformer"]["InputPathsMap"].values():
        assert detail[path.rpartition(".")[2]] not in (None, "")


def test_what_evaluate_publishes_fills_every_place_of_the_text(platform: Template) -> None:
    from functions.adapters.stage_events import SOURCE
    from functions.domain.verdict import Verdict
    from functions.domain.verdict_rules import Reason
    from functions.evaluate.publish import event_detail

    document = {
        "model": "flights",
        "verdict": {"verdict": "RETRAIN", "finding": "RETRAIN", "reasons": [{"text": "It decays", "rule": "decay"}]},
        "window": {"start": "2013-03-01T00:00:00Z", "end": "2013-03-08T00:00:00Z"},
        "labelled_window": {"start": "2013-03-01T00:00:00Z", "end": "2013-03-08T00:00:00Z"},
        "live": {"version": "1", "release": 2},
    }
    decays = Reason("worse_than_reference", "RETRAIN", "It decays")
    detail: Any = event_detail(document, Verdict("RETRAIN", "RETRAIN", (decays,), 2, 2))
    assert detail["retrain"] is True
    found = {}
    for name, path in rule(platform)["Targets"][0]["InputTransformer"]["InputPathsMap"].items():
        value = detail
        for step in re.findall(r"\w+", path)[1:]:
            value = value[int(step)] if step.isdigit() else value[step]
        found[name] = value
    assert found["reason"] == "It decays"
    assert all(isinstance(value, str) and value for value in found.values())
    pattern = rule(platform)["EventPattern"]
    assert (pattern["source"], pattern["detail-type"]) == ([SOURCE], ["Verdict"])


def test_alarms_and_rules_of_this_account_alone_may_publish_and_only_over_tls(platform: Template) -> None:
    statements = platform.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    allowed = {
        each["Principal"]["Service"]: flat(each["Condition"]["ArnLike"]["aws:SourceArn"])
        for each in statements
        if each["Effect"] == "Allow"
    }
    here = "<AWS::Region>:<AWS::AccountId>"
    assert allowed == {
        "cloudwatch.amazonaws.com": f"arn:<AWS::Partition>:cloudwatch:{here}:alarm:*",
        "events.amazonaws.com": f"arn:<AWS::Partition>:events:{here}:rule/trimtab-prod/*",
    }
    (denied,) = [each for each in statements if each["Effect"] == "Deny"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_nobody_gets_mail_unless_the_stage_says_who(platform: Template) -> None:
    assert not platform.of_type("AWS::SNS::Subscription")
    settings = stage_settings({"stages": {"dev": {**CONTEXT["stages"]["dev"], "alert_emails": ["a@b.org"]}}}, "dev")
    assert settings.alert_emails == ("a@b.org",)
