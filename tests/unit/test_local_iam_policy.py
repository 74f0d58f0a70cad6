"""IAM's decisions, as the local cloud makes them."""

import fnmatch
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.errors import MisconfiguredError
from trimtab.local.iam_pattern import matches
from trimtab.local.iam_policy import Asked, Decision, decide, judge, read_policy

API = "arn:aws:execute-api:us-east-1:123456789012:abcdefghij/local"
INVOKE = "execute-api:Invoke"
READ = {"Effect": "Allow", "Action": INVOKE, "Resource": f"{API}/GET/models/*"}


def said(*statements: dict[str, Any], on: str = "GET/models/flights", **context: str) -> Decision:
    policy = read_policy({"Version": "2012-10-17", "Statement": list(statements)})
    return judge([policy], Asked(INVOKE, f"{API}/{on}", {key.lower(): (value,) for key, value in context.items()}))


def holds(operator: str, wanted: Any, *values: str, version: str | None = "2012-10-17") -> bool:
    """Whether a condition on the key `k` holds for these values of it."""
    statement = {**READ, "Condition": {operator: {"K": wanted}}}
    policy = read_policy({"Statement": statement, **({"Version": version} if version else {})})
    known = {"aws:username": ("alice",), **({"k": values} if values else {})}
    return judge([policy], Asked(INVOKE, f"{API}/GET/models/x", known)) == "allowed"


def test_what_nothing_allows_is_not_allowed() -> None:
    assert said() == "not allowed"
    assert said(READ, on="POST/models/flights") == "not allowed"


def test_a_wildcard_crosses_slashes_and_a_question_mark_is_one_character() -> None:
    assert said(READ, on="GET/models/flights/versions/1") == "allowed"
    assert said({**READ, "Resource": f"{API}/GET/models/fli?hts"}) == "allowed"
    assert said({**READ, "Resource": f"{API}/GET/models/?lights?"}) == "not allowed"


def test_an_explicit_denial_counts_more_than_what_is_allowed_wherever_it_stands() -> None:
    deny = {**READ, "Effect": "Deny", "Resource": f"{API}/*"}
    assert said(READ, deny) == said(deny, READ) == "denied"
    assert said(READ, {**deny, "Condition": {"StringEquals": {"aws:username": "bob"}}}) == "allowed"


@pytest.mark.parametrize("action", ["execute-api:invoke", "EXECUTE-API:*", "*", "execute-api:Invok?"])
def test_actions_are_of_any_case_and_may_have_wildcards(action: str) -> None:
    assert said({**READ, "Action": ["s3:GetObject", action]}) == "allowed"


def test_resources_are_of_their_own_case() -> None:
    assert said({**READ, "Resource": f"{API}/get/models/*"}) == "not allowed"


def test_a_statement_about_all_but_some_is_about_the_others() -> None:
    besides = {"Effect": "Allow", "NotAction": "s3:*", "NotResource": f"{API}/POST/*"}
    assert said(besides) == "allowed"
    assert said(besides, on="POST/models/flights") == "not allowed"
    assert said({**besides, "NotAction": "execute-api:*"}) == "not allowed"


def test_a_boundary_must_allow_it_too_and_gives_nothing_by_itself() -> None:
    allows, nothing = read_policy({"Statement": READ}), read_policy({"Statement": []})
    denies = read_policy({"Statement": {**READ, "Effect": "Deny"}})
    asked = Asked(INVOKE, f"{API}/GET/models/x")
    assert decide([allows], asked) == decide([allows], asked, allows) == "allowed"
    assert decide([allows], asked, nothing) == decide([nothing], asked, allows) == "not allowed"
    assert decide([allows], asked, denies) == decide([denies], asked, allows) == "denied"
    assert decide([nothing], asked, nothing) == "not allowed"


