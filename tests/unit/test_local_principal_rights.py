"""Whose policies count for whoever signed a request, as they stand in moto."""

import json
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from functions.domain.errors import MisconfiguredError
from trimtab.local.credentials import Credentials, Key
from trimtab.local.gateway_responses import Refusal
from trimtab.local.invoke_rights import check_invoke
from trimtab.local.journal import Journal
from trimtab.local.moto_app import Moto
from trimtab.local.principal_rights import PrincipalRights

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/trimtab-local-approver"
API = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:abcdefghij/local/"
ALICE = Key("AKIA", "s", f"arn:aws:iam::{ACCOUNT}:user/alice", user="alice", principal_id="AIDA")
SESSION = Key("ASIA", "s", f"arn:aws:sts::{ACCOUNT}:assumed-role/trimtab-local-approver/alice", "t", role=ROLE)


def document(effect: str, path: str, **more: Any) -> str:
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": API + path, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def managed(*documents: str) -> Any:
    """A managed policy with these versions, the last of which counts."""
    versions = [SimpleNamespace(document=one, is_default=one is documents[-1]) for one in documents]
    return SimpleNamespace(versions=versions)


class Iam:
    """moto's IAM with one user in one group, and one role; `rights` are asked of it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.user = SimpleNamespace(name="alice", access_keys=[], policies={}, managed_policies={})
        self.group = SimpleNamespace(users=[self.user], policies={}, managed_policies={})
        self.role = SimpleNamespace(arn=ROLE, policies={}, managed_policies={}, permissions_boundary_arn=None)
        self.users, self.groups = {"alice": self.user}, {"g": self.group}
        self.managed_policies: dict[str, Any] = {}
        self.position = 1
        self.rights = PrincipalRights(cast(Moto, self), cast(Journal, self), ACCOUNT)

    def backend(self, service: str, account: str, region: str) -> Any:
        return self

    def get_roles(self) -> list[Any]:
        return [self.role]

    def says(self, key: Key, path: str) -> str:
        self.position += 1
        return self.rights.decide(key, "execute-api:Invoke", API + path)


@pytest.fixture
def iam() -> Iam:
    return Iam()


@pytest.mark.parametrize("holder", ["user", "group"])
@pytest.mark.parametrize("kind", ["policies", "managed_policies"])
def test_a_users_own_policies_and_its_groups_count(iam: Iam, holder: str, kind: str) -> None:
    allows = document("Allow", "GET/models")
    getattr(getattr(iam, holder), kind)["p"] = allows if kind == "policies" else managed("{}", allows)
    assert iam.says(ALICE, "GET/models") == "allowed"
    assert iam.says(ALICE, "GET/audit") == "not allowed"


def test_a_groups_denial_counts_more_than_the_users_own_policy(iam: Iam) -> None:
    iam.user.policies["p"] = document("Allow", "*")
    iam.group.policies["p"] = document("Deny", "GET/audit")
    assert iam.says(ALICE, "GET/audit") == "denied"
    iam.group.users.clear()
    assert iam.says(ALICE, "GET/audit") == "allowed"


def test_a_role_is_held_to_its_boundary(iam: Iam) -> None:
    iam.role.policies["p"] = document("Allow", "*")
    assert iam.says(SESSION, "POST/models/a/retrain") == "allowed"
    iam.managed_policies["b"], iam.role.permissions_boundary_arn = managed(document("Allow", "GET/*")), "b"
    assert iam.says(SESSION, "POST/models/a/retrain") == "not allowed"
    assert iam.says(SESSION, "GET/models") == "allowed"


def test_who_is_gone_may_do_nothing_and_the_account_all(iam: Iam) -> None:
    iam.user.policies["p"] = iam.role.policies["p"] = document("Allow", "*")
    iam.users.clear()
    iam.role.arn = ROLE + "2"
    assert iam.says(ALICE, "GET/models") == iam.says(SESSION, "GET/models") == "not allowed"
    assert iam.says(Key(ACCOUNT, "local", f"arn:aws:iam::{ACCOUNT}:root"), "GET/models") == "allowed"


def test_conditions_may_ask_who_it_is(iam: Iam) -> None:
    iam.user.policies["p"] = document("Allow", "GET/requests/${aws:username}/*")
    assert iam.says(ALICE, "GET/requests/alice/1") == "allowed"
    assert iam.says(ALICE, "GET/requests/bob/1") == "not allowed"
    own = {"Condition": {"ArnEquals": {"aws:PrincipalArn": ROLE}, "StringEquals": {"aws:PrincipalAccount": ACCOUNT}}}
    iam.user.policies["p"] = iam.role.policies["p"] = document("Allow", "*", **own)
    assert (iam.says(ALICE, "GET/models"), iam.says(SESSION, "GET/models")) == ("not allowed", "allowed")


def test_what_was_read_is_kept_until_something_changes(iam: Iam) -> None:
    assert iam.says(ALICE, "GET/models") == "not allowed"
    iam.user.policies["p"] = document("Allow", "*")
    assert iam.rights.decide(ALICE, "execute-api:Invoke", API + "GET/models") == "not allowed"
    assert iam.says(ALICE, "GET/models") == "allowed"


def test_each_reading_of_an_encoded_path_must_be_allowed(iam: Iam) -> None:
    iam.user.policies["p"] = document("Allow", "GET/models/*/card")
    for path, lets in (("models/a%2Fb/card", True), ("models/a%2Fcard", False), ("models/a/b%2Fcard", False)):
        iam.position += 1
        if lets:
            check_invoke(iam.rights, ALICE, API + "GET/", path)
        else:
            with pytest.raises(Refusal, match="User") as refused:
                check_invoke(iam.rights, ALICE, API + "GET/", path)
            assert refused.value.kind == "ACCESS_DENIED"


def test_a_refusal_names_who_and_what_in_api_gateways_words(iam: Iam) -> None:
    iam.user.policies["p"] = document("Deny", "*")
    with pytest.raises(Refusal) as refused:
        check_invoke(iam.rights, ALICE, API + "GET/", "audit")
    assert refused.value.message == (
        f"User: {ALICE.principal} is not authorized to perform: execute-api:Invoke on resource: "
        "arn:aws:execute-api:us-east-1:********9012:abcdefghij/local/GET/audit with an explicit deny"
    )


def test_a_policy_that_cannot_be_judged_is_a_loud_error(iam: Iam, capsys: pytest.CaptureFixture[str]) -> None:
    iam.user.policies["p"] = document("Allow", "*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    with pytest.raises(MisconfiguredError, match="IpAddress"):
        iam.says(ALICE, "GET/models")
    with pytest.raises(Refusal) as refused:
        check_invoke(iam.rights, ALICE, API + "GET/", "models")
    assert (refused.value.kind, refused.value.status) == ("AUTHORIZER_CONFIGURATION_ERROR", 500)
    assert "IpAddress" in capsys.readouterr().err


def test_a_session_has_keys_of_its_own_and_its_roles_name_without_a_path(iam: Iam) -> None:
    credentials, until = Credentials(ACCOUNT, cast(Moto, iam)), datetime.now(UTC) + timedelta(hours=1)
    role = f"arn:aws:iam::{ACCOUNT}:role/teams/blue/approver"
    one, two = (credentials.assume(role, "AROA", "alice", until) for _ in range(2))
    assert one.principal == f"arn:aws:sts::{ACCOUNT}:assumed-role/approver/alice"
    assert one.principal_id == "AROA:alice"
    assert len({one.id, two.id}) == len({one.secret, two.secret}) == len({one.token, two.token}) == 2
    assert credentials.find(one.id) == one
    assert credentials.find("ASIA0000000000000000") is None
