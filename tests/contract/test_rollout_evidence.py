"""What a rollout waits for lies beside it, unaudited; what the traffic became is in its own document, audited."""

from dataclasses import replace

import pytest

from functions.adapters.registry import Registry
from functions.adapters.registry_store import (
    Change,
    Store,
    evidence_key,
    model_key,
    release_key,
    rollout_key,
    version_key,
)
from functions.adapters.rollout_registry import By, RolloutRegistry
from functions.domain.errors import CorruptArtifactError
from functions.domain.model_version import ModelRecord, ModelVersion
from functions.domain.release import Release
from functions.domain.release_lease import Lease
from functions.domain.rollout import Rollout

MODEL, NOW, LATER = "flights", "2013-03-01T00:00:00Z", "2013-03-01T00:05:00Z"
EVIDENCE = {"v": 1, "rows": {"champion": 500}}


@pytest.fixture
def by(store: Store) -> By:
    return By("reconcile", NOW, Registry(store).put_lease(Lease(MODEL, "run", "ann", NOW), 0))


@pytest.fixture
def rollout(store: Store, by: By) -> Rollout:
    """A canary of release 2 beside release 1."""
    version = ModelVersion(MODEL, 1, "a" * 64, "b" * 64, "c" * 64, NOW, "ann", "approved")
    release = Release(MODEL, 2, 1, "d" * 64, "layer:1", NOW, "tested")
    changes = [
        Change(model_key(MODEL), ModelRecord(MODEL, 1, desired=1, live=1, candidate=1).to_document(), 0),
        Change(version_key(MODEL, 1), version.to_document(), 0),
        Change(release_key(MODEL, 2), release.to_document(), 0),
    ]
    store.commit(changes, [])
    return RolloutRegistry(store).begin(release, "gate", (0.1, 0.5), "a new version", by)


def test_evidence_leaves_the_rollouts_own_document_and_the_chain_as_they_are(
    store: Store, by: By, rollout: Rollout
) -> None:
    registry, key = RolloutRegistry(store), rollout_key(MODEL, 1)
    before, entries = store.read(key), list(store.entries())
    for reason in ("300 more rows", "20 more rows"):
        registry.keep_evidence(replace(rollout, evidence=EVIDENCE, evidence_at=LATER, reason=reason), by)
    assert (store.read(key), list(store.entries())) == (before, entries)
    kept = registry.rollout(MODEL, 1)
    assert (kept.evidence, kept.evidence_at, kept.reason) == (EVIDENCE, LATER, "20 more rows")
    assert registry.rollouts(MODEL, 5) == [kept]


def test_what_a_decision_rested_on_is_audited_with_it(store: Store, by: By, rollout: Rollout) -> None:
    registry = RolloutRegistry(store)
    registry.keep_evidence(replace(rollout, evidence=EVIDENCE, evidence_at=LATER, reason="enough"), by)
    registry.advance(rollout, 1, "no worse by the labels", by)
    stored = store.read(rollout_key(MODEL, 1))
    assert stored is not None
    own = Rollout.from_document(stored.document)
    assert (own.step, own.evidence, own.evidence_at, own.reason) == (1, EVIDENCE, LATER, "no worse by the labels")


def test_evidence_of_an_earlier_step_does_not_come_back(store: Store, by: By, rollout: Rollout) -> None:
    registry = RolloutRegistry(store)
    registry.keep_evidence(replace(rollout, evidence=EVIDENCE, evidence_at=NOW, reason="it waits"), by)
    further = registry.advance(rollout, 1, "no worse", by)
    assert registry.rollout(MODEL, 1) == further
    registry.keep_evidence(replace(further, evidence={"v": 1}, evidence_at=LATER, reason="it waits again"), by)
    assert registry.rollout(MODEL, 1).reason == "it waits again"
    registry.supersede(further, "a newer version", by)
    ended = registry.rollout(MODEL, 1)
    assert (ended.state, ended.reason, ended.evidence) == ("superseded", "a newer version", {"v": 1})


def test_evidence_of_a_later_schema_is_refused(store: Store, rollout: Rollout) -> None:
    document = {**rollout.to_evidence(), "v": 99}
    store.commit([Change(evidence_key(MODEL, 1), document, 0)], [])
    with pytest.raises(CorruptArtifactError, match="rollout's evidence of schema version 99"):
        RolloutRegistry(store).rollout(MODEL, 1)
