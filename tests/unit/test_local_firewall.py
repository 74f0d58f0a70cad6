"""The local firewall judges a web ACL's own rules."""

from typing import Any

import pytest

from functions.domain.errors import MisconfiguredError
from trimtab.local.firewall import Firewall
from trimtab.local.http_message import Request


def acl(*statements: dict[str, Any], action: dict[str, Any] | None = None) -> Firewall:
    rules = [
        {"Name": f"r{number}", "Priority": number, "Statement": statement, "Action": action or {"Block": {}}}
        for number, statement in enumerate(statements)
    ]
    bodies = {"no": {"ContentType": "APPLICATION_JSON", "Content": '{"error": "no"}'}}
    return Firewall({"DefaultAction": {"Allow": {}}, "Rules": rules, "CustomResponseBodies": bodies})


def request(method: str = "POST", path: str = "/m/x", body: bytes = b"", **headers: str) -> Request:
    return Request(method, path, [(name.replace("_", "-"), value) for name, value in headers.items()], body)


def match(kind: str, part: dict[str, Any], change: str = "NONE", **more: Any) -> dict[str, Any]:
    return {kind: {"FieldToMatch": part, "TextTransformations": [{"Priority": 0, "Type": change}], **more}}


IS_POST = match("ByteMatchStatement", {"Method": {}}, PositionalConstraint="EXACTLY", SearchString="POST")
IS_JSON = match(
    "RegexMatchStatement", {"SingleHeader": {"Name": "content-type"}}, "LOWERCASE",
    RegexString="^application/json *(;|$)",
)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "blocked"),
    [
        (request(content_type="Application/JSON; charset=utf-8"), False),
        (request(content_type="text/plain"), True),
        (request(), True),
        (request("GET"), False),
    ],
)
def test_statements_combine(asked: Request, blocked: bool) -> None:
    both = {"AndStatement": {"Statements": [IS_POST, {"NotStatement": {"Statement": IS_JSON}}]}}
    assert (acl(both).judge(asked, 0.0) is not None) == blocked


def test_an_address_over_its_rate_is_blocked_until_the_window_has_passed() -> None:
    rate = {"RateBasedStatement": {"Limit": 3, "EvaluationWindowSec": 60, "AggregateKeyType": "IP"}}
    firewall = acl(rate)
    assert [firewall.judge(request(), at) is not None for at in (0, 1, 2, 3, 59)] == [False, False, False, True, True]
    other = request()
    other.peer = "10.0.0.9"
    assert firewall.judge(other, 59) is None
    assert firewall.judge(request(), 130) is None


def test_a_size_is_compared() -> None:
    size = match("SizeConstraintStatement", {"Body": {}}, ComparisonOperator="GT", Size=3)
    assert acl(size).judge(request(body=b"1234"), 0.0) is not None
    assert acl(size).judge(request(body=b"123"), 0.0) is None


def test_a_block_answers_with_the_rules_own_response() -> None:
    custom = {"ResponseCode": 415, "CustomResponseBodyKey": "no", "ResponseHeaders": [{"Name": "A", "Value": "b"}]}
    verdict = acl(IS_POST, action={"Block": {"CustomResponse": custom}}).judge(request(), 0.0)
    assert verdict is not None
    assert verdict.response is not None
    assert (verdict.response.status, verdict.response.body) == (415, b'{"error": "no"}')
    assert ("A", "b") in verdict.response.headers


def test_a_rule_that_counts_lets_through() -> None:
    assert acl(IS_POST, action={"Count": {}}).judge(request(), 0.0) is None


def test_managed_rule_groups_are_left_out() -> None:
    managed = {"Name": "m", "Priority": 0, "OverrideAction": {"None": {}},
               "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "x"}}}  # fmt: skip
    assert Firewall({"DefaultAction": {"Allow": {}}, "Rules": [managed]}).judge(request(), 0.0) is None


def test_a_statement_that_is_not_known_is_an_error() -> None:
    with pytest.raises(MisconfiguredError, match="GeoMatchStatement"):
        acl({"GeoMatchStatement": {"CountryCodes": ["NZ"]}})
