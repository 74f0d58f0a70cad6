"""No interleaving of calls lets one person pass the rule of two, or the author any.

Whom an identity belongs to is told by the table of the test, not by the code that is tested.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from functions.adapters.approval_registry import ApprovalRegistry
from functions.domain.approval import Mode
from functions.domain.audit import verify
from functions.domain.caller import caller_of
from functions.domain.errors import TrimtabError
from functions.domain.model_version import ModelVersion
from tests.contract.approving import IDENTITIES, MADE, MODEL, approvals_in, at_once
from tests.contract.fake_table import FakeTable

NEEDED = {"one": 1, "two": 2}
ARNS = st.sampled_from(sorted(IDENTITIES))
CALLS = st.integers(0, 9)
Wish = tuple[str, str]  # what somebody wants, and with which identity


class Interrupted:
    """A store at whose call of a number something else happens first."""

    def __init__(self, table: FakeTable, at: int, other: Any) -> None:
        self._table, self._left, self._other = table, at, other

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._table, name)

        def call(*args: Any) -> Any:
            self._left -= 1
            if self._left == -1:
                self._other()
            return method(*args)

        return call


class Approvals(RuleBasedStateMachine):
    mode: Mode = "two"

    def __init__(self) -> None:
        super().__init__()
        self.table = FakeTable()
        approvals_in(self.table, self.mode, expires_s=86_400)
        self.now = datetime.fromisoformat(MADE)
        self.said_yes: set[str | None] = set()  # who in truth, since the evidence is what it is
        self.granted: set[str | None] | None = None  # who they were when it was approved
        self.rejected = False

    def version(self) -> ModelVersion:
        stored = self.table.read_all(f"MODEL#{MODEL}", "VERSION#")
        return ModelVersion.from_document(stored[0].document)

    def does(self, wish: Wish, store: Any) -> None:
        """One call, and what came of it in truth."""
        what, arn = wish
        approvals, when = ApprovalRegistry(store, at_once), self.now.isoformat()
        with suppress(TrimtabError):
            if what == "approve":
                approvals.approve(MODEL, 1, caller_of(arn), "", when)
                self.said_yes.add(IDENTITIES[arn])
            elif what == "reject":
                approvals.reject(MODEL, 1, caller_of(arn), "worse", when)
                self.rejected = True
            elif what == "register":
                approvals.approve_at_once(MODEL, 1, "ann", when)
            else:
                before = self.version().evidence_at
                renewed = approvals.propose_again(MODEL, 1, "ann", when, when)
                if renewed.evidence_at != before:
                    self.said_yes.clear()

    @rule(arn=ARNS)
    def somebody_approves(self, arn: str) -> None:
        self.does(("approve", arn), self.table)

    @rule(arn=ARNS, other=st.tuples(st.sampled_from(("approve", "approve", "register", "reject")), ARNS), at=CALLS)
    def somebody_approves_while_another_call_comes_in(self, arn: str, other: Wish, at: int) -> None:
        self.does(("approve", arn), Interrupted(self.table, at, lambda: self.does(other, self.table)))

    @rule()
    def the_author_registers_it_again(self) -> None:
        self.does(("propose", ""), self.table)
        self.does(("register", ""), self.table)

    @rule(hours=st.sampled_from((1, 20, 30)))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def nothing_is_approved_without_enough_other_people(self) -> None:
        version = self.version()
        if version.state == "approved" and self.granted is None:
            self.granted = set(self.said_yes)
            assert len(self.granted - {None, "ann"}) >= NEEDED[self.mode], (self.granted, version.approvals)

    @invariant()
    def no_word_is_lost(self) -> None:
        version = self.version()
        if version.state == "registered":
            assert {approval.person for approval in version.approvals} == self.said_yes
        assert version.state == "rejected" or not self.rejected

    @invariant()
    def the_candidate_is_an_approved_version(self) -> None:
        record = self.table.read_all("MODELS")[0].document
        assert (record["candidate"] == 1) == (self.version().state == "approved")

    @invariant()
    def the_audit_chain_is_whole(self) -> None:
        assert verify(self.table.entries(), self.table.head()) == []


class OfOne(Approvals):
    mode: Mode = "one"


@pytest.mark.parametrize("machine", [Approvals, OfOne])
def test_no_interleaving_passes_the_rule(machine: type[Approvals]) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=150, stateful_step_count=20))


def test_one_person_with_all_identities_at_once_is_one_approval() -> None:
    table = FakeTable()
    approvals_in(table, "two")

    def approve(arn: str) -> None:
        with suppress(TrimtabError):
            ApprovalRegistry(table, at_once).approve(MODEL, 1, caller_of(arn), "", MADE)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(approve, [arn for arn, person in IDENTITIES.items() if person in ("ann", "bob", None)] * 4))
    stored = table.read_all(f"MODEL#{MODEL}", "VERSION#")[0].document
    assert stored["state"] == "registered"
    assert [approval["person"] for approval in stored["approvals"]] == ["bob"]
    approve("arn:aws:iam::123456789012:user/carol")
    assert table.read_all(f"MODEL#{MODEL}", "VERSION#")[0].document["state"] == "approved"
