"""What a published version freezes: the code digest, and when a function is ready."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.release_function import FunctionState, code_digest, is_bootstrap, other_layers

LAYER = "trimtab-test-model-flights"


def arn(name: str, version: int) -> dict[str, str]:
    return {"Arn": f"arn:aws:lambda:us-east-1:123456789012:layer:{name}:{version}"}


BASE: dict[str, Any] = {
    "Version": "$LATEST",
    "RevisionId": "one",
    "CodeSha256": "code",
    "Runtime": "python3.13",
    "Handler": "functions.predict.handler.handler",
    "MemorySize": 512,
    "Timeout": 29,
    "Architectures": ["x86_64"],
    "EphemeralStorage": {"Size": 512},
    "TracingConfig": {"Mode": "Active"},
    "Role": "arn:aws:iam::123456789012:role/predict",
    "Environment": {"Variables": {"MODEL": "flights", "STREAM": "s"}},
    "SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"},
    "Layers": [arn("insights", 3), arn(LAYER, 1)],
    "State": "Active",
    "LastUpdateStatus": "Successful",
}


def digest(**changes: Any) -> str:
    return code_digest(FunctionState(BASE | changes), LAYER)


@pytest.mark.parametrize(
    "changes",
    [
        {"CodeSha256": "other"},
        {"Runtime": "python3.14"},
        {"Handler": "other.handler"},
        {"MemorySize": 1024},
        {"Timeout": 10},
        {"Architectures": ["arm64"]},
        {"EphemeralStorage": {"Size": 1024}},
        {"TracingConfig": {"Mode": "PassThrough"}},
        {"Role": "arn:aws:iam::123456789012:role/other"},
        {"Environment": {"Variables": {"MODEL": "flights", "STREAM": "other"}}},
        {"SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"}},
        {"Layers": [arn("insights", 4), arn(LAYER, 1)]},
        {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}},
        {"KMSKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1"},
        {"LoggingConfig": {"LogFormat": "JSON"}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_whatever_a_version_freezes_is_in_the_code_digest(changes: dict[str, Any]) -> None:
    assert digest(**changes) != digest()


@given(version=st.integers(1, 99), layer=st.integers(1, 99), number=st.integers(1, 99))
def test_the_model_version_is_not_in_the_code_digest(version: int, layer: int, number: int) -> None:
    variables = {**BASE["Environment"]["Variables"], "MODEL_VERSION": str(version), "CONTRACT_SHA256": "ab" * 32}
    published = digest(
        Version=str(number),
        RevisionId="two",
        Environment={"Variables": variables},
        Layers=[arn("insights", 3), arn(LAYER, layer)],
        SnapStart={"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"},
        Description="flights version 3",
        LastModified="2013-03-01T00:00:00.000+0000",
    )
    assert published == digest()


def test_a_network_that_is_empty_is_no_network() -> None:
    empty = {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": ""}
    assert digest(VpcConfig=empty) == digest() == digest(VpcConfig=None)


def test_the_order_of_subnets_says_nothing() -> None:
    one, two = ({"SubnetIds": ids, "SecurityGroupIds": ["s"]} for ids in (["a", "b"], ["b", "a"]))
    assert digest(VpcConfig=one) == digest(VpcConfig=two)


def test_a_layer_of_another_model_with_a_longer_name_is_kept() -> None:
    layers = [arn(f"{LAYER}-late", 2)["Arn"], arn(LAYER, 7)["Arn"]]
    assert other_layers(layers, LAYER) == layers[:1]


@pytest.mark.parametrize(
    ("changes", "ready"),
    [
        ({}, True),
        ({"LastUpdateStatus": "InProgress"}, False),
        ({"State": "Pending"}, False),
        ({"Version": "3"}, False),  # its snapshot is not taken yet
        ({"Version": "3", "SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}}, True),
        ({"Version": "3", "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"}}, True),
        ({"Version": "3", "SnapStart": {"ApplyOn": "None"}, "State": "Pending"}, False),
    ],
)
def test_a_function_is_ready_when_its_update_and_its_snapshot_are(changes: dict[str, Any], ready: bool) -> None:
    assert FunctionState(BASE | changes).ready is ready


def test_a_failed_state_gives_its_reason() -> None:
    state = FunctionState(BASE | {"State": "Failed", "StateReason": "the subnet is full"})
    assert state.failure == "the subnet is full"
    assert FunctionState(BASE | {"LastUpdateStatus": "Failed"}).failure is not None
    assert FunctionState(BASE).failure is None


def test_a_version_without_a_contract_is_bootstrap() -> None:
    assert is_bootstrap(FunctionState(BASE))
    assert not is_bootstrap(FunctionState(BASE | {"Environment": {"Variables": {"CONTRACT_SHA256": "ab"}}}))
