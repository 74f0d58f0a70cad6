"""Granted against used: each way in which the two can differ is found, and so is a reason that nothing needs."""

from pathlib import Path
from typing import Any

import pytest

from tests.rights import EXCUSES, Excuse, Grant, Seen, findings, function_folders, read_excuses, verb_of

LAKE = "arn:aws:s3:::lake"
ROLE = "arn:aws:iam::123456789012:role/of-gate"
KEY = "arn:aws:kms:us-east-1:123456789012:key/52841ead-7b7b-4bc4-9abf-980c7e6bd113"
VERBS = ["gate", "predict", "roll_out"]


def statement(action: str, resource: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def call(action: str, resource: str, *partitions: str, demanded: bool = True) -> dict[str, Any]:
    return {"action": action, "resource": resource, "partitions": partitions, "demanded": demanded, "count": 1}


def seen(
    statements: list[dict[str, Any]], calls: list[dict[str, Any]], name: str = "trimtab-local-gate", **more: Any
) -> Seen:
    functions = {name: {"role": ROLE, "policies": [{"Statement": statements}], "calls": calls}}
    found = Seen()
    found.take({"v": 1, "functions": functions, "keys": {}, "unknown": [], **more}, VERBS)
    return found


def wrong(found: Seen, *excuses: Excuse) -> list[str]:
    return findings(found, excuses, sorted(found.functions))


def test_what_is_granted_and_used_is_no_finding() -> None:
    assert wrong(seen([statement("s3:GetObject", f"{LAKE}/table/*")], [call("s3:GetObject", f"{LAKE}/table/_")])) == []


def test_what_is_granted_and_never_used_is_found() -> None:
    found = seen([statement("s3:GetObject", f"{LAKE}/table/*")], [])
    assert wrong(found) == [f"gate: s3:GetObject on {LAKE}/table/*: granted, and never used"]


def test_a_right_on_two_folders_must_be_used_on_both() -> None:
    both = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [f"{LAKE}/table/*", f"{LAKE}/raw/*"]}
    assert wrong(seen([both], [call("s3:GetObject", f"{LAKE}/table/_")])) == [
        f"gate: s3:GetObject on {LAKE}/raw/*: granted, and never used"
    ]


def test_what_is_used_and_not_granted_is_found() -> None:
    found = seen([statement("s3:GetObject", LAKE)], [call("s3:GetObject", LAKE), call("s3:PutObject", LAKE)])
    assert wrong(found) == [f"gate: s3:PutObject on {LAKE}: used, and not granted"]


def test_partitions_beyond_those_of_the_condition_are_found() -> None:
    held = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["MODEL#*"]}}
    found = seen(
        [statement("dynamodb:GetItem", "table", Condition=held)],
        [call("dynamodb:GetItem", "table", "MODEL#a"), call("dynamodb:GetItem", "table", "AUDIT")],
    )
    assert wrong(found) == ["gate: dynamodb:GetItem on table of AUDIT: used, and not granted"]


def test_what_only_told_more_need_not_be_granted_but_counts_as_use() -> None:
    told = call("s3:ListBucket", LAKE, demanded=False)
    assert wrong(seen([], [told])) == []
    assert wrong(seen([statement("s3:ListBucket", LAKE)], [told])) == []


def test_a_right_on_everything_and_one_to_everything_need_a_reason() -> None:
    found = seen([statement("s3:*", "*")], [call("s3:GetObject", LAKE)])
    assert wrong(found) == [
        "gate: s3:* on *: a right to more than one action",
        "gate: s3:* on *: granted on all there is",
    ]


def test_a_reason_excuses_what_it_names_and_nothing_else() -> None:
    found = seen([statement("s3:GetObject", f"{LAKE}/a/*"), statement("s3:GetObject", f"{LAKE}/b/*")], [])
    excuse = Excuse("unused", ("g*",), ("s3:GetObject",), "/a/", "it is so")
    assert wrong(found, excuse) == [f"gate: s3:GetObject on {LAKE}/b/*: granted, and never used"]


@pytest.mark.parametrize("kind", ["unused", "everywhere"])
def test_a_reason_that_nothing_needs_is_found(kind: str) -> None:
    found = seen([statement("s3:GetObject", LAKE)], [call("s3:GetObject", LAKE)])
    excuse = Excuse(kind, ("*",), ("s3:GetObject",), "*", "once it was so")
    assert wrong(found, excuse) == [f"[[{kind}]] s3:GetObject of *: nothing needs this reason any more"]


