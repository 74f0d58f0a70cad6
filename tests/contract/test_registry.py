"""The registry: numbers are dense, an artifact has one version, a pair one release, and nobody's change is lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.adapters.registry import Registry
from functions.adapters.registry_store import Hold, Store, lease_key
from functions.domain.audit import verify
from functions.domain.errors import ConflictError, NotFoundError
from functions.domain.release import Release
from functions.domain.release_lease import Lease
from tests.contract.fake_table import FakeTable
from tests.functions.roll_out.trained import trained

TIME = "2013-03-01T00:00:00Z"
MODEL = "flights"


@pytest.fixture
def registry(store: Store) -> Registry:
    return Registry(store, pause=lambda _: None)


def held(registry: Registry) -> Hold:
    _, revision = registry.lease(MODEL)
    return registry.put_lease(Lease(MODEL, "run", "ann", TIME), revision)


def release(number: int, version: int = 1, code: str = "c" * 64) -> Release:
    return Release(MODEL, number, version, code, "arn:layer:1", TIME)


def test_an_artifact_has_one_version_however_often_it_is_registered(registry: Registry) -> None:
    numbers = [registry.register(trained(seed), "ann", TIME).number for seed in (1, 2, 1, 3, 2)]
    assert numbers == [1, 2, 1, 3, 2]
    assert registry.model(MODEL).versions == 3
    assert len(list(registry.audit())) == 3


def test_models_are_numbered_each_for_itself(registry: Registry) -> None:
    assert registry.register(trained(1), "ann", TIME).number == 1
    assert registry.register(trained(1, model="loans"), "ann", TIME).number == 1
    assert [record.model for record in registry.models()] == ["flights", "loans"]


def test_a_version_that_was_not_registered_is_not_found(registry: Registry) -> None:
    assert registry.find_version(MODEL, "0" * 64) is None
    with pytest.raises(NotFoundError, match="VERSION#00000007"):
        registry.version(MODEL, 7)


def test_a_pair_has_one_release(registry: Registry) -> None:
    hold = held(registry)
    registry.publish(release(2), "ann", hold)
    with pytest.raises(ConflictError, match="PAIR#"):
        registry.publish(release(3), "ann", hold)
    assert registry.find_release(MODEL, 1, "c" * 64) == release(2)
    assert registry.find_release(MODEL, 2, "c" * 64) is None


def test_a_release_whose_lambda_version_is_gone_is_replaced(registry: Registry) -> None:
    hold = held(registry)
    registry.publish(release(2), "ann", hold)
    registry.publish(release(3), "ann", hold, instead_of=release(2))
    assert registry.find_release(MODEL, 1, "c" * 64) == release(3)
    with pytest.raises(ConflictError, match="another release meanwhile"):
        registry.publish(release(4), "ann", hold, instead_of=release(2))


def test_status_shows_versions_releases_and_who_is_at_work(registry: Registry) -> None:
    registry.register(trained(1), "ann", TIME)
    hold = held(registry)
    registry.publish(release(2), "ann", hold)
    registry.judge(release(2), None, "ann", TIME, hold)
    status = registry.status(MODEL)
    assert [version.state for version in status.versions] == ["registered"]
    assert [known.state for known in status.releases] == ["tested"]
    assert status.lease == Lease(MODEL, "run", "ann", TIME)
    assert registry.status("loans").versions == []


def test_a_version_keeps_its_author_and_what_it_may_be_approved_for(registry: Registry) -> None:
    evidence = {"at": "2013-02-28T00:00:00Z", "gate": "gates/model=flights/e-1.json"}
    by_hand = registry.register(trained(1), "Ann", TIME, "ann")
    judged = registry.register(trained(2), "gate", TIME, None, evidence)
    assert (by_hand.author, by_hand.author_person, by_hand.proposal.evidence_at) == ("Ann", "ann", TIME)
    assert (judged.author, judged.author_person, judged.proposal.evidence_at) == ("gate", None, evidence["at"])
    assert registry.version(MODEL, 2) == judged
    assert registry.register(trained(1), "Bob", TIME, "bob") == by_hand, "its author is who registered it first"


def test_every_item_but_the_lease_is_named_by_the_last_entry_that_wrote_it(registry: Registry, store: Store) -> None:
    registry.register(trained(1), "ann", TIME)
    registry.publish(release(2), "ann", held(registry))
    bodies = "".join(entry.body for entry in registry.audit())
    for stored in store.read_all(f"MODEL#{MODEL}"):
        assert (str(stored.key) in bodies) == (stored.key != lease_key(MODEL))


@settings(max_examples=100)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=25))
def test_numbers_are_dense_whatever_is_registered_in_which_order(seeds: list[int]) -> None:
    registry = Registry(FakeTable())
    numbers = {seed: registry.register(trained(seed), "ann", TIME).number for seed in seeds}
    assert sorted(numbers.values()) == list(range(1, len(set(seeds)) + 1))
    assert [version.number for version in registry.status(MODEL).versions] == sorted(numbers.values())
    assert verify(registry.audit(), registry.audit_head()) == []


def test_fifty_writers_at_once_lose_nothing() -> None:
    registry = Registry(FakeTable(), pause=lambda _: None)
    artifacts = [trained(seed) for seed in range(25)]
    with ThreadPoolExecutor(50) as pool:
        versions = list(pool.map(lambda artifact: registry.register(artifact, "ann", TIME), artifacts * 2))
    assert sorted({version.number for version in versions}) == list(range(1, 26))
    assert registry.model(MODEL).versions == 25
    assert verify(registry.audit(), registry.audit_head()) == []
