"""The correction's two shared functions: where they find what they need, and how much they may take."""

import pytest

from tests.infra.conftest import Template, flat


@pytest.mark.parametrize("verb", ["snapshot", "gate"])
def test_it_runs_long_and_large_enough_and_on_disk_too(platform: Template, verb: str) -> None:
    function = platform.function(verb)
    assert function["Timeout"] == 900
    assert function["MemorySize"] == 3_008
    assert function["EphemeralStorage"] == {"Size": 4_096}
    variables = {name: flat(value) for name, value in function["Environment"]["Variables"].items()}
    assert variables["REGISTRY_TABLE"] == "<StorageRegistry>"
    assert variables["ARTIFACT_BUCKET"] == "<StorageArtifacts>"
    assert variables["DATA_BUCKET"] == "<StorageData>"


def test_snapshot_knows_how_a_models_executions_are_called(platform: Template) -> None:
    executions = flat(platform.function("snapshot")["Environment"]["Variables"]["EXECUTIONS"])
    assert executions == (
        "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:trimtab-prod-correct-{model}:{execution}"
    )


def test_gate_publishes_on_the_stages_bus(platform: Template) -> None:
    assert flat(platform.function("gate")["Environment"]["Variables"]["EVENT_BUS"]) == "<AlertsBus>"
