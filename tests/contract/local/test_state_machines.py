"""State machines: moto's interpreter runs our functions, in virtual time, and all that it sets off is waited for."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.local.cloud import LocalCloud, running
from tests.contract.local.machine_template import ARN, MACHINE, STEP, machine_resources, state_machine
from tests.contract.local.template import write_assembly
from tests.contract.local.virtual_time import DAY, HOUR, MARCH, iso, move, told, wait_for

MONDAY = MARCH + 3 * DAY  # 2013-03-04
MANY = 12
AT_ONCE_S = 10.0  # the pauses that the definition asks for are longer


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_assembly(tmp_path_factory.mktemp("assembly"), machine_resources())


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, assembly: Path) -> Iterator[LocalCloud]:
    """A cloud in virtual time."""
    with running(tmp_path_factory.mktemp("machines") / "state", assembly) as cloud:
        move(cloud, MARCH)
        yield cloud


def begin(cloud: LocalCloud, name: str, **asked: Any) -> str:
    """Start an execution; its ARN."""
    text = json.dumps(asked)
    started = cloud.client("stepfunctions").start_execution(stateMachineArn=ARN, name=name, input=text)
    return str(started["executionArn"])


def settle(cloud: LocalCloud) -> list[str]:
    """Wait until nothing is under way; what failed."""
    status, answer = cloud.control("settle", {})
    assert status == 200, answer
    failures: list[str] = answer["failures"]
    return failures


def steps(cloud: LocalCloud, execution: str) -> list[dict[str, Any]]:
    """What the function was given by an execution."""
    return [one for one in told(cloud, "step") if one.get("execution") == execution]


def history(cloud: LocalCloud, arn: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = cloud.client("stepfunctions").get_execution_history(executionArn=arn)["events"]
    return events


def test_an_execution_runs_our_functions_and_its_times_are_the_clocks(cloud: LocalCloud) -> None:
    arn = begin(cloud, "through", first={"decision": "go"})
    assert settle(cloud) == []
    seen = cloud.client("stepfunctions").describe_execution(executionArn=arn)
    assert (seen["status"], json.loads(seen["output"])) == ("SUCCEEDED", {"last": "second"})
    assert seen["startDate"] == seen["stopDate"] == datetime.fromtimestamp(MARCH, UTC)
    (first,) = steps(cloud, "through")
    assert (first["started"], first["asked"]) == ("2013-03-01T00:00:00.000Z", {"decision": "go"})
    events = history(cloud, arn)
    assert {event["timestamp"] for event in events} == {datetime.fromtimestamp(MARCH, UTC)}
    entered = [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
    assert entered == ["First", "Decide", "Second", "Shape", "Done"]


def test_executions_are_listed_and_named_once(cloud: LocalCloud) -> None:
    states = cloud.client("stepfunctions")
    begin(cloud, "once", first={"decision": "stop"})
    settle(cloud)
    listed = states.list_executions(stateMachineArn=ARN, statusFilter="SUCCEEDED")["executions"]
    assert "once" in {one["name"] for one in listed}
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        begin(cloud, "once", first={"decision": "go"})
    with pytest.raises(ClientError, match="InvalidName"):
        states.start_execution(stateMachineArn=ARN, name="no spaces", input="{}")
    with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
        states.start_execution(stateMachineArn=ARN + "x", input="{}")
    unnamed = [
        states.start_execution(stateMachineArn=ARN, input='{"first": {"decision": "stop"}}')["executionArn"]
        for _ in range(2)
    ]
    assert len({*unnamed}) == 2
    assert settle(cloud) == []


def test_executions_at_once_each_end_whole(cloud: LocalCloud) -> None:
    """Whoever reads SUCCEEDED reads the output too: the end is written under moto's lock."""
    states, ended = cloud.client("stepfunctions"), []

    def run(number: int) -> None:
        arn = begin(cloud, f"many-{number}", first={"decision": "go"})
        while (seen := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            sleep(0.01)
        ended.append((seen["status"], seen.get("output"), seen.get("stopDate")))

    threads = [threading.Thread(target=run, args=[number]) for number in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ended == [("SUCCEEDED", '{"last": "second"}', datetime.fromtimestamp(MARCH, UTC))] * MANY
    assert settle(cloud) == []


def test_retries_are_made_and_a_wait_passes_at_once_in_virtual_time(cloud: LocalCloud) -> None:
    begun = perf_counter()
    arn = begin(cloud, "retried", first={"fail": 2, "decision": "wait"})
    assert settle(cloud) == []
    assert perf_counter() - begun < AT_ONCE_S
    assert cloud.client("stepfunctions").describe_execution(executionArn=arn)["status"] == "SUCCEEDED"
    assert len(steps(cloud, "retried")) == 3
    types = [event["type"] for event in history(cloud, arn)]
    assert (types.count("TaskFailed"), types.count("WaitStateExited")) == (2, 1)


def test_an_error_is_caught_recorded_and_told_once(cloud: LocalCloud) -> None:
    arn = begin(cloud, "failing", first={"raise": "no such column"}, recorded={"decision": "noted"})
    (failure,) = settle(cloud)
    assert failure == f"Step Functions: {MACHINE}:failing: FAILED: Failed: see the record"
    assert settle(cloud) == []
    seen = cloud.client("stepfunctions").describe_execution(executionArn=arn)
    assert (seen["status"], seen["error"], seen["cause"]) == ("FAILED", "Failed", "see the record")
    assert [one["step"] for one in steps(cloud, "failing")] == ["first", "record"], "a ValueError is not retried"
    (caught,) = [event["taskFailedEventDetails"] for event in history(cloud, arn) if event["type"] == "TaskFailed"]
    assert caught["error"] == "ValueError"
    assert "no such column" in caught["cause"]


def test_retries_end_after_as_many_attempts_as_the_definition_lets(cloud: LocalCloud) -> None:
    begin(cloud, "hopeless", first={"fail": 9}, recorded={})
    assert len(settle(cloud)) == 1
    assert [one["step"] for one in steps(cloud, "hopeless")] == ["first", "first", "first", "record"]


def test_one_that_is_stopped_is_so_at_once_and_stays_so(cloud: LocalCloud) -> None:
    states = cloud.client("stepfunctions")
    arn = begin(cloud, "stopped", first={"sleep": 1})
    wait_for(lambda: bool(steps(cloud, "stopped")))
    assert states.describe_execution(executionArn=arn)["status"] == "RUNNING"
    states.stop_execution(executionArn=arn)
    assert states.describe_execution(executionArn=arn)["status"] == "ABORTED"
    assert settle(cloud) == [], "that somebody stopped it is no failure"
    seen = states.describe_execution(executionArn=arn)
    assert (seen["status"], seen["stopDate"]) == ("ABORTED", datetime.fromtimestamp(MARCH, UTC))
    assert not any("second" in str(event) for event in history(cloud, arn))


def test_a_function_that_is_missing_is_an_error_of_lambda(cloud: LocalCloud) -> None:
    states = cloud.client("stepfunctions")
    nowhere = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True,
               "Parameters": {"FunctionName": "nobody", "Payload": {}}}  # fmt: skip
    text = json.dumps({"StartAt": "Only", "States": {"Only": nowhere}})
    made = states.create_state_machine(name="nowhere", definition=text, roleArn="arn:aws:iam::123456789012:role/any")
    arn = states.start_execution(stateMachineArn=made["stateMachineArn"], name="lost")["executionArn"]
    assert settle(cloud)[0].startswith("Step Functions: nowhere:lost: FAILED: Lambda.ResourceNotFoundException")
    assert states.describe_execution(executionArn=arn)["error"] == "Lambda.ResourceNotFoundException"


def test_a_rule_starts_one_through_its_targets_role(cloud: LocalCloud) -> None:
    event = {"Source": "trimtab", "DetailType": "Verdict", "Detail": '{"model": "m"}'}
    cloud.client("events").put_events(Entries=[event])
    assert settle(cloud) == []
    newest = cloud.client("stepfunctions").list_executions(stateMachineArn=ARN)["executions"]
    inputs = [
        json.loads(cloud.client("stepfunctions").describe_execution(executionArn=one["executionArn"])["input"])
        for one in newest
    ]
    assert {"model": "m", "time": iso(MARCH), "first": {"decision": "stop"}} in inputs


def test_a_managed_policy_lets_a_role_too_by_its_default_version(cloud: LocalCloud) -> None:
    iam, events, states = cloud.client("iam"), cloud.client("events"), cloud.client("stepfunctions")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "events.amazonaws.com"}}
    role = iam.create_role(RoleName="managed", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))["Role"]
    may = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": ARN}
    document = json.dumps({"Version": "2012-10-17", "Statement": [{**may, "Resource": ARN + "-other"}]})
    arn = iam.create_policy(PolicyName="start", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="managed", PolicyArn=arn)
    events.put_rule(Name="managed", EventPattern='{"source": ["managed"]}')
    target = {"Id": "0", "Arn": ARN, "RoleArn": role["Arn"], "Input": '{"first": {"decision": "stop"}}'}
    events.put_targets(Rule="managed", Targets=[target])
    before = len(states.list_executions(stateMachineArn=ARN)["executions"])
    entry = {"Source": "managed", "DetailType": "x", "Detail": "{}"}
    events.put_events(Entries=[entry])
    (failure,) = settle(cloud)
    assert "does not let states:StartExecution" in failure
    changed = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=changed, SetAsDefault=True)
    events.put_events(Entries=[entry])
    assert settle(cloud) == []
    assert len(states.list_executions(stateMachineArn=ARN)["executions"]) == before + 1


