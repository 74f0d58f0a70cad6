"""Trainings in the registry: one execution a model at a time, and whatever is written twice is written once."""

import json
from dataclasses import replace

import pytest

from functions.adapters.registry_store import Store
from functions.adapters.training_registry import DIED, TrainingRegistry
from functions.domain.audit import verify
from functions.domain.errors import ConflictError, InvalidRequestError, LeaseHeldError, NotFoundError
from functions.domain.quarantine_release import QuarantineRelease
from functions.domain.training import Training

MODEL, NOW, LATER = "flights", "2013-03-08T00:00:00Z", "2013-03-08T00:10:00Z"
FIRST = Training(MODEL, "run-1", "verdict", "rule", NOW)
SECOND = Training(MODEL, "run-2", "person", "ann", LATER)


@pytest.fixture
def registry(store: Store) -> TrainingRegistry:
    return TrainingRegistry(store)


def runs(model: str, execution: str) -> bool:
    return True


def has_died(model: str, execution: str) -> bool:
    return False


def acts(store: Store) -> list[str]:
    assert verify(store.entries(), store.head()) == []
    return [json.loads(entry.body)["action"] for entry in store.entries()]


def test_a_training_is_begun_told_of_and_ended(store: Store, registry: TrainingRegistry) -> None:
    assert registry.begin(FIRST, runs) == FIRST
    assert registry.running(MODEL) == FIRST
    further = replace(FIRST, step="retrain", snapshot="training/…", fit_rows=900, holdout_rows=100)
    registry.update(further, NOW)
    assert registry.of_execution(MODEL, "run-1") == further
    ended = registry.end(further, "refused", ("worse",), LATER)
    assert (ended.state, ended.reasons, ended.ended_at) == ("refused", ("worse",), LATER)
    assert registry.running(MODEL) is None
    assert registry.of_execution(MODEL, "run-1") == ended
    assert registry.trainings(MODEL, 5) == [ended]
    assert acts(store) == ["training.started", "training.advanced", "training.ended"]


def test_what_is_done_twice_is_done_once(store: Store, registry: TrainingRegistry) -> None:
    registry.begin(FIRST, runs)
    registry.begin(FIRST, runs)
    registry.update(FIRST, NOW)
    first = registry.end(FIRST, "passed", (), LATER)
    assert registry.end(FIRST, "passed", ("another text",), LATER) == first
    assert registry.begin(FIRST, runs) == first
    assert acts(store) == ["training.started", "training.ended"]


def test_one_execution_trains_a_model_at_a_time(registry: TrainingRegistry) -> None:
    registry.begin(FIRST, runs)
    with pytest.raises(LeaseHeldError, match=f"execution run-1 trains flights since {NOW}"):
        registry.begin(SECOND, runs)
    other = replace(SECOND, model="loans")
    assert registry.begin(other, runs) == other


def test_an_execution_that_died_unseen_is_taken_over_from(store: Store, registry: TrainingRegistry) -> None:
    registry.begin(FIRST, runs)
    assert registry.begin(SECOND, has_died) == SECOND
    dead = registry.of_execution(MODEL, "run-1")
    assert (dead.state, dead.reasons) == ("failed", (DIED,))
    with pytest.raises(ConflictError, match="was ended meanwhile"):
        registry.update(replace(FIRST, step="gate"), LATER)
    with pytest.raises(ConflictError, match="is failed: it cannot become passed"):
        registry.end(FIRST, "passed", (), LATER)
    assert registry.running(MODEL) == SECOND
    assert acts(store) == ["training.started", "training.ended", "training.started"]


def test_a_skipped_training_takes_no_lock(store: Store, registry: TrainingRegistry) -> None:
    registry.begin(FIRST, runs)
    skipped = registry.skip(SECOND, ("run-1 is at work",))
    registry.skip(SECOND, ("run-1 is at work",))
    assert registry.trainings(MODEL, 5) == [FIRST, skipped]
    assert registry.running(MODEL) == FIRST
    assert acts(store) == ["training.started", "training.ended"]


def test_what_never_began_is_not_found(registry: TrainingRegistry) -> None:
    for ask in (lambda: registry.update(FIRST, NOW), lambda: registry.end(FIRST, "failed", (), LATER)):
        with pytest.raises(NotFoundError, match="never began"):
            ask()
    with pytest.raises(NotFoundError, match="no training of flights by execution run-9"):
        registry.of_execution(MODEL, "run-9")


def test_rows_are_released_once_with_a_reason(store: Store, registry: TrainingRegistry) -> None:
    one = QuarantineRelease(MODEL, "it was us", "ann", NOW, id="abc-0")
    sender = QuarantineRelease(MODEL, "a new depot", "ann", NOW, sender="depot", start=NOW)
    assert [registry.release(one), registry.release(sender), registry.release(one)] == [True, True, False]
    assert sorted(registry.released(MODEL), key=lambda found: found.sender or "") == [one, sender]
    assert registry.released("loans") == []
    assert acts(store) == ["quarantine.released"] * 2


def test_a_release_names_rows_in_one_way_and_has_a_reason() -> None:
    for odd in ({}, {"id": "a", "sender": "b"}):
        with pytest.raises(InvalidRequestError, match="either by --release ID or by --sender S"):
            QuarantineRelease(MODEL, "why", "ann", NOW, **odd)
    with pytest.raises(InvalidRequestError, match="takes a reason"):
        QuarantineRelease(MODEL, "  ", "ann", NOW, id="a")
