"""A version that people must approve: deploying it says so, and it goes live by itself once they did."""

from dataclasses import replace

import pytest

from functions.domain.approval import ApprovalConfig, Mode
from functions.domain.errors import AccessDeniedError
from functions.domain.release_function import is_bootstrap
from tests.contract.approving import who
from tests.functions.register.registering import register_tools
from tests.functions.roll_out.around import settings_of
from tests.functions.roll_out.commanded import at, deploys, looks, person, three_served, told
from tests.functions.roll_out.trained import MODEL, prefix_of, trained
from tests.functions.roll_out.worlds import BUCKET, TIME, FakeWorld, assert_sound, live

FIRST, SECOND = trained(1), trained(2)


def world_of(mode: Mode) -> FakeWorld:
    world = FakeWorld(three_served())
    asks(world, mode)
    for artifact in (FIRST, SECOND):
        world.upload(artifact)
    return world


def asks(world: FakeWorld, mode: Mode) -> None:
    config = replace(settings_of(MODEL), approval=ApprovalConfig(mode))
    world.around.settings.configure(config, "a deployment", TIME)


def approve(world: FakeWorld, version: int, name: str, hours: float) -> None:
    tools = register_tools(world.table, world.s3, BUCKET, world.kms)
    tools.approvals.approve(MODEL, version, who(name), "", at(hours))


@pytest.mark.parametrize(("mode", "people"), [("one", ("bob",)), ("two", ("bob", "carol"))])
def test_a_version_that_waits_is_no_error_and_goes_live_by_itself_once_approved(
    mode: Mode, people: tuple[str, ...]
) -> None:
    world = world_of(mode)
    answer = deploys(world.tools(), 1, 0)
    assert (answer["model_version"], answer["release"], answer["live"]) == (1, None, None)
    assert answer["message"].startswith("version 1 of flights waits until ")
    assert answer["steps"] == ["registered version 1"]
    for hours, name in enumerate(people, 1):
        looks(world.tools(), hours)
        assert is_bootstrap(live(world.cloud)), "it is not approved yet"
        approve(world, 1, name, hours)
    looks(world.tools(), 5)
    assert live(world.cloud).environment["CONTRACT_SHA256"] == FIRST.contract_digest
    assert_sound(world.tools())


def test_deployed_again_meanwhile_it_still_waits_and_nothing_is_written() -> None:
    world = world_of("two")
    deploys(world.tools(), 1, 0)
    approve(world, 1, "bob", 1)
    before = world.table.head()
    answer = deploys(world.tools(), 1, 2)
    assert "one more person approved it (bob did)" in answer["message"]
    assert not answer["changed"]
    assert world.table.head() == before


def test_who_deploys_it_is_its_author_and_cannot_approve_it() -> None:
    world = world_of("one")
    deploys(world.tools(), 1, 0)  # as ann
    version = world.tools().registry.version(MODEL, 1)
    assert (version.author, version.author_person) == ("ann", "ann")
    with pytest.raises(AccessDeniedError, match="made version 1 of flights"):
        approve(world, 1, "Ann@example.com", 1)


def test_an_old_version_goes_live_again_only_when_somebody_rolls_it_out() -> None:
    world = world_of("one")
    for number in (1, 2):
        deploys(world.tools(), number, number)
        approve(world, number, "bob", number)
        looks(world.tools(), number + 0.5)
    tools = world.tools()
    registered = tools.registering.register(MODEL, prefix_of(FIRST), "ann", "ann", at(4))
    assert (registered["state"], registered["waits"]) == ("approved", None)
    looks(tools, 4.5)
    assert live(world.cloud).environment["CONTRACT_SHA256"] == SECOND.contract_digest
    told(world.tools(), person("roll_out", 5, version=1))
    assert live(world.cloud).environment["CONTRACT_SHA256"] == FIRST.contract_digest


def test_where_nobody_is_asked_it_goes_live_at_once() -> None:
    world = world_of("auto")
    assert deploys(world.tools(), 1, 0)["message"] == "release 2 (version 1) of flights is live"


def test_what_was_asked_of_people_is_decided_by_the_settings_as_they_are_now() -> None:
    world = world_of("two")
    deploys(world.tools(), 1, 0)
    asks(world, "auto")
    assert deploys(world.tools(), 1, 1)["message"] == "release 2 (version 1) of flights is live"
