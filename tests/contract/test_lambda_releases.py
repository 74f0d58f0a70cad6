"""Lambda, as far as releases need it: the same tests for the fake and for moto made strict (`strict_moto` lists gaps).

Both are asked through their world, so that a function, a bucket and a bootstrapped alias are there.
"""

from collections.abc import Iterator

import pytest
from botocore.stub import ANY, Stubber

from functions.adapters.artifacts import layer_key
from functions.adapters.lambda_releases import LambdaReleases, lambda_client
from functions.domain.errors import (
    ConflictError,
    CorruptArtifactError,
    NotFoundError,
    SmokeTestError,
    UnavailableError,
)
from functions.domain.release_artifact import lambda_sha256, layer_zip
from functions.domain.release_function import Releases
from tests.functions.roll_out.trained import MODEL, Predict, trained
from tests.functions.roll_out.worlds import BUCKET, FUNCTION, FakeWorld, MotoWorld, moto_world

ARTIFACT = trained()
LAYER = "trimtab-test-model-flights"
CONTENT = lambda_sha256(layer_zip(ARTIFACT))
KEY = layer_key(MODEL, 1)

World = FakeWorld | MotoWorld


@pytest.fixture(params=["fake", "moto"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    predict = Predict(ARTIFACT)
    if request.param == "fake":
        yield FakeWorld(predict)
    else:
        with moto_world(predict) as world:
            yield world


@pytest.fixture
def releases(world: World) -> Releases:
    return world.tools().releases


@pytest.fixture
def layer(world: World, releases: Releases) -> str:
    world.tools().versions.keep(ARTIFACT, 1)
    return releases.publish_layer(LAYER, "a" * 64, BUCKET, KEY, CONTENT)


def configure(releases: Releases, layer: str) -> None:
    releases.configure(
        FUNCTION, releases.latest(FUNCTION).revision, [layer], {"MODEL": "flights", "MODEL_VERSION": "1"}
    )


def publish(releases: Releases) -> int:
    latest = releases.latest(FUNCTION)
    return releases.publish(FUNCTION, latest.revision, latest.code_sha256, "version 1")


def test_a_layer_is_found_by_its_contract_and_content(releases: Releases, layer: str) -> None:
    assert layer.split(":")[6:] == [LAYER, "1"]
    assert releases.find_layer(LAYER, "a" * 64, CONTENT) == layer
    assert releases.find_layer(LAYER, "b" * 64, CONTENT) is None
    assert releases.find_layer(LAYER, "a" * 64, lambda_sha256(b"other")) is None
    assert releases.find_layer("no-such-layer", "a" * 64, CONTENT) is None


def test_a_zip_that_was_changed_is_no_layer(world: World, releases: Releases, layer: str) -> None:
    with pytest.raises(CorruptArtifactError, match=r"layer\.zip was changed while it was published"):
        releases.publish_layer(LAYER, "a" * 64, BUCKET, KEY, lambda_sha256(b"other"))
    assert releases.layer_versions(LAYER) == [layer], "what was published of it is deleted"


def test_of_two_equal_layers_the_older_is_found(world: World, releases: Releases, layer: str) -> None:
    releases.publish_layer(LAYER, "a" * 64, BUCKET, KEY, CONTENT)
    assert releases.find_layer(LAYER, "a" * 64, CONTENT) == layer


def test_a_configuration_is_set_and_gives_another_revision(releases: Releases, layer: str) -> None:
    before = releases.latest(FUNCTION)
    configure(releases, layer)
    after = releases.latest(FUNCTION)
    assert after.layers == [layer]
    assert after.environment == {"MODEL": "flights", "MODEL_VERSION": "1"}
    assert after.revision != before.revision
    assert after.ready


def test_a_configuration_of_an_old_revision_is_refused(releases: Releases, layer: str) -> None:
    old = releases.latest(FUNCTION).revision
    configure(releases, layer)
    with pytest.raises(ConflictError):
        releases.configure(FUNCTION, old, [], {})
    assert releases.latest(FUNCTION).layers == [layer]


def test_a_version_freezes_what_is_published(releases: Releases, layer: str) -> None:
    configure(releases, layer)
    number = publish(releases)
    releases.configure(FUNCTION, releases.latest(FUNCTION).revision, [], {"MODEL": "flights"})
    frozen = releases.version(FUNCTION, number)
    assert (frozen.number, frozen.layers, frozen.environment["MODEL_VERSION"]) == (2, [layer], "1")
    assert sorted(state.number for state in releases.versions(FUNCTION)) == [1, 2]


def test_publishing_what_did_not_change_gives_the_same_number(releases: Releases, layer: str) -> None:
    configure(releases, layer)
    assert publish(releases) == publish(releases) == 2


def test_publishing_from_an_old_revision_or_other_code_is_refused(releases: Releases, layer: str) -> None:
    old = releases.latest(FUNCTION)
    configure(releases, layer)
    with pytest.raises(ConflictError):
        releases.publish(FUNCTION, old.revision, old.code_sha256, "")
    with pytest.raises(ConflictError):
        releases.publish(FUNCTION, releases.latest(FUNCTION).revision, lambda_sha256(b"other"), "")
    assert [state.number for state in releases.versions(FUNCTION)] == [1]


def test_the_alias_moves_and_gets_another_revision(releases: Releases, layer: str) -> None:
    configure(releases, layer)
    publish(releases)
    before = releases.alias(FUNCTION)
    assert before is not None
    assert before.version == "1"
    releases.move_alias(FUNCTION, 2, before.revision, "run 1")
    after = releases.alias(FUNCTION)
    assert after is not None
    assert (after.version, dict(after.weights)) == ("2", {})
    assert after.revision != before.revision


def test_an_alias_that_is_moved_to_where_it_is_gets_another_revision_too(releases: Releases) -> None:
    before = releases.alias(FUNCTION)
    assert before is not None
    releases.move_alias(FUNCTION, 1, before.revision, "run 1")
    after = releases.alias(FUNCTION)
    assert after is not None
    assert after.version == "1"
    assert after.revision != before.revision


def test_an_alias_that_somebody_else_moved_is_not_moved(releases: Releases, layer: str) -> None:
    configure(releases, layer)
    publish(releases)
    alias = releases.alias(FUNCTION)
    assert alias is not None
    releases.move_alias(FUNCTION, 2, alias.revision, "run 1")
    with pytest.raises(ConflictError):
        releases.move_alias(FUNCTION, 1, alias.revision, "run 1")


def test_the_alias_is_created_once(releases: Releases) -> None:
    with pytest.raises(ConflictError):
        releases.create_alias(FUNCTION, 1)


def test_a_version_that_does_not_exist_is_not_found(releases: Releases) -> None:
    with pytest.raises(NotFoundError):
        releases.version(FUNCTION, 7)
    alias = releases.alias(FUNCTION)
    assert alias is not None
    with pytest.raises(NotFoundError):
        releases.move_alias(FUNCTION, 7, alias.revision, "run 1")


def test_the_traffic_is_shared_between_two_versions_by_one_call(releases: Releases, layer: str) -> None:
    configure(releases, layer)
    publish(releases)
    alias = releases.alias(FUNCTION)
    assert alias is not None
    releases.move_alias(FUNCTION, 1, alias.revision, "run 1", {"2": 0.1})
    shared = releases.alias(FUNCTION)
    assert shared is not None
    assert (shared.version, dict(shared.weights)) == ("1", {"2": 0.1})
    releases.move_alias(FUNCTION, 2, shared.revision, "run 2")
    alone = releases.alias(FUNCTION)
    assert alone is not None
    assert (alone.version, dict(alone.weights)) == ("2", {})


def test_traffic_is_not_shared_with_a_version_that_does_not_exist(releases: Releases) -> None:
    alias = releases.alias(FUNCTION)
    assert alias is not None
    with pytest.raises(NotFoundError):
        releases.move_alias(FUNCTION, 1, alias.revision, "run 1", {"7": 0.1})


@pytest.mark.parametrize("weights", [{}, {"2": 0.1}])
def test_a_version_that_the_alias_points_to_is_not_deleted(
    releases: Releases, layer: str, weights: dict[str, float]
) -> None:
    configure(releases, layer)
    publish(releases)
    alias = releases.alias(FUNCTION)
    assert alias is not None
    releases.move_alias(FUNCTION, 1 if weights else 2, alias.revision, "run 1", weights)
    with pytest.raises(ConflictError):
        releases.delete_version(FUNCTION, 2)
    assert releases.version(FUNCTION, 2).number == 2


def test_a_version_is_deleted_and_its_number_never_used_again(releases: Releases, layer: str) -> None:
    configure(releases, layer)
    publish(releases)
    releases.delete_version(FUNCTION, 2)
    releases.delete_version(FUNCTION, 2)
    assert [state.number for state in releases.versions(FUNCTION)] == [1]
    with pytest.raises(NotFoundError):
        releases.version(FUNCTION, 2)
    releases.configure(FUNCTION, releases.latest(FUNCTION).revision, [], {"MODEL": "flights"})
    assert publish(releases) == 3


def test_a_layer_version_is_deleted_and_functions_keep_it(releases: Releases, layer: str) -> None:
    configure(releases, layer)
    publish(releases)
    assert releases.layer_versions(LAYER) == [layer]
    releases.delete_layer(layer)
    releases.delete_layer(layer)
    assert releases.layer_versions(LAYER) == []
    assert releases.find_layer(LAYER, "a" * 64, CONTENT) is None
    assert releases.version(FUNCTION, 2).layers == [layer]


def test_a_function_that_does_not_exist_is_not_found(releases: Releases) -> None:
    with pytest.raises(NotFoundError):
        releases.latest("no-such-function")


def test_a_function_that_fails_fails_the_smoke_test(world: World, releases: Releases) -> None:
    world.predict.crash = "no memory"
    with pytest.raises(SmokeTestError, match=r"release 1 .* failed: no memory"):
        releases.invoke(FUNCTION, 1, b"{}")


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[LambdaReleases, Stubber]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "stub")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = lambda_client()
    with Stubber(client) as stubber:
        yield LambdaReleases(client), stubber


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ResourceNotFoundException", NotFoundError),
        ("PreconditionFailedException", ConflictError),
        ("ResourceConflictException", ConflictError),
        ("TooManyRequestsException", UnavailableError),
        ("AccessDeniedException", UnavailableError),
    ],
)
def test_errors_are_translated(stub: tuple[LambdaReleases, Stubber], code: str, error: type[Exception]) -> None:
    releases, stubber = stub
    stubber.add_client_error("update_function_configuration", code)
    with pytest.raises(error, match=f"configure {FUNCTION}: UpdateFunctionConfiguration answered {code}"):
        releases.configure(FUNCTION, "one", [], {})
    stubber.add_client_error("publish_version", code)
    with pytest.raises(error):
        releases.publish(FUNCTION, "one", "code", "")
    stubber.add_client_error("invoke", code)
    with pytest.raises(error):
        releases.invoke(FUNCTION, 1, b"{}")


