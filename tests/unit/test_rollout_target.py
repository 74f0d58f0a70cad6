"""What shall be live and is not, and what a rollout under way ends for."""

from dataclasses import replace

import pytest

from functions.domain.model_version import ModelRecord
from functions.domain.release import Release
from functions.domain.rollout import begun
from functions.domain.rollout_target import Target, superseded_by, target

OLD = Release("flights", 2, 1, "a", "arn", "t", "tested", None, "2013-03-01")
LIVE = Release("flights", 3, 2, "a", "arn", "t", "tested", None, "2013-03-02")
RECORD = ModelRecord("flights", 3, 3, 3, candidate=2, code="a", rollouts=2)


@pytest.mark.parametrize(
    ("changes", "code", "wanted"),
    [
        ({}, "a", None),
        ({"candidate": None, "code": None}, "a", None),
        ({"candidate": 3}, "a", Target(3, "a", "gate", None)),
        ({"candidate": 1}, "a", Target(1, "a", "gate", OLD)),
        ({}, "b", Target(2, "b", "code", None)),
        ({"candidate": 3}, "b", Target(3, "b", "gate", None)),
        ({"code": "b"}, "b", None),  # it was taken up once, and is not live: it has gone back
        ({"code": "b"}, "a", None),  # the code is again what is live
        ({"live": None, "desired": None}, "a", Target(2, "a", "gate", LIVE)),
        ({"live": None, "desired": None, "candidate": None}, "a", None),
    ],
)
def test_a_version_that_shall_be_live_or_code_that_is_new(
    changes: dict[str, object], code: str, wanted: Target | None
) -> None:
    assert target(replace(RECORD, **changes), [OLD, LIVE], code) == wanted  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("release", "words"),
    [
        (replace(OLD, barred="errors"), "release 2 is barred: errors"),
        (replace(OLD, state="failed", reason="row 1"), "release 2 failed its smoke test: row 1"),
        (OLD, None),
        (None, None),
    ],
)
def test_what_is_barred_or_failed_does_not_go_live_by_itself(release: Release | None, words: str | None) -> None:
    assert Target(1, "a", "gate", release).stands_still == words


CANARY = Release("flights", 4, 3, "a", "arn", "t", "tested")
ROLLOUT = begun("flights", 3, 4, 3, 3, "gate", "ann", "2013-03-03T00:00:00Z", (0.1,), "so")


@pytest.mark.parametrize(
    ("candidate", "code", "wanted", "why"),
    [
        (3, "a", None, None),
        (4, "a", Target(4, "a", "gate", None), "version 4 shall be live"),
        (2, "a", None, "version 2 shall be live"),
        (3, "b", Target(3, "b", "gate", None), "the function has newer code (b)"),
        (3, "b", Target(3, "b", "gate", replace(OLD, barred="errors")), None),
        (4, "a", Target(4, "a", "gate", replace(OLD, barred="errors")), None),
        (None, "a", None, None),
    ],
)
def test_a_rollout_ends_for_something_newer_that_may_go_live(
    candidate: int | None, code: str, wanted: Target | None, why: str | None
) -> None:
    record = replace(RECORD, candidate=candidate, rollout=3)
    assert superseded_by(ROLLOUT, CANARY, record, code, wanted) == why
