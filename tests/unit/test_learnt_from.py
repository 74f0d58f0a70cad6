"""What a lineage names to be trained anew from, and why a version may name nothing."""

from typing import Any

import pytest

from functions.domain.errors import ConflictError, CorruptArtifactError
from functions.domain.learnt_from import LearntFrom, learnt_from

SNAPSHOT, ARCHIVE = "a" * 64, "b" * 64


def test_a_lineage_names_its_snapshot_and_its_code() -> None:
    lineage = {"v": 1, "data": {"sha256": "c" * 64, "snapshot": SNAPSHOT}, "code": {"files": {}, "archive": ARCHIVE}}
    assert learnt_from(lineage, "flights", 3) == LearntFrom(SNAPSHOT, ARCHIVE)


@pytest.mark.parametrize(
    ("lineage", "said"),
    [
        ({"data": None, "code": {"archive": ARCHIVE}}, "flights version 3 came ready-made"),
        ({"data": {"sha256": "c" * 64}, "code": {"archive": ARCHIVE}}, "before snapshots were kept: train and deploy"),
        ({"data": {"snapshot": SNAPSHOT}, "code": {"files": {}}}, "before snapshots were kept"),
        ({"data": {"snapshot": SNAPSHOT}}, "before snapshots were kept"),
    ],
)
def test_a_version_that_nothing_was_kept_of_says_why(lineage: dict[str, Any], said: str) -> None:
    with pytest.raises(ConflictError, match=said):
        learnt_from(lineage, "flights", 3)


@pytest.mark.parametrize("odd", ["x/../../model=tides/" + SNAPSHOT, SNAPSHOT + "\n", SNAPSHOT.upper(), 7])
@pytest.mark.parametrize("part", ["snapshot", "archive"])
def test_what_is_no_digest_leads_to_no_file(odd: Any, part: str) -> None:
    named = {"snapshot": SNAPSHOT, "archive": ARCHIVE, part: odd}
    lineage = {"data": {"snapshot": named["snapshot"]}, "code": {"archive": named["archive"]}}
    with pytest.raises(CorruptArtifactError, match=r"lineage\.json of flights version 3 names .* no SHA-256"):
        learnt_from(lineage, "flights", 3)


@pytest.mark.parametrize("lineage", [{"data": [1]}, {"data": "x"}, {"data": {"snapshot": SNAPSHOT}, "code": [ARCHIVE]}])
def test_a_lineage_of_another_shape_is_corrupt(lineage: dict[str, Any]) -> None:
    with pytest.raises(CorruptArtifactError, match="is not well-formed"):
        learnt_from(lineage, "flights", 3)
