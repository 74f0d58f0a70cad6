"""The web ACL that stands before every model."""

import json
import re
from typing import Any

import pytest

from functions.adapters.model_settings import LARGEST_BODY
from tests.infra.conftest import Template, flat


@pytest.fixture(scope="module")
def acl(platform: Template) -> dict[str, Any]:
    return platform.only("AWS::WAFv2::WebACL")


@pytest.fixture(scope="module")
def rules(acl: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {rule["Name"]: rule for rule in acl["Rules"]}


def test_the_rules_run_in_this_order(acl: dict[str, Any]) -> None:
    names = [rule["Name"] for rule in sorted(acl["Rules"], key=lambda rule: rule["Priority"])]
    assert names == [
        "rate",
        "content-type",
        "content-length",
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
    ]
    assert (acl["Scope"], acl["DefaultAction"]) == ("REGIONAL", {"Allow": {}})


@pytest.mark.parametrize(
    ("name", "status", "headers"),
    [
        ("rate", 429, [{"Name": "Retry-After", "Value": "60"}]),
        ("content-type", 415, None),
        ("content-length", 413, None),
    ],
)
def test_our_own_rules_answer_a_json_error(
    acl: dict[str, Any], rules: dict[str, dict[str, Any]], name: str, status: int, headers: list[dict[str, str]] | None
) -> None:
    response = rules[name]["Action"]["Block"]["CustomResponse"]
    body = acl["CustomResponseBodies"][response["CustomResponseBodyKey"]]
    assert response["ResponseCode"] == status
    assert response.get("ResponseHeaders") == headers
    assert body["ContentType"] == "APPLICATION_JSON"
    assert list(json.loads(body["Content"])) == ["error"]


def test_floods_are_counted_by_address(rules: dict[str, dict[str, Any]]) -> None:
    rate = rules["rate"]["Statement"]["RateBasedStatement"]
    assert rate == {"AggregateKeyType": "IP", "EvaluationWindowSec": 300, "Limit": 10000}


@pytest.mark.parametrize(
    ("content_type", "read"),
    [
        ("application/json", True),
        ("application/json; charset=utf-8", True),
        ("application/json ;charset=utf-8", True),
        ("application/octet-stream", True),
        ("application/jsonp", False),
        ("text/plain", False),
        ("text/plain; application/json", False),
        ("application/x-www-form-urlencoded", False),
        ("", False),
    ],
)
def test_a_post_that_names_another_content_type_is_refused(
    rules: dict[str, dict[str, Any]], content_type: str, read: bool
) -> None:
    is_post, is_there, is_other = rules["content-type"]["Statement"]["AndStatement"]["Statements"]
    assert is_post["ByteMatchStatement"]["SearchString"] == "POST"
    assert is_there["RegexMatchStatement"]["FieldToMatch"] == {"SingleHeader": {"Name": "content-type"}}
    assert is_there["RegexMatchStatement"]["RegexString"] == "."  # a header that is not there matches nothing
    pattern = is_other["NotStatement"]["Statement"]["RegexMatchStatement"]
    assert pattern["FieldToMatch"] == {"SingleHeader": {"Name": "content-type"}}
    assert pattern["TextTransformations"] == [{"Priority": 0, "Type": "LOWERCASE"}]
    assert bool(re.search(pattern["RegexString"], content_type)) is read


@pytest.mark.parametrize(
    ("size", "too_large"),
    [(0, False), (999_999, False), (LARGEST_BODY, False), (4_599_999, False), (4_600_000, True), (10**9, True)],
)
def test_no_body_passes_that_lambda_could_not_take(
    rules: dict[str, dict[str, Any]], size: int, too_large: bool
) -> None:
    pattern = rules["content-length"]["Statement"]["RegexMatchStatement"]["RegexString"]
    assert bool(re.search(pattern, str(size))) is too_large


def test_managed_rules_that_would_refuse_good_batches_only_count(rules: dict[str, dict[str, Any]]) -> None:
    common = rules["AWSManagedRulesCommonRuleSet"]
    overrides = common["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    assert {each["Name"] for each in overrides} == {
        "SizeRestrictions_BODY",
        "CrossSiteScripting_BODY",
        "GenericLFI_BODY",
        "GenericRFI_BODY",
        "EC2MetaDataSSRF_BODY",
        "NoUserAgent_HEADER",
    }
    assert all(each["ActionToUse"] == {"Count": {}} for each in overrides)
    assert common["OverrideAction"] == {"None": {}}


def test_each_models_api_stands_behind_it(flights: Template, tides: Template) -> None:
    for template in (flights, tides):
        association = template.only("AWS::WAFv2::WebACLAssociation")
        assert re.search(
            r"::/restapis/<HttpApi>/stages/<HttpApiDeploymentStageprod>$", flat(association["ResourceArn"])
        )
        assert "FirewallWebAcl" in association["WebACLArn"]["Fn::ImportValue"]
