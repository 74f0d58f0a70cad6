"""Model versions, models and releases: their states, and their documents."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.errors import ConflictError, CorruptArtifactError
from functions.domain.model_version import ModelRecord, ModelVersion, VersionState
from functions.domain.release import Release, ReleaseState
from functions.domain.release_lease import Lease

VERSION = ModelVersion("flights", 3, "a" * 64, "b" * 64, "c" * 64, "2013-03-01T00:00:00Z", "ann")
RELEASE = Release("flights", 7, 3, "d" * 64, "arn:layer:1", "2013-03-01T00:00:00Z")
STATES: list[VersionState] = ["registered", "rejected", "approved", "retired"]
ALLOWED = {("registered", "approved"), ("registered", "rejected"), ("approved", "retired")}


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
def test_a_version_that_was_rejected_or_retired_stays_so(moves: list[VersionState]) -> None:
    version, seen = VERSION, ["registered"]
    for state in moves:
        try:
            version = version.moved_to(state)
        except ConflictError:
            continue
        seen.append(state)
    assert seen in (
        ["registered"],
        ["registered", "rejected"],
        ["registered", "approved"],
        ["registered", "approved", "retired"],
    )


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
    with pytest.raises(CorruptArtifactError, match="schema version 2"):
        type(thing).from_document(thing.to_document() | {"v": 2})


@pytest.mark.parametrize("thing", [VERSION, RELEASE])
def test_a_document_in_an_unknown_state_is_refused(thing: ModelVersion | Release) -> None:
    with pytest.raises(CorruptArtifactError, match="unknown state 'golden'"):
        type(thing).from_document(thing.to_document() | {"state": "golden"})
