"""Whose approvals count, how many are missing, and until when."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.approval import Approval, ApprovalConfig, Mode, Proposal
from functions.domain.caller import Caller, caller_of
from functions.domain.errors import AccessDeniedError, ConflictError

MADE = datetime(2013, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
AUTO, ONE, TWO = (ApprovalConfig(mode) for mode in ("auto", "one", "two"))


def user(name: str) -> Caller:
    return caller_of(f"arn:aws:iam::123456789012:user/{name}")


def proposal(*people: str | None, author: str | None = "ann") -> Proposal:
    given = tuple(Approval(person or "role/x", person, MADE.isoformat()) for person in people)
    return Proposal("version 2 of flights", author, MADE.isoformat(), given)


@pytest.mark.parametrize(
    ("config", "people", "missing"),
    [
        (AUTO, (), 0),
        (ONE, (), 1),
        (ONE, ("bob",), 0),
        (ONE, ("ann",), 1),
        (ONE, (None,), 1),
        (TWO, (), 2),
        (TWO, ("bob",), 1),
        (TWO, ("bob", "bob"), 1),
        (TWO, ("bob", "ann"), 1),
        (TWO, ("bob", None, None), 1),
        (TWO, ("bob", "carol"), 0),
        (TWO, ("bob", "carol", "dan"), 0),
    ],
)
def test_each_person_counts_once_and_the_author_never(
    config: ApprovalConfig, people: tuple[str | None, ...], missing: int
) -> None:
    assert proposal(*people).missing(config, MADE + DAY) == missing


@given(
    st.lists(st.sampled_from(("ann", "bob", "carol", None)), max_size=8),
    st.sampled_from(("ann", "bob", None)),
    st.sampled_from(("one", "two")),
    st.integers(0, 60),
)
def test_nothing_is_granted_without_enough_other_people_and_fresh_evidence(
    people: list[str | None], author: str | None, mode: Mode, days: int
) -> None:
    config, now = ApprovalConfig(mode), MADE + days * DAY
    others = {person for person in people if person is not None} - {author}
    granted = proposal(*people, author=author).missing(config, now) == 0
    assert granted == (days <= 30 and len(others) >= config.needed)


@pytest.mark.parametrize(("seconds", "expired"), [(0, False), (1, True)])
def test_evidence_expires_after_its_time(seconds: int, expired: bool) -> None:
    now = MADE + 30 * DAY + timedelta(seconds=seconds)
    given = proposal("bob", "carol")
    assert given.expired(TWO, now) is expired
    assert given.missing(TWO, now) == (2 if expired else 0)
    assert not given.expired(AUTO, now), "nobody is asked"


def test_it_says_what_it_waits_for() -> None:
    now = MADE + DAY
    assert proposal().waits_for(AUTO, now) is None
    assert proposal("bob", "carol").waits_for(TWO, now) is None
    assert proposal().waits_for(ONE, now) == (
        "version 2 of flights waits until one person approved it; its author may not"
    )
    assert "waits until two people approved it" in str(proposal().waits_for(TWO, now))
    assert "waits until one more person approved it (bob did)" in str(proposal("bob").waits_for(TWO, now))
    assert "its evidence is of 2013-03-01" in str(proposal("bob", "carol").waits_for(TWO, MADE + 31 * DAY))


@pytest.mark.parametrize("spelling", ["ann", "ANN", "Ann@example.com", "a.n.n", "staff/ann"])
def test_an_author_by_any_spelling_is_refused(spelling: str) -> None:
    with pytest.raises(AccessDeniedError, match="made version 2 of flights: somebody else must approve it"):
        proposal().check(user(spelling), ONE, MADE)


def test_who_is_no_known_person_is_refused() -> None:
    nobody = caller_of("arn:aws:sts::123456789012:assumed-role/admin/bob")
    with pytest.raises(AccessDeniedError, match="admin/bob is no identity of one person"):
        proposal().check(nobody, ONE, MADE)
    proposal().check(nobody, AUTO, MADE)


def test_a_person_who_approved_before_is_told_who_is_missing() -> None:
    with pytest.raises(ConflictError, match=r"Bob@example.com approved .* before: .* one more person"):
        proposal("bob").check(user("Bob@example.com"), TWO, MADE)


def test_old_evidence_is_not_approved() -> None:
    with pytest.raises(ConflictError, match=r"cannot be approved: its evidence is of 2013-03-01.*expires is 30d"):
        proposal().check(user("bob"), ONE, MADE + 31 * DAY)
    proposal().check(user("bob"), ONE, MADE + 29 * DAY)