def test_use_by_one_models_function_is_use_of_the_right_that_all_of_them_have() -> None:
    found = Seen()
    for model, calls in (("flights", [call("firehose:PutRecord", "stream-flights")]), ("tides", [])):
        policy = {"Statement": [statement("firehose:PutRecord", f"stream-{model}")]}
        functions = {f"trimtab-local-predict-{model}": {"role": ROLE, "policies": [policy], "calls": calls}}
        found.take({"functions": functions, "keys": {}, "unknown": []}, VERBS)

    assert found.granted == found.used == {Grant("predict", "firehose:PutRecord", "stream-{model}")}


def test_a_function_of_which_nothing_was_recorded_is_found() -> None:
    found = seen([], [])
    assert findings(found, [], VERBS)[:1] == ["predict: no record of it: run the flow tests first"]


def test_a_call_whose_right_is_not_known_is_found() -> None:
    assert wrong(seen([], [], unknown=[["trimtab-local-gate", "sqs: not known"]])) == [
        "trimtab-local-gate: sqs: not known"
    ]


def test_functions_of_a_tests_own_template_are_none_of_ours() -> None:
    found = Seen()
    theirs = {"work": {"role": ROLE, "policies": [], "calls": []}}
    found.take({"functions": theirs, "keys": {}, "unknown": [["work", "sqs: not known"]]}, VERBS)
    assert (found.functions, found.unknown) == (set(), set())


SIGNS = statement("kms:Sign", "*", Principal={"AWS": ROLE})
ACCOUNT_VERIFIES = statement("kms:Verify", "*", Principal={"AWS": "arn:aws:iam::123456789012:root"})
NOBODY_ELSE = {
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": "kms:Sign",
    "Resource": "*",
    "Condition": {"ArnNotEquals": {"aws:PrincipalArn": ROLE}},
}


@pytest.mark.parametrize(
    ("own", "of_key", "call_", "expected"),
    [
        ([], [SIGNS, NOBODY_ELSE], call("kms:Sign", KEY), []),
        ([], [SIGNS], call("kms:Verify", KEY), ["kms:Verify on", "kms:Sign on"]),
        ([statement("kms:Verify", KEY)], [ACCOUNT_VERIFIES], call("kms:Verify", KEY), []),
        ([], [ACCOUNT_VERIFIES], call("kms:Verify", KEY), ["kms:Verify on"]),
        ([statement("kms:Verify", KEY)], [], call("kms:Verify", KEY), ["kms:Verify on"]),
    ],
    ids=["named by the key", "named for another action", "left to the account", "not taken up", "not the key's will"],
)
def test_with_a_key_its_own_policy_counts_first(
    own: list[dict[str, Any]], of_key: list[dict[str, Any]], call_: dict[str, Any], expected: list[str]
) -> None:
    lines = wrong(seen(own, [call_], keys={KEY: {"Statement": of_key}}))
    assert len(lines) == len(expected)
    assert all(
        f"gate: {part} arn:aws:kms:us-east-1:123456789012:key/{{id}}: " in line
        for part, line in zip(expected, lines, strict=True)
    )


@pytest.mark.parametrize(
    ("name", "verb", "model"),
    [
        ("trimtab-local-gate", "gate", None),
        ("trimtab-local-roll-out", "roll_out", None),
        ("trimtab-prod-predict-new-york", "predict", "new-york"),
    ],
)
def test_a_functions_name_tells_its_folder_and_its_model(name: str, verb: str, model: str | None) -> None:
    assert verb_of(name, VERBS) == (verb, model)


def test_each_exception_names_functions_that_there_are_and_has_a_reason() -> None:
    excuses = read_excuses(EXCUSES)
    assert all(len(excuse.reason) > 20 for excuse in excuses)
    assert {one for excuse in excuses for one in excuse.functions} <= {"*", *function_folders()}


def test_another_kind_of_exception_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("[[allowed]]\n")
    with pytest.raises(ValueError, match="allowed is no kind of exception"):
        read_excuses(tmp_path / "x.toml")
