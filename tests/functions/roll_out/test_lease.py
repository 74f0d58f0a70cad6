"""The lease: a living run is left alone, a dead one is followed, a slow one is stopped."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from functions.domain.errors import LeaseHeldError
from functions.domain.release import Release
from functions.domain.release_function import is_bootstrap
from functions.domain.release_lease import SILENCE_S, Lease
from functions.roll_out.lease import leased
from functions.roll_out.requests import RollOutRequest
from functions.roll_out.run import Run
from tests.functions.roll_out.trained import MODEL, Predict, trained
from tests.functions.roll_out.worlds import TIME, FakeWorld, assert_sound, deploys, live

ARTIFACT = trained()


@pytest.fixture
def world() -> FakeWorld:
    world = FakeWorld(Predict(ARTIFACT))
    world.upload(ARTIFACT)
    return world


def run_of(world: FakeWorld, run: str, pause: Callable[[float], None] | None = None) -> Run:
    tools = replace(world.tools(), pause=pause or world.watch.pause)
    return Run(run, RollOutRequest(MODEL, "ann", TIME, 1), tools)


def test_a_run_frees_its_lease(world: FakeWorld) -> None:
    deploys(world.tools(), ARTIFACT)
    lease, _ = world.tools().registry.lease(MODEL)
    assert lease is not None
    assert lease.run is None
    assert world.watch.seconds == 0


def test_a_run_that_fails_frees_its_lease_too(world: FakeWorld) -> None:
    world.predict.crash = "no memory"
    with pytest.raises(Exception, match="no memory"):
        deploys(world.tools(), ARTIFACT)
    world.predict.crash = None
    deploys(world.tools(), ARTIFACT)
    assert world.watch.seconds == 0


def test_a_lease_whose_run_died_is_taken_over_after_its_silence(world: FakeWorld) -> None:
    world.tools().registry.put_lease(Lease(MODEL, "dead", "ben", TIME), 0)
    answer = deploys(world.tools(), ARTIFACT)
    assert answer.changed
    assert SILENCE_S <= world.watch.seconds < SILENCE_S + 10
    assert "took over the lease of a run of ben that died" in answer.steps


def test_a_lease_that_is_renewed_is_left_alone_and_its_holder_named(world: FakeWorld) -> None:
    tools = world.tools()
    tools.registry.put_lease(Lease(MODEL, "alive", "ben", "2013-02-28T23:00:00Z"), 0)

    def pause_and_renew(seconds: float) -> None:
        world.watch.pause(seconds)
        lease, revision = tools.registry.lease(MODEL)
        assert lease is not None
        tools.registry.put_lease(lease, revision)

    run = run_of(world, "mine", pause=pause_and_renew)
    words = r"ben is at work on flights \(asked for at 2013-02-28T23:00:00Z\)"
    with pytest.raises(LeaseHeldError, match=words), leased(run):
        pytest.fail("the lease is ben's")
    assert world.watch.seconds < 10


def test_a_lease_that_is_freed_meanwhile_is_taken_at_once(world: FakeWorld) -> None:
    tools = world.tools()
    tools.registry.put_lease(Lease(MODEL, "other", "ben", TIME), 0)

    def pause_and_free(seconds: float) -> None:
        world.watch.pause(seconds)
        tools.registry.put_lease(Lease(MODEL, None, "ben", TIME), 1)

    with leased(run_of(world, "mine", pause=pause_and_free)) as lease:
        assert lease.hold.revision == 3


def test_a_retry_of_the_same_request_goes_on_at_once(world: FakeWorld) -> None:
    world.tools().registry.put_lease(Lease(MODEL, "request-7", "ann", TIME), 0)
    deploys(world.tools(), ARTIFACT, run="request-7")
    assert world.watch.seconds == 0


def test_of_two_runs_that_find_the_lease_free_one_is_told(world: FakeWorld) -> None:
    with leased(run_of(world, "first")) as first:
        world.tools().registry.put_lease(Lease(MODEL, "second", "ben", TIME), first.hold.revision)
        with pytest.raises(LeaseHeldError, match="taken over by another run"):
            first.renew()


def test_a_run_that_lost_its_lease_changes_nothing_in_the_registry(world: FakeWorld) -> None:
    tools = world.tools()
    version = tools.registry.register(ARTIFACT, "ann", TIME)
    with leased(run_of(world, "slow")) as slow:
        tools.registry.put_lease(Lease(MODEL, "next", "ben", TIME), slow.hold.revision)
        release = Release(MODEL, 2, version.number, "0" * 64, "arn", TIME)
        with pytest.raises(LeaseHeldError):
            tools.registry.publish(release, "ann", slow.hold)
    assert tools.registry.status(MODEL).releases == []
    assert is_bootstrap(live(tools.releases))
    assert_sound(tools)