@pytest.mark.parametrize(
    ("operator", "wanted", "values", "expected"),
    [
        ("StringEquals", "a", ["a"], True),
        ("StringEquals", ["a", "b"], ["b"], True),
        ("StringEquals", "a", ["A"], False),
        ("StringEquals", "a*", ["ab"], False),
        ("StringEquals", "a", [], False),
        ("StringEqualsIfExists", "a", [], True),
        ("StringEqualsIfExists", "a", ["b"], False),
        ("StringNotEquals", ["a", "b"], ["b"], False),
        ("StringNotEquals", ["a", "b"], ["c"], True),
        ("StringNotEquals", "a", [], True),
        ("StringEqualsIgnoreCase", "a", ["A"], True),
        ("StringLike", "a*", ["a/b"], True),
        ("StringNotLike", "a*", ["ab"], False),
        ("ArnEquals", "arn:aws:iam::*:root", ["arn:aws:iam::1:root"], True),
        ("ArnNotLike", "arn:*", ["arn:x"], False),
        ("Bool", "true", ["True"], True),
        ("Bool", False, ["false"], True),
        ("Null", "true", [], True),
        ("Null", True, ["a"], False),
        ("Null", "false", ["a"], True),
        ("ForAllValues:StringLike", ["a*", "b"], ["a1", "b"], True),
        ("ForAllValues:StringLike", ["a*", "b"], ["a1", "c"], False),
        ("ForAllValues:StringEquals", "a", [], True),
        ("ForAnyValue:StringEquals", "a", ["c", "a"], True),
        ("ForAnyValue:StringEquals", "a", [], False),
        ("StringEquals", "${aws:username}", ["alice"], True),
        ("StringEquals", "${aws:Username}", ["bob"], False),
        ("StringEquals", "${aws:SourceIp}", ["x"], False),
        ("StringEquals", "${aws:SourceIp, 'x'}", ["x"], True),
        ("StringLike", "${aws:username}*", ["alice-1"], True),
        ("StringLike", "${*}", ["anything"], False),
    ],
)
def test_conditions_are_iams(operator: str, wanted: Any, values: list[str], expected: bool) -> None:
    assert holds(operator, wanted, *values) is expected


def test_an_old_version_of_the_language_knows_no_variables() -> None:
    assert not holds("StringEquals", "${aws:username}", "alice", version=None)
    assert holds("StringEquals", "${aws:username}", "${aws:username}", version="2008-10-17")


def test_all_conditions_must_hold() -> None:
    both = {**READ, "Condition": {"StringEquals": {"a": "1", "b": "2"}, "Bool": {"c": "true"}}}
    assert said(both, a="1", b="2", c="true") == "allowed"
    for wrong in ({"a": "0"}, {"b": "0"}, {"c": "false"}):
        assert said(both, **{"a": "1", "b": "2", "c": "true", **wrong}) == "not allowed"


@pytest.mark.parametrize(
    "operator", ["IpAddress", "StringLikes", "NumericLessThan", "NullIfExists", "ForAllValues:Null"]
)
def test_an_operator_that_is_not_known_is_an_error_even_where_it_would_not_count(operator: str) -> None:
    with pytest.raises(MisconfiguredError, match=operator):
        read_policy({"Statement": {**READ, "Effect": "Deny", "Condition": {operator: {"k": "1"}}}})


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[]",
        "{}",
        {"Statement": {**READ, "Effect": "Permit"}},
        {"Statement": {**READ, "NotAction": "*"}},
        {"Statement": {"Effect": "Allow", "Action": "*"}},
        {"Statement": {**READ, "NotPrincipal": "*"}},
        {"Statement": {**READ, "Conditions": {}}},
    ],
)
def test_what_is_no_policy_is_an_error(document: Any) -> None:
    with pytest.raises(MisconfiguredError):
        read_policy(document)


@given(st.text("ab/:*?", max_size=8), st.text("ab/:[]\n", max_size=8))
def test_patterns_match_as_a_shells_do_with_slashes_like_any_character(pattern: str, value: str) -> None:
    assert matches(pattern, value) == fnmatch.fnmatchcase(value, pattern)


@given(st.text(max_size=6), st.text("a*?${}", max_size=6))
def test_what_a_variable_holds_is_no_pattern(before: str, held: str) -> None:
    assert matches("x${k}y", f"x{held}y", {"k": (held,)})
    assert not matches("x${k}y", f"x{before}{held}y", {"k": (held,)}) or before == ""


statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.sampled_from([INVOKE, "s3:*", "*"]),
        "Resource": st.sampled_from([f"{API}/GET/*", f"{API}/*/models/flights", f"{API}/POST/*"]),
    }
)


@given(st.lists(statements, max_size=4), st.lists(statements, max_size=4))
def test_more_policies_never_lift_a_denial_and_more_allowances_never_take_any_away(
    some: list[dict[str, Any]], more: list[dict[str, Any]]
) -> None:
    before, after = said(*some), said(*some, *more)
    if before == "denied":
        assert after == "denied"
    if before == "allowed" and all(one["Effect"] == "Allow" for one in more):
        assert after == "allowed"
    assert said(*some, *more) == said(*more, *some)