def test_a_role_that_another_service_may_assume_does_not_do(cloud: LocalCloud) -> None:
    cloud.client("events").put_events(Entries=[{"Source": "unlet", "DetailType": "Verdict", "Detail": "{}"}])
    (failure,) = settle(cloud)
    assert failure.endswith("assume it")
    assert "does not let events.amazonaws.com for" in failure


def test_what_a_due_time_set_off_is_finished_before_the_next(cloud: LocalCloud) -> None:
    before = len(told(cloud, "step"))
    answer = move(cloud, MONDAY + 2 * HOUR)
    assert [(one["schedule"], one["time"]) for one in answer["fired"]] == [
        ("weekly", "2013-03-04T01:30:00Z"), ("after", "2013-03-04T01:31:00Z"),
    ]  # fmt: skip
    assert [one["step"] for one in told(cloud, "step")[before:]] == ["first", "second", "after"]
    (execution,) = [
        one
        for one in cloud.client("stepfunctions").list_executions(stateMachineArn=ARN)["executions"]
        if one["startDate"] == datetime.fromtimestamp(MONDAY + 1.5 * HOUR, UTC)
    ]
    assert execution["stopDate"] == execution["startDate"], "the clock stood still while it ran"
    assert settle(cloud) == []


def test_a_schedule_whose_role_may_not_start_it_says_so(cloud: LocalCloud) -> None:
    (failed,) = [one for one in move(cloud, MONDAY + 2 * DAY)["fired"] if "error" in one]
    assert failed["schedule"] == "unable"
    assert "does not let states:StartExecution on " + ARN in failed["error"]
    assert settle(cloud) == [f"schedule unable: {failed['error']}"]


