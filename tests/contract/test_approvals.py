"""Approvals in the registry: what each call changes, whom it refuses, and what the audit chain says; fake and moto."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.adapters.approval_registry import LONGEST, ApprovalRegistry
from functions.adapters.registry import Registry
from functions.adapters.registry_store import Store, config_key, version_key
from functions.domain.audit import verify
from functions.domain.caller import caller_of
from functions.domain.errors import AccessDeniedError, ConflictError, InvalidRequestError, NotFoundError
from tests.contract.approving import MADE, MODEL, approvals_in, at_once, who
from tests.contract.fake_table import FakeTable
from tests.functions.roll_out.trained import trained

LATER, MUCH_LATER = "2013-03-02T00:00:00.500Z", "2013-04-02T00:00:00Z"


def state(store: Store) -> tuple[str, int | None]:
    registry = Registry(store)
    return registry.version(MODEL, 1).state, registry.model(MODEL).candidate


def acts(store: Store) -> list[tuple[str, dict[str, Any]]]:
    """Actions and details since the version was registered."""
    read = [json.loads(entry.body) for entry in store.entries()]
    return [(entry["action"], entry["details"]) for entry in read][2:]


def test_in_mode_auto_a_version_is_approved_at_once_and_is_the_candidate(store: Store) -> None:
    approvals = approvals_in(store, "auto")
    assert approvals.approve_at_once(MODEL, 1, "gate", MADE, {"execution": "e-1"}).state == "approved"
    assert state(store) == ("approved", 1)
    assert acts(store) == [("version.approved", {"execution": "e-1", "version": 1})]
    approvals.approve_at_once(MODEL, 1, "gate", MADE)
    assert len(acts(store)) == 1, "what is so already is not written again"


@pytest.mark.parametrize("mode", ["one", "two"])
def test_in_the_other_modes_nothing_is_approved_without_people(store: Store, mode: Any) -> None:
    approvals = approvals_in(store, mode)
    assert approvals.approve_at_once(MODEL, 1, "gate", MADE).state == "registered"
    assert (state(store), acts(store)) == (("registered", None), [])


def test_the_one_approval_that_is_needed_approves_and_is_told_with_its_comment(store: Store) -> None:
    approved = approvals_in(store, "one").approve(MODEL, 1, who("Bob"), "better on Mondays", LATER)
    assert [(one.by, one.person, one.comment) for one in approved.approvals] == [("Bob", "bob", "better on Mondays")]
    assert state(store) == ("approved", 1)
    given, granted = acts(store)
    assert given == (
        "version.approval_given",
        {"version": 1, "comment": "better on Mondays", "person": "bob", "missing": 0},
    )
    assert granted[0] == "version.approved"
    assert [one["person"] for one in granted[1]["approvals"]] == ["bob"]


def test_of_two_the_second_approves(store: Store) -> None:
    approvals = approvals_in(store, "two")
    assert approvals.approve(MODEL, 1, who("bob"), "", LATER).state == "registered"
    assert state(store) == ("registered", None)
    assert approvals.approve(MODEL, 1, who("carol"), "", LATER).state == "approved"
    assert state(store) == ("approved", 1)
    assert [action for action, _ in acts(store)] == [
        "version.approval_given",
        "version.approval_given",
        "version.approved",
    ]
    assert approvals.approve(MODEL, 1, who("dan"), "", LATER).state == "approved", "nothing is missing any more"
    assert len(acts(store)) == 3
    assert verify(store.entries(), store.head()) == []


def test_where_fewer_are_asked_meanwhile_those_who_said_yes_are_enough(store: Store) -> None:
    approvals = approvals_in(store, "two")
    approvals.approve(MODEL, 1, who("bob"), "", LATER)
    approvals_in(store, "one")
    assert approvals.approve_at_once(MODEL, 1, "ann", LATER).state == "approved"
    assert state(store) == ("approved", 1)


def test_who_said_yes_before_may_say_so_again_where_fewer_are_asked_meanwhile(store: Store) -> None:
    approvals = approvals_in(store, "two")
    approvals.approve(MODEL, 1, who("bob"), "", LATER)
    approvals_in(store, "one")
    assert approvals.approve(MODEL, 1, who("bob"), "", LATER).state == "approved"


def test_what_people_approved_stays_approved_however_old_its_evidence_gets(store: Store) -> None:
    approvals = approvals_in(store, "one")
    approvals.approve(MODEL, 1, who("bob"), "", LATER)
    before = store.head()
    assert approvals.propose_again(MODEL, 1, "ann", MUCH_LATER, MUCH_LATER).approvals
    assert approvals.approve_at_once(MODEL, 1, "ann", MUCH_LATER).state == "approved"
    assert approvals.approve(MODEL, 1, who("carol"), "", MUCH_LATER).state == "approved"
    assert store.head() == before


@pytest.mark.parametrize(
    ("arn", "error", "words"),
    [
        ("arn:aws:iam::123456789012:user/ann", AccessDeniedError, "ann made version 1 of flights"),
        ("arn:aws:iam::123456789012:user/Ann@example.com", AccessDeniedError, "made version 1 of flights"),
        ("arn:aws:sts::123456789012:assumed-role/admin/dan", AccessDeniedError, "no identity of one person"),
        ("arn:aws:iam::123456789012:user/BOB", ConflictError, "approved version 1 of flights before"),
    ],
)
def test_who_does_not_count_is_refused_and_nothing_is_written(
    store: Store, arn: str, error: type[Exception], words: str
) -> None:
    approvals = approvals_in(store, "two")
    approvals.approve(MODEL, 1, who("bob"), "", LATER)
    before = store.head()
    with pytest.raises(error, match=words):
        approvals.approve(MODEL, 1, caller_of(arn), "", LATER)
    assert (store.head(), state(store)) == (before, ("registered", None))


def test_what_is_too_old_is_not_approved_until_it_is_proposed_again_and_approvals_start_anew(store: Store) -> None:
    approvals = approvals_in(store, "two")
    approvals.approve(MODEL, 1, who("bob"), "", LATER)
    assert approvals.propose_again(MODEL, 1, "ann", LATER, LATER).approvals, "it is not too old yet"
    with pytest.raises(ConflictError, match="its evidence is of 2013-03-01T00:00:00Z"):
        approvals.approve(MODEL, 1, who("carol"), "", MUCH_LATER)
    renewed = approvals.propose_again(MODEL, 1, "ann", MUCH_LATER, MUCH_LATER)
    assert (renewed.approvals, renewed.evidence_at) == ((), MUCH_LATER)
    assert acts(store)[-1] == ("version.proposed", {"version": 1, "evidence_at": MUCH_LATER})
    assert approvals.approve(MODEL, 1, who("carol"), "", MUCH_LATER).state == "registered"
    assert approvals.approve(MODEL, 1, who("bob"), "", MUCH_LATER).state == "approved"


def test_a_version_that_was_rejected_stays_so(store: Store) -> None:
    approvals = approvals_in(store, "one")
    with pytest.raises(InvalidRequestError, match="say why"):
        approvals.reject(MODEL, 1, who("bob"), " ", LATER)
    assert approvals.reject(MODEL, 1, who("bob"), "worse", LATER).reason == "worse"
    assert acts(store) == [("version.rejected", {"version": 1, "comment": "worse"})]
    calls: list[Callable[[], object]] = [
        lambda: approvals.approve(MODEL, 1, who("carol"), "", LATER),
        lambda: approvals.approve_at_once(MODEL, 1, "gate", LATER),
        lambda: approvals.reject(MODEL, 1, who("carol"), "worse", LATER),
    ]
    for refused in calls:
        with pytest.raises(ConflictError, match="is rejected"):
            refused()
    assert state(store) == ("rejected", None)


def test_an_approved_version_is_not_rejected(store: Store) -> None:
    approvals = approvals_in(store, "one")
    approvals.approve(MODEL, 1, who("bob"), "", LATER)
    with pytest.raises(ConflictError, match="is approved: it cannot become rejected"):
        approvals.reject(MODEL, 1, who("carol"), "worse", LATER)


def test_who_has_seen_an_older_revision_changes_nothing(store: Store) -> None:
    approvals = approvals_in(store, "two")
    approvals.approve(MODEL, 1, who("bob"), "", LATER, revision=1)
    stored = store.read(version_key(MODEL, 1))
    assert stored is not None
    assert stored.revision == 2
    calls: list[Callable[[], object]] = [
        lambda: approvals.approve(MODEL, 1, who("carol"), "", LATER, revision=1),
        lambda: approvals.reject(MODEL, 1, who("carol"), "worse", LATER, revision=1),
    ]
    for stale in calls:
        with pytest.raises(ConflictError, match="is of revision 2 by now, not of 1: read it again"):
            stale()
    assert approvals.approve(MODEL, 1, who("carol"), "", LATER, revision=2).state == "approved"


def test_what_is_not_there_is_named(store: Store) -> None:
    approvals = approvals_in(store, "one")
    with pytest.raises(NotFoundError, match="VERSION#00000002"):
        approvals.approve(MODEL, 2, who("bob"), "", LATER)
    Registry(store, at_once).register(trained(1, model="loans"), "ann", MADE)
    with pytest.raises(NotFoundError, match="no settings of loans: deploy the model's stack"):
        approvals.approve("loans", 1, who("bob"), "", LATER)
    with pytest.raises(InvalidRequestError, match="at most 2,000 characters"):
        approvals.approve(MODEL, 1, who("bob"), "x" * (LONGEST + 1), LATER)


def test_settings_from_before_approvals_ask_nobody(store: Store) -> None:
    approvals = approvals_in(store, "two")
    stored = store.read(config_key(MODEL))
    assert stored is not None
    old = {key: value for key, value in stored.document.items() if key != "approval"} | {"v": 2}
    table = FakeTable()
    table.items[config_key(MODEL)] = type(stored)(stored.key, 1, old)
    assert ApprovalRegistry(table).policy(MODEL).mode == "auto"
    assert approvals.policy(MODEL).mode == "two"
