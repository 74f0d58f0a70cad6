"""An alarm takes a release back that has just gone live: how long that takes, from CloudWatch to the alias."""

from time import perf_counter, sleep
from typing import Any

import pytest

from functions.domain.release_function import LIVE
from trimtab.deploy import Deployment
from trimtab.function_call import call_function
from trimtab.judge_now import now
from trimtab.releases import promote
from trimtab.stage import Stage

BACK_WITHIN_S = 2.0
MODEL = "flights"


def live(stage: Stage) -> dict[str, Any]:
    function = stage.names.function("predict", MODEL)
    alias: dict[str, Any] = stage.client("lambda").get_alias(FunctionName=function, Name=LIVE)
    return alias


def looks(stage: Stage) -> dict[str, Any]:
    """What the schedule would ask for."""
    event = {"action": "reconcile", "model": MODEL, "time": now(stage).isoformat(), "by": "tests"}
    return call_function(stage, stage.names.function("roll_out"), event)


@pytest.mark.usefixtures("local_only")
def test_an_alarm_takes_new_code_back_within_two_seconds(stage: Stage, deployment: Deployment) -> None:
    function, lambda_ = stage.names.function("predict", MODEL), stage.client("lambda")
    before = live(stage)
    memory = lambda_.get_function_configuration(FunctionName=function)["MemorySize"]
    lambda_.update_function_configuration(FunctionName=function, MemorySize=memory + 64)
    try:
        looks(stage)
        bad = promote(stage, MODEL)["live"]
        assert live(stage)["FunctionVersion"] == str(bad) != before["FunctionVersion"]

        alarm = stage.names.alarm("errors", MODEL)
        began = perf_counter()
        stage.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a drill")
        while live(stage)["FunctionVersion"] != before["FunctionVersion"]:
            assert perf_counter() - began < 30, "the alarm did not take it back"
            sleep(0.02)
        took = perf_counter() - began

        print(f"alarm to alias back on release {before['FunctionVersion']}: {took:.2f} s")
        assert took < BACK_WITHIN_S
        assert live(stage)["FunctionVersion"] == str(deployment.release)
        assert f"alarm {alarm}" in live(stage)["Description"]
        assert looks(stage)["live"] == deployment.release, "what was rolled back does not come again by itself"
    finally:
        lambda_.update_function_configuration(FunctionName=function, MemorySize=memory)