def test_other_code_than_was_read_is_a_conflict(stub: tuple[LambdaReleases, Stubber]) -> None:
    releases, stubber = stub
    stubber.add_client_error("publish_version", "InvalidParameterValueException", "CodeSHA256 is different")
    with pytest.raises(ConflictError, match="CodeSHA256"):
        releases.publish(FUNCTION, "one", "code", "")


def test_a_move_whose_answer_was_lost_counts_as_made(stub: tuple[LambdaReleases, Stubber]) -> None:
    releases, stubber = stub
    stubber.add_client_error("update_alias", "PreconditionFailedException")
    alias = {"AliasArn": "arn", "FunctionVersion": "7", "RevisionId": "two"}
    stubber.add_response("get_alias", alias, {"FunctionName": FUNCTION, "Name": "live"})
    releases.move_alias(FUNCTION, 7, "one", "run 1")
    stubber.assert_no_pending_responses()


def test_weights_of_an_alias_are_read_and_taken_away_by_a_move(stub: tuple[LambdaReleases, Stubber]) -> None:
    releases, stubber = stub
    alias = {"AliasArn": "arn", "FunctionVersion": "7", "RevisionId": "two"}
    weights = {"RoutingConfig": {"AdditionalVersionWeights": {"8": 0.1}}}
    stubber.add_response("get_alias", alias | weights, {"FunctionName": FUNCTION, "Name": "live"})
    found = releases.alias(FUNCTION)
    assert found is not None
    assert found.weights == {"8": 0.1}
    expected = {
        "FunctionName": FUNCTION,
        "Name": "live",
        "FunctionVersion": "8",
        "Description": "run 1",
        "RevisionId": "two",
        "RoutingConfig": {"AdditionalVersionWeights": {}},
    }
    stubber.add_response("update_alias", alias, expected)
    releases.move_alias(FUNCTION, 8, "two", "run 1")


def test_an_alias_that_does_not_exist_is_none(stub: tuple[LambdaReleases, Stubber]) -> None:
    releases, stubber = stub
    stubber.add_client_error(
        "get_alias", "ResourceNotFoundException", expected_params={"FunctionName": ANY, "Name": ANY}
    )
    assert releases.alias(FUNCTION) is None
