"""Where a deployment of `FIRST` may begin, and how it must end."""

from collections.abc import Callable

from functions.domain.release_function import is_bootstrap
from tests.functions.roll_out.trained import MODEL, Predict, trained
from tests.functions.roll_out.worlds import FUNCTION, FakeWorld, MotoWorld, assert_sound, deploys, live

FIRST, SECOND = trained(1), trained(2)

World = FakeWorld | MotoWorld
Scene = Callable[[World], None]


def both_served() -> Predict:
    return Predict(FIRST, SECOND)


def first_release(world: World) -> None:
    """Nothing was ever live."""


def second_version(world: World) -> None:
    """Another version is live."""
    deploys(world.tools(), SECOND)


def new_code(world: World) -> None:
    """The same version is live with older code."""
    deploys(world.tools(), FIRST)
    world.change_code("code-2")


def going_back(world: World) -> None:
    """The version was live once, and another is."""
    deploys(world.tools(), FIRST)
    deploys(world.tools(), SECOND)


def moved_by_hand(world: World) -> None:
    """The version should be live, but somebody moved live back to an older one."""
    deploys(world.tools(), SECOND)
    deploys(world.tools(), FIRST)
    tools = world.tools()
    alias = tools.releases.alias(FUNCTION)
    assert alias is not None
    tools.releases.move_alias(FUNCTION, 2, alias.revision, "by hand")


SCENES: list[Scene] = [first_release, second_version, new_code, going_back, moved_by_hand]


def begin(world: World, scene: Scene) -> None:
    for artifact in (FIRST, SECOND):
        world.upload(artifact)
    scene(world)


def check_complete(world: World, case: str, overtaken: bool = False) -> None:
    """FIRST is live: one version an artifact, one release a pair, one layer a contract, and all of it recorded.

    Publishing a layer is the one call that AWS makes on no condition: a run that was `overtaken` just before it, and
    goes on, leaves a layer that nothing uses.
    """
    tools = world.tools()
    assert_sound(tools)
    state, status = live(tools.releases), tools.registry.status(MODEL)
    assert state.environment["CONTRACT_SHA256"] == FIRST.contract_digest, case
    assert (status.record.desired, status.record.live) == (state.number, state.number), case
    published = [state.number for state in tools.releases.versions(FUNCTION) if not is_bootstrap(state)]
    assert sorted(published) == [release.number for release in status.releases], case
    assert overtaken or sorted(set(layers_of(world))) == sorted(layers_of(world)), case
    assert not deploys(tools, FIRST).changed, case


def layers_of(world: World) -> list[str]:
    """The contracts that layers were published for."""
    name = world.tools().names.model_layer(MODEL)
    if isinstance(world, FakeWorld):
        return [layer[0] for layer in world.cloud.layers.get(name, []) if layer is not None]
    return [layer["Description"] for layer in world.plain.list_layer_versions(LayerName=name)["LayerVersions"]]