def test_settle_tells_of_events_too_and_takes_nothing(cloud: LocalCloud) -> None:
    text = json.dumps({"step": "event", "asked": {"raise": "lost"}})
    cloud.client("lambda").invoke(FunctionName="step", InvocationType="Event", Payload=text)
    assert settle(cloud) == [f"{STEP}, sent an event: ValueError: lost"]
    status, answer = cloud.control("settle", {"now": True})
    assert status == 400
    assert "takes nothing" in answer["error"]


def test_a_restart_keeps_the_machine_and_runs_no_execution_again(assembly: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with running(state, assembly) as cloud:
        move(cloud, MARCH)
        begin(cloud, "before", first={"decision": "go"})
        settle(cloud)
        begin(cloud, "cut", first={"sleep": 3})
        wait_for(lambda: bool(steps(cloud, "cut")))
        cloud.kill()
    with running(state, assembly) as cloud:
        states = cloud.client("stepfunctions")
        machine = states.describe_state_machine(stateMachineArn=ARN)
        assert (machine["name"], machine["type"], machine["status"]) == (MACHINE, "STANDARD", "ACTIVE")
        assert states.list_executions(stateMachineArn=ARN)["executions"] == []
        begin(cloud, "before", first={"decision": "stop"})
        assert settle(cloud) == []
        assert len(steps(cloud, "cut")) == 1
        changed = write_assembly(tmp_path / "changed", {**machine_resources(), "Machine": state_machine(Tags=[])})
        assert cloud.control("deploy", {"assembly": str(changed)})[1]["resources"]["changed"] == 1
