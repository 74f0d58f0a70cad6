"""`trimtab retrain` and what `trimtab status` says of the correction, on a state machine that moto's interpreter runs.

The part of the functions that keep the registry is played by the tests.
"""

import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry_store import Change, rollout_key
from functions.adapters.registry_table import RegistryTable
from functions.adapters.training_registry import TrainingRegistry
from functions.domain.errors import NotFoundError
from functions.domain.names import LOCAL_ACCOUNT, LOCAL_REGION, LOCAL_STAGE, Names
from functions.domain.rollout import begun
from functions.domain.training import Training, TrainingState, TrainingStep
from tests.contract.local.cloud import LocalCloud, running
from tests.contract.local.machine_template import machine_resources, state_machine
from tests.contract.local.managed import InProcess
from tests.contract.local.template import Resources, function, write_assembly
from tests.contract.local.time_template import schedule
from tests.contract.local.virtual_time import MARCH, iso, move, wait_for
from tests.functions.evaluate.tables import model_config
from trimtab import retraining
from trimtab.cli import main
from trimtab.commands.watching import watch_correction
from trimtab.correction_status import correction_status
from trimtab.stage import Stage

NAMES = Names(LOCAL_STAGE, LOCAL_ACCOUNT, LOCAL_REGION)
ENDS: dict[TrainingState, tuple[TrainingStep, int | None]] = {  # where each ends, and the version that it makes
    "passed": ("gate", 4),
    "refused": ("gate", None),
    "skipped": ("snapshot", None),
    "failed": ("retrain", None),
}


def table() -> Resources:
    keys = [{"AttributeName": name, "KeyType": kind} for name, kind in (("pk", "HASH"), ("sk", "RANGE"))]
    kinds = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
    properties = {"TableName": NAMES.registry_table, "BillingMode": "PAY_PER_REQUEST",
                  "KeySchema": keys, "AttributeDefinitions": kinds}  # fmt: skip
    return {"Type": "AWS::DynamoDB::Table", "Properties": properties}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A cloud in virtual time with the state machine of the model `tiny`."""
    step, folder = {"Fn::GetAtt": ["Step", "Arn"]}, tmp_path_factory.mktemp("retraining")
    resources = {
        **machine_resources(),
        "Machine": state_machine(StateMachineName=NAMES.state_machine("tiny")),
        "Registry": table(),
        "Compact": function(NAMES.function("compact"), "handler"),
        "Evaluate": schedule("cron(15 0 * * ? *)", step, Name=NAMES.function("evaluate", "tiny")),
        "RollOut": schedule("rate(6 hours)", step, Name=NAMES.function("roll_out"), State="DISABLED"),
    }
    with running(folder / "state", write_assembly(folder / "assembly", resources)) as cloud:
        for model, external in (("tiny", False), ("quays", True), ("alone", False)):
            config = replace(model_config(), model=model, external=external)
            MonitoringRegistry(registry(cloud)).configure(config, "a deployment", "2013-01-01T00:00:00Z")
        url = {"Name": NAMES.model_parameter("tiny", "url"), "Value": "http://127.0.0.1/tiny", "Type": "String"}
        cloud.client("ssm").put_parameter(**url)
        move(cloud, MARCH)
        yield cloud


@pytest.fixture
def stage(cloud: LocalCloud) -> Stage:
    return Stage(NAMES, cloud.endpoint)


def registry(cloud: LocalCloud) -> RegistryTable:
    return RegistryTable(cloud.client("dynamodb"), NAMES.registry_table)


def a_training(execution: str, **more: Any) -> Training:
    return Training("tiny", execution, "person", "you", iso(MARCH), **more)


def ended(cloud: LocalCloud, execution: str, state: TrainingState) -> None:
    """What snapshot, retrain and gate would have left in the registry."""
    trainings = TrainingRegistry(registry(cloud))
    step, version = ENDS[state]
    training = a_training(execution)
    if state == "skipped":
        trainings.skip(training, ("another one is at work",))
        return
    trainings.begin(training, lambda model, execution: False)
    reached = replace(training, step=step, version=version, fit_rows=40_000, holdout_rows=2_000, quarantined=17)
    trainings.update(reached, iso(MARCH))
    trainings.end(reached, state, (f"it is {state}",), iso(MARCH))


@pytest.fixture
def command(cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `trimtab` in a project whose local cloud is this one; the exit code."""
    for name in ("cdk.json", "app.py"):
        (tmp_path / name).write_text("{}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIMTAB_STATE", str(cloud.state))
    monkeypatch.setattr(retraining, "Management", InProcess)

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["trimtab", *arguments])
        with pytest.raises(SystemExit) as exited:
            main()
        return int(exited.value.code or 0)

    return run


