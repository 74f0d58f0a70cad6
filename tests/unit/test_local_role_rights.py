"""What a role lets a service do."""

import json
import threading
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from functions.domain.errors import MisconfiguredError
from trimtab.local.moto_app import Moto
from trimtab.local.role_rights import Caller, refusal

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/starter"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
GROUP = "arn:aws:scheduler:us-east-1:123456789012:schedule-group/trimtab"
CALLER = Caller("scheduler.amazonaws.com", ACCOUNT, GROUP)
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "scheduler.amazonaws.com"}}
MAY = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": MACHINE}


class OneRole:
    """moto with one role."""

    def __init__(self, trust: Any, *rights: Any) -> None:
        self.lock: AbstractContextManager[Any] = threading.RLock()
        documents = {str(number): json.dumps({"Statement": [one]}) for number, one in enumerate(rights)}
        self._role = SimpleNamespace(
            arn=ROLE,
            assume_role_policy_document=json.dumps({"Statement": trust}),
            policies=documents,
            managed_policies={},
        )

    def backend(self, service: str, account: str, region: str) -> Any:
        return SimpleNamespace(get_roles=lambda: [self._role])


def why_not(trust: Any, *rights: Any, role: str = ROLE) -> str | None:
    moto = cast(Moto, OneRole(trust, *rights))
    return refusal(moto, ACCOUNT, role, CALLER, "states:StartExecution", MACHINE)


@pytest.mark.parametrize(
    "right",
    [
        MAY,
        {**MAY, "Action": ["logs:PutLogEvents", "States:Start*"]},
        {**MAY, "Resource": ["arn:aws:s3:::b", "arn:aws:states:*:*:stateMachine:*"]},
        {**MAY, "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}},
    ],
)
def test_a_role_that_names_the_action_and_the_machine_lets_it(right: dict[str, Any]) -> None:
    assert why_not([TRUST], right) is None


@pytest.mark.parametrize(
    "right",
    [
        {**MAY, "Action": "states:DescribeExecution"},
        {**MAY, "Resource": MACHINE + "x"},
        {**MAY, "Resource": MACHINE.upper()},
        {**MAY, "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}},
        {**MAY, "Condition": {"Bool": {"aws:SourceArn": GROUP}}},
    ],
)
def test_one_that_names_something_else_or_a_condition_that_does_not_hold_does_not(right: dict[str, Any]) -> None:
    assert why_not([TRUST], right) == f"{ROLE} does not let states:StartExecution on {MACHINE}"


def test_a_condition_that_cannot_be_judged_is_an_error() -> None:
    with pytest.raises(MisconfiguredError, match="IpAddress"):
        why_not([TRUST], {**MAY, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}})


def test_a_denial_counts_more_than_what_is_allowed() -> None:
    assert why_not([TRUST], MAY, {**MAY, "Effect": "Deny"}) is not None


@pytest.mark.parametrize(
    ("trust", "lets"),
    [
        (TRUST, True),
        ({**TRUST, "Principal": {"Service": ["events.amazonaws.com", "scheduler.amazonaws.com"]}}, True),
        ({**TRUST, "Condition": {"ArnEquals": {"aws:SourceArn": GROUP}}}, True),
        ({**TRUST, "Condition": {"ArnLike": {"AWS:SourceArn": GROUP[:-3] + "*"}}}, True),
        ({**TRUST, "Condition": {"ArnEquals": {"aws:SourceArn": GROUP + "2"}}}, False),
        ({**TRUST, "Principal": {"Service": "events.amazonaws.com"}}, False),
        ({**TRUST, "Action": "sts:TagSession"}, False),
    ],
)
def test_the_service_must_be_let_to_assume_it(trust: dict[str, Any], lets: bool) -> None:
    assert (why_not([trust], MAY) is None) is lets
    assert (why_not(trust, MAY) is None) is lets, "one statement, not in a list"


def test_a_role_that_is_not_there_lets_nothing() -> None:
    assert why_not([TRUST], MAY, role=ROLE + "2") == f"there is no role {ROLE}2"
