"""Who a caller is: one person stays one person, whatever session, role or spelling the request comes with."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from functions.domain.caller import PEOPLES_ROLES, Caller, caller_of, is_pipeline, person_named, person_of
from functions.domain.errors import InvalidRequestError

ACCOUNT = "123456789012"
NAMES = st.text(string.ascii_letters + string.digits, min_size=1, max_size=20)
SEPARATORS = st.text("._-,= ", max_size=2)
STAGES = st.sampled_from(("local", "dev", "prod2"))
FULL_WIDTH = str.maketrans({character: chr(ord(character) + 0xFEE0) for character in map(chr, range(0x21, 0x7F))})


def user(name: str, path: str = "/") -> str:
    return f"arn:aws:iam::{ACCOUNT}:user{path}{name}"


def session(role: str, name: str) -> str:
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"


@st.composite
def identities_of(draw: st.DrawFn, name: str) -> str:
    """An ARN that AWS may give to a person of that name, spelt as one likes."""
    spelt = draw(st.sampled_from((name, name.upper(), name.lower(), name.title(), name.translate(FULL_WIDTH))))
    cut = draw(st.integers(0, len(spelt)))
    spelt = f"{draw(SEPARATORS)}{spelt[:cut]}{draw(SEPARATORS)}{spelt[cut:]}"
    spelt += draw(st.sampled_from(("", "@example.com", "+2@example.com", "\uff20example.org")))
    role = f"trimtab-{draw(STAGES)}-{draw(st.sampled_from(PEOPLES_ROLES))}"
    return draw(
        st.sampled_from(
            (
                user(spelt),
                user(spelt, "/staff/europe/"),
                session(role, spelt),
                session("AWSReservedSSO_Approver_0123456789abcdef", spelt),
            )
        )
    )


@given(NAMES, st.data())
def test_one_person_with_two_sessions_roles_and_spellings_is_one_person(name: str, data: st.DataObject) -> None:
    first, second = (caller_of(data.draw(identities_of(name))) for _ in range(2))
    assert first.person == second.person == name.casefold()


@given(NAMES, NAMES, st.data())
def test_two_people_are_two(one: str, other: str, data: st.DataObject) -> None:
    assume(one.casefold() != other.casefold())
    assert caller_of(data.draw(identities_of(one))).person != caller_of(data.draw(identities_of(other))).person


@given(st.text(max_size=30))
def test_a_persons_spelling_is_its_own_spelling(name: str) -> None:
    person = person_of(name)
    assert person is None or person_of(person) == person


@pytest.mark.parametrize(
    "name",
    [
        "\uff21\uff2c\uff29\uff23\uff25",
        "\u24d0\u24db\u24d8\u24d2\u24d4",
        "\U0001d4b6\U0001d4c1\U0001d4be\U0001d4b8\u212f",
        "\u00aalice",
        "a\u00adlice",
        "a\u200blice",
        "Alice\uff20example.com",
    ],
)
def test_letters_that_unicode_takes_for_plain_ones_are_plain_ones(name: str) -> None:
    assert person_of(name) == "alice"


@pytest.mark.parametrize("name", ["\u0430lice", "alic\u0435", "\u03b1lice", "alice\u0661", "\u00e1lice"])
def test_letters_that_only_look_like_plain_ones_are_nobodys(name: str) -> None:
    assert person_of(name) is None


@pytest.mark.parametrize("name", ["", "@example.com", "+2@example.com", "...", "\u200b"])
def test_a_name_without_a_letter_is_nobodys(name: str) -> None:
    assert person_of(name) is None


@pytest.mark.parametrize(
    ("arn", "name", "person"),
    [
        (user("Alice"), "Alice", "alice"),
        (user("alice", "/staff/"), "alice", "alice"),
        (f"arn:aws:iam::{ACCOUNT}:root", "root", "root"),
        (f"arn:aws-cn:iam::{ACCOUNT}:user/alice", "alice", "alice"),
        (session("trimtab-prod-approver", "alice"), "trimtab-prod-approver/alice", "alice"),
    ],
)
def test_the_audit_says_the_name_that_aws_verified(arn: str, name: str, person: str) -> None:
    assert caller_of(arn) == Caller(arn, name, person)


@pytest.mark.parametrize(
    "arn",
    [
        session("admin", "alice"),  # who assumes it chooses the session's name
        session("trimtab-prod-platform-ManageRole12345-Ab", "alice"),
        session("trimtab-prod-model-flights-PredictRole1-Ab", "trimtab-prod-predict-flights"),
        session("trimtab-prod-approvers", "alice"),
        session("trimtab-prod-approver-flights", "alice"),
        session("trimtab-prod-client", "alice"),
        session("x-trimtab-prod-approver", "alice"),
        session("trimtab-prod-deployer", "alice"),
        session("notAWSReservedSSO_Approver_0123", "alice"),
        f"arn:aws:sts::{ACCOUNT}:federated-user/alice",
    ],
)
def test_whose_name_the_caller_may_choose_is_nobody(arn: str) -> None:
    caller = caller_of(arn)
    assert caller.person is None
    assert caller.name == arn.split(":", 5)[5].removeprefix("assumed-role/"), "the audit names it all the same"


@pytest.mark.parametrize(
    "arn", ["", "alice", "arn:aws:s3:::bucket", f"arn:aws:iam::{ACCOUNT}:", "arn:aws:iam::1:user/a"]
)
def test_what_is_no_identity_is_refused(arn: str) -> None:
    with pytest.raises(InvalidRequestError, match="no identity of IAM"):
        caller_of(arn)


def test_the_audits_name_of_a_caller_tells_the_same_person() -> None:
    for arn in (f"arn:aws:iam::{ACCOUNT}:user/team/Alice", session("trimtab-prod-approver", "alice"),
                session("AWSReservedSSO_Approver_0123", "alice@example.com"), session("admin", "alice")):  # fmt: skip
        caller = caller_of(arn)
        assert person_named(caller.name) == caller.person


@pytest.mark.parametrize(
    ("name", "is_it"),
    [
        ("trimtab-prod-deployer/GitHubActions", True),
        ("trimtab-prod-deployer", False),  # a user may be called so
        ("trimtab-prod-deployer-2/x", False),
        ("x-trimtab-prod-deployer/x", False),
        ("trimtab-prod-approver/alice", False),
    ],
)
def test_a_pipeline_is_a_session_of_its_own_role_alone(name: str, is_it: bool) -> None:
    assert is_pipeline(name) == is_it