@pytest.mark.parametrize(("state", "code"), [("passed", 0), ("refused", 5), ("skipped", 6), ("failed", 7)])
def test_retrain_ends_with_what_the_gate_said_and_an_exit_code_for_it(
    cloud: LocalCloud, command: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    state: TrainingState, code: int,
) -> None:  # fmt: skip
    really_start = retraining.start

    def start(stage: Stage, model: str) -> str:
        arn = really_start(stage, model)
        ended(cloud, arn.rpartition(":")[2], state)
        return arn

    monkeypatch.setattr(retraining, "start", start)
    assert command("retrain", "tiny", "--json") == code
    said = capfd.readouterr()
    document = json.loads(said.out)
    assert (document["model"], document["state"], document["cause"]) == ("tiny", state, "person")
    assert document["version"] == ENDS[state][1]
    assert document["reasons"][0] in (f"it is {state}", "another one is at work")
    told = cloud.client("stepfunctions").describe_execution(
        executionArn=NAMES.execution_arn("tiny", document["execution"])
    )
    asked = json.loads(told["input"])
    assert (asked["model"], asked["cause"], asked["time"]) == ("tiny", "person", iso(MARCH))


def test_retrain_shows_each_state_as_it_goes(cloud: LocalCloud, stage: Stage) -> None:
    states, seen = cloud.client("stepfunctions"), []
    arn = states.start_execution(
        stateMachineArn=NAMES.state_machine_arn("tiny"), input='{"first": {"sleep": 1, "decision": "stop"}}'
    )["executionArn"]
    last = retraining.follow(stage, arn, lambda execution: seen.append((execution.status, execution.state)))
    assert ("RUNNING", "First") in seen
    assert seen[-1] == ("SUCCEEDED", "Done")
    assert (last.name, last.is_running, last.cause) == (arn.rpartition(":")[2], False, None)


def test_one_that_does_not_wait_says_how_to_watch(command: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert command("retrain", "tiny", "--no-wait") == 0
    assert "trimtab status tiny --watch" in capfd.readouterr().out


def test_an_execution_that_ends_before_it_begins_is_an_error_that_says_where_to_look(
    command: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    """The machine of these tests reads `first` of its input, which a person's does not have."""
    assert command("retrain", "tiny") == 1
    said = capfd.readouterr().err
    assert "ended as FAILED before it began" in said
    assert "logs of trimtab-local-snapshot" in said


def test_what_cannot_be_retrained_here_says_why(command: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert command("retrain", "quays") == 1
    assert "hosted elsewhere" in capfd.readouterr().err
    assert command("retrain", "alone") == 1
    assert "retrain alone (its stack must be deployed" in capfd.readouterr().err
    assert command("retrain", "unknown") == 1
    assert "there is no model 'unknown' in this stage" in capfd.readouterr().err
    assert command("status", "--watch") == 1
    assert "trimtab status MODEL --watch" in capfd.readouterr().err


def test_the_status_follows_a_training_from_state_to_state_and_its_watch_ends_with_it(
    cloud: LocalCloud, stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    trainings, states = TrainingRegistry(registry(cloud)), cloud.client("stepfunctions")
    cut_off = replace(a_training("cut-off"), started_at="2013-03-02T00:00:00Z")
    trainings.begin(cut_off, lambda model, execution: False)
    assert correction_status(stage, "tiny")["training"]["alive"] is False
    name = {"stateMachineArn": NAMES.state_machine_arn("tiny"), "name": "watched"}
    states.start_execution(**name, input='{"first": {"sleep": 2, "decision": "stop"}}')
    watched = replace(a_training("watched"), started_at="2013-03-03T00:00:00Z")
    trainings.begin(watched, lambda model, execution: False)

    def at() -> Any:
        return correction_status(stage, "tiny")["training"]["at"]

    wait_for(lambda: at() == "First")
    shown = correction_status(stage, "tiny")["training"]
    assert (shown["execution"], shown["state"], shown["at_since"], shown["alive"]) == (
        "watched", "running", iso(MARCH), True,
    )  # fmt: skip
    end = threading.Timer(1.5, lambda: trainings.end(watched, "refused", ("not better",), iso(MARCH)))
    end.start()
    watch_correction(stage, "tiny")
    end.join()
    said = capfd.readouterr()
    assert "refused" in said.out
    assert "not better" in said.out
    assert "nothing moves now" in said.err
    with pytest.raises(NotFoundError):
        watch_correction(stage, "nobody")


def test_the_status_has_the_rollout_and_when_each_schedule_runs_next(cloud: LocalCloud, stage: Stage) -> None:
    rollout = begun("tiny", 1, 8, 4, 7, "gate", "gate", iso(MARCH), (0.1, 0.5), "the first step")
    registry(cloud).commit([Change(rollout_key("tiny", 1), rollout.to_document(), 0)], [])
    found = correction_status(stage, "tiny")
    assert found["rollout"] == {
        **asdict(rollout), "active": False, "where": "release 8 gets 10% of the traffic, step 1 of 2",
    }  # fmt: skip
    assert found["next"] == {"evaluate": "2013-03-01T00:15:00Z", "roll_out": None}
    assert found["barred"] == []
