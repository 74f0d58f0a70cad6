"""Model versions, models and releases: their states, and their documents."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.approval import Approval, ApprovalConfig
from functions.domain.errors import ConflictError, CorruptArtifactError
from functions.domain.model_version import ModelRecord, ModelVersion, VersionState
from functions.domain.release import Release, ReleaseState
from functions.domain.release_lease import Lease

VERSION = ModelVersion("flights", 3, "a" * 64, "b" * 64, "c" * 64, "2013-03-01T00:00:00Z", "ann")
RELEASE = Release("flights", 7, 3, "d" * 64, "arn:layer:1", "2013-03-01T00:00:00Z")
STATES: list[VersionState] = ["registered", "rejected", "approved", "retired"]
ALLOWED = {
    ("registered", "approved"),
    ("registered", "rejected"),
    ("approved", "retired"),
    ("retired", "approved"),  # its releases were pruned, and a person deploys it again
}


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_a_version_moves_only_along_its_states(before: VersionState, after: VersionState) -> None:
    version = replace(VERSION, state=before)
    if (before, after) in ALLOWED:
        assert version.moved_to(after, "because") == replace(VERSION, state=after, reason="because")
    else:
        with pytest.raises(ConflictError, match=f"version 3 is {before}: it cannot become {after}"):
            version.moved_to(after)


@given(st.lists(st.sampled_from(STATES), max_size=8))
def test_a_version_that_was_rejected_stays_so_and_none_is_registered_again(moves: list[VersionState]) -> None:
    version, seen = VERSION, ["registered"]
    for state in moves:
        try:
            version = version.moved_to(state)
        except ConflictError:
            continue
        seen.append(state)
    assert "rejected" not in seen[:-1]
    assert "registered" not in seen[1:]


def test_a_refusal_says_why_the_version_is_in_its_state() -> None:
    with pytest.raises(ConflictError, match=r"is rejected \(worse\)"):
        VERSION.moved_to("rejected", "worse").moved_to("approved")


@pytest.mark.parametrize("state", ["published", "failed"])
def test_a_release_that_is_not_tested_cannot_go_live(state: ReleaseState) -> None:
    with pytest.raises(ConflictError, match=f"release 7 is {state}, not tested"):
        replace(RELEASE, state=state).gone_live("2013-03-02T00:00:00Z")


def test_a_release_never_goes_back_to_untested() -> None:
    with pytest.raises(ConflictError, match="cannot become published"):
        RELEASE.moved_to("tested").moved_to("published")


def test_a_failed_release_may_pass_later() -> None:
    assert RELEASE.moved_to("failed", "row 1").moved_to("tested").reason is None


@pytest.mark.parametrize(
    "thing", [VERSION, RELEASE, ModelRecord("flights", 3, 7, 6), Lease("flights", "r", "ann", "t")]
)
def test_documents_read_back_as_they_were_written(thing: ModelVersion | Release | ModelRecord | Lease) -> None:
    assert type(thing).from_document(thing.to_document()) == thing


@pytest.mark.parametrize("thing", [VERSION, RELEASE, ModelRecord("flights"), Lease("flights", "r", "ann", "t")])
def test_a_document_of_another_schema_version_is_refused(thing: ModelVersion | Release | ModelRecord | Lease) -> None:
    with pytest.raises(CorruptArtifactError, match="schema version 9"):
        type(thing).from_document(thing.to_document() | {"v": 9})


@pytest.mark.parametrize("thing", [VERSION, RELEASE])
def test_a_document_in_an_unknown_state_is_refused(thing: ModelVersion | Release) -> None:
    with pytest.raises(CorruptArtifactError, match="unknown state 'golden'"):
        type(thing).from_document(thing.to_document() | {"state": "golden"})


def test_a_version_of_schema_version_1_reads_as_one_that_its_author_may_not_approve() -> None:
    new = ("author_person", "evidence_at", "approvals")
    written = {key: value for key, value in VERSION.to_document().items() if key not in new}
    read = ModelVersion.from_document(written | {"v": 1})
    assert read == replace(VERSION, author_person="ann")
    assert read.proposal.evidence_at == VERSION.registered_at


def test_a_versions_approvals_are_kept_until_it_is_retired() -> None:
    given = replace(VERSION, approvals=(Approval("Bob", "bob", "2013-03-02T00:00:00Z", "looks good"),))
    assert ModelVersion.from_document(json.loads(json.dumps(given.to_document()))) == given
    approved = given.moved_to("approved")
    assert approved.approvals == given.approvals
    assert approved.moved_to("retired").approvals == (), "who wants it back must say so again"


def test_newer_evidence_counts_where_the_old_is_too_old_and_starts_anew() -> None:
    given = replace(VERSION, approvals=(Approval("Bob", "bob", "2013-03-02T00:00:00Z"),))
    config, newer = ApprovalConfig("one", 86_400), "2013-03-02T12:00:00Z"
    assert given.renewed(newer, config, datetime(2013, 3, 1, 12, tzinfo=UTC)) is given
    assert given.renewed(newer, ApprovalConfig("auto", 1), datetime(2013, 4, 1, tzinfo=UTC)) is given
    renewed = given.renewed(newer, config, datetime(2013, 3, 2, 12, tzinfo=UTC))
    assert renewed == replace(VERSION, evidence_at=newer)


def test_a_model_of_schema_version_1_reads_as_one_without_rollouts() -> None:
    record = ModelRecord.from_document({"v": 1, "model": "flights", "versions": 3, "desired": 7, "live": 6})
    assert record == ModelRecord("flights", 3, 7, 6)
    assert (str(record.wanted), str(record.confirmed)) == ("release 7", "release 6")
    assert (record.candidate, record.rollout) == (None, None)


def test_a_release_of_schema_version_1_reads_as_one_that_is_not_barred() -> None:
    written = {key: value for key, value in RELEASE.to_document().items() if key not in ("barred", "pruned_at")}
    assert Release.from_document(written | {"v": 1}) == RELEASE


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({}, True),
        ({"state": "failed"}, False),
        ({"live_at": None}, False),
        ({"barred": "errors"}, False),
        ({"pruned_at": "2013-04-01T00:00:00Z"}, False),
    ],
)
def test_live_goes_back_only_to_a_release_that_did_well_and_is_there(changes: dict[str, Any], good: bool) -> None:
    was_live = replace(RELEASE, state="tested", live_at="2013-03-02T00:00:00Z")
    assert replace(was_live, **changes).good is good
