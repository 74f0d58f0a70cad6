"""How a model is retrained: its function, the state machine, what sets it off, and who may do what."""

import json
from typing import Any

import pytest

from infra.correction_states import definition
from tests.infra.conftest import Assembly, Template, flat, synthesise

# A model that is retrained by the clock, from a container image.
TUNES = """
[model]
name = "tunes"
task = "regression"
[features.tempo]
type = "float32"
[label]
name = "plays"
[train]
estimator = "estimator:build"
schedule = "monthly"
package = "image"
memory = 4096
"""


# The same by verdict and by hand alone.
HUMS = TUNES.replace("tunes", "hums").replace('schedule = "monthly"\n', "")


@pytest.fixture(scope="session")
def tunes(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    root = tmp_path_factory.mktemp("tunes")
    for name, text in (("tunes", TUNES), ("hums", HUMS)):
        folder = root / "models" / name
        folder.mkdir(parents=True)
        (folder / "model.toml").write_text(text)
        (folder / "estimator.py").write_text("def build():\n    return None\n")
        (folder / "requirements.txt").write_text("lightgbm==4.7.0\n")
    return synthesise("prod", root, tmp_path_factory.mktemp("tunes.out"))


@pytest.fixture(scope="session")
def tunes_stack(tunes: Assembly) -> Template:
    return tunes.template("trimtab-prod-model-tunes")


def retrain_of(template: Template) -> dict[str, Any]:
    (found,) = [each for each in template.all("AWS::Lambda::Function") if "-retrain-" in each["FunctionName"]]
    return found


def machine_of(template: Template) -> dict[str, Any]:
    """The states; functions by their names."""
    text = flat(template.only("AWS::StepFunctions::StateMachine")["DefinitionString"])
    document: dict[str, Any] = json.loads(text)
    return document


def statements(role: dict[str, Any]) -> dict[str, tuple[list[str], list[str]]]:
    """Actions and resources by the statement's name."""
    found = {}
    for policy in role["Policies"]:
        for each in policy["PolicyDocument"]["Statement"]:
            actions, resources = (
                value if isinstance(value, list) else [value] for value in (each["Action"], each["Resource"])
            )
            found[each["Sid"]] = (sorted(actions), sorted(flat(resource) for resource in resources))
    return found


def test_retrain_has_its_own_zip_and_the_layer_that_all_models_share(production: Assembly, flights: Template) -> None:
    function = retrain_of(flights)
    assert function["FunctionName"] == "trimtab-prod-retrain-flights"
    assert (function["MemorySize"], function["Timeout"]) == (3008, 900)
    assert [flat(layer) for layer in function["Layers"]] == ["<RetrainingLibraries>"]
    layer = flights.only("AWS::Lambda::LayerVersion")
    assert layer["CompatibleRuntimes"] == ["python3.13"]
    staged = json.loads((production.folder / "trimtab-prod-model-flights.assets.json").read_text())["files"]
    assert layer["Content"]["S3Key"].removesuffix(".zip") in staged
    assert function["Code"]["S3Key"] != layer["Content"]["S3Key"]


def test_what_there_is_nothing_to_fit_of_has_nothing_to_retrain_it(tides: Template, waves: Template) -> None:
    for template in (tides, waves):
        assert not template.of_type("AWS::StepFunctions::StateMachine")
        assert not template.of_type("AWS::Lambda::LayerVersion")


def test_retrain_reads_rows_and_keeps_candidates_of_its_own_model_alone(flights: Template) -> None:
    rights = statements(flights.role_of("lambda", "retrain-flights may do"))
    (artifacts,) = rights["ListArtifacts"][1]
    assert rights["ReadRows"] == (["s3:GetObject"], [f"{artifacts}/training/model=flights/*"])
    assert rights["KeepCandidates"] == (["s3:GetObject", "s3:PutObject"], [f"{artifacts}/candidates/model=flights/*"])
    assert rights["KeepCode"] == (["s3:PutObject"], [f"{artifacts}/training/model=flights/*.zip"])
    assert set(rights) == {"ListArtifacts", "ReadRows", "KeepCandidates", "KeepCode", "Logs", "Traces"}


def test_the_state_machine_may_invoke_three_functions(flights: Template) -> None:
    rights = statements(flights.role_of("states", "correction of flights may do"))
    actions, functions = rights["Steps"]
    assert actions == ["lambda:InvokeFunction"]
    assert [name.rpartition(":")[2] for name in functions if ":" in name] == [
        "trimtab-prod-gate",
        "trimtab-prod-snapshot",
    ]
    assert "<RetrainingRetrainFunction.Arn>" in functions
    assert set(rights) == {"Steps", "Logs", "Traces"}


def test_the_state_machine_is_standard_logged_and_traced(flights: Template) -> None:
    machine = flights.only("AWS::StepFunctions::StateMachine")
    assert machine["StateMachineName"] == "trimtab-prod-correct-flights"
    assert machine["StateMachineType"] == "STANDARD"
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["TracingConfiguration"] == {"Enabled": True}


def test_the_steps_follow_one_another_and_hand_on_what_the_next_one_needs(flights: Template) -> None:
    states = machine_of(flights)["States"]
    path, at = [], "Snapshot"
    while at != "Done":
        path.append(at)
        state = states[at]
        at = state["Next"] if "Next" in state else state["Choices"][0]["Next"]
    assert path == ["Snapshot", "IsReady", "WhichEngine", "Retrain", "IsFitted", "Gate"]
    payloads = {name: states[name]["Parameters"]["Payload"] for name in ("Snapshot", "Retrain", "Gate")}
    every = {"model.$": "$.model", "time.$": "$.time", "execution.$": "$$.Execution.Name"}
    assert payloads == {
        "Snapshot": {**every, "action": "snapshot", "cause.$": "$.cause", "by.$": "$.by"},
        "Retrain": {**every, "snapshot.$": "$.snapshot.answer.snapshot"},
        "Gate": {
            **every,
            "action": "gate",
            "snapshot.$": "$.snapshot.answer.snapshot",
            "candidate.$": "$.retrain.answer.candidate",
        },
    }


def test_each_step_is_tried_again_where_that_may_help_and_its_failure_is_recorded(flights: Template) -> None:
    states = machine_of(flights)["States"]
    for name in ("Snapshot", "Retrain", "Gate", "RecordRefusal"):
        retried = [error for retry in states[name]["Retry"] for error in retry["ErrorEquals"]]
        assert {"Lambda.ServiceException", "Lambda.TooManyRequestsException", "UnavailableError"} <= set(retried)
        assert all(retry["BackoffRate"] > 1 and retry["JitterStrategy"] == "FULL" for retry in states[name]["Retry"])
        assert states[name]["Catch"] == [
            {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "RecordFailure"}
        ]
        assert states[name]["TimeoutSeconds"] > 900
    assert states["RecordFailure"]["Parameters"]["Payload"]["action"] == "failed"
    assert states["RecordFailure"]["Next"] == "Failed"
    assert states["Failed"]["Type"] == "Fail"


def test_every_way_through_the_states_ends() -> None:
    states = definition("snapshot", "retrain", "gate")["States"]
    ends = {name for name, state in states.items() if state["Type"] in ("Succeed", "Fail")}
    assert ends == {"Done", "Failed"}
    for name, state in states.items():
        ways = [state.get("Next"), state.get("Default")]
        ways += [each["Next"] for each in (*state.get("Choices", ()), *state.get("Catch", ()))]
        assert name in ends or any(ways)
        assert {way for way in ways if way} <= set(states)


def test_an_engine_that_is_not_there_is_recorded_with_a_plain_word() -> None:
    states = definition("snapshot", "retrain", "gate")["States"]
    assert states["WhichEngine"]["Default"] == "HandOver"
    assert states["HandOver"]["Result"]["Error"] == "EngineNotAvailable"
    assert states["HandOver"]["Next"] == "RecordFailure"


def test_a_verdict_on_this_model_starts_it_at_the_verdicts_time(flights: Template) -> None:
    (rule,) = [each for each in flights.all("AWS::Events::Rule") if "Retrains" in each["Description"]]
    assert rule["EventBusName"] == "trimtab-prod"
    assert rule["EventPattern"]["detail"] == {"model": ["flights"], "retrain": [True]}
    (target,) = rule["Targets"]
    assert flat(target["Arn"]) == "<RetrainingStateMachine.Arn>"
    transformer = target["InputTransformer"]
    assert transformer["InputPathsMap"] == {"time": "$.time"}
    filled = json.loads(transformer["InputTemplate"].replace("<time>", "2013-04-01T00:15:00Z"))
    assert filled == {"model": "flights", "cause": "verdict", "by": "verdict", "time": "2013-04-01T00:15:00Z"}


def test_who_starts_it_can_do_nothing_else(flights: Template, tunes_stack: Template) -> None:
    for template, service in ((flights, "events"), (tunes_stack, "events"), (tunes_stack, "scheduler")):
        model = template.only("AWS::StepFunctions::StateMachine")["StateMachineName"].rpartition("-")[2]
        role = template.role_of(service, f"Starts the correction of {model}")
        assert statements(role) == {"Start": (["states:StartExecution"], ["<RetrainingStateMachine.Arn>"])}


def test_a_model_without_a_schedule_is_not_retrained_by_the_clock(tunes: Assembly) -> None:
    hums = tunes.template("trimtab-prod-model-hums")
    assert machine_of(hums)
    assert not any("retrain" in each["Name"] for each in hums.all("AWS::Scheduler::Schedule"))


def test_a_schedule_starts_it_at_its_own_time(tunes_stack: Template) -> None:
    (schedule,) = [each for each in tunes_stack.all("AWS::Scheduler::Schedule") if "retrain" in each["Name"]]
    assert schedule["ScheduleExpression"] == "cron(30 1 ? * MON *)"
    assert json.loads(schedule["Target"]["Input"]) == {
        "model": "tunes",
        "cause": "schedule",
        "by": "schedule",
        "time": "<aws.scheduler.scheduled-time>",
    }


def test_an_image_is_built_from_a_folder_that_has_all_it_needs(tunes: Assembly, tunes_stack: Template) -> None:
    function = retrain_of(tunes_stack)
    assert function["PackageType"] == "Image"
    assert function["MemorySize"] == 4096
    assert not {"Layers", "Handler", "Runtime"} & set(function)
    staged = json.loads((tunes.folder / "trimtab-prod-model-tunes.assets.json").read_text())
    (image,) = staged["dockerImages"].values()
    context = tunes.folder / image["source"]["directory"]
    dockerfile = (context / "Dockerfile").read_text()
    for line in dockerfile.splitlines():
        if line.startswith("COPY"):
            assert (context / line.split()[1]).exists(), line
    assert 'CMD ["functions.retrain.handler.handler"]' in dockerfile
    assert (context / "functions/retrain/handler.py").is_file()
    assert {path.name for path in (context / "models/tunes").iterdir()} == {
        "estimator.py",
        "model.toml",
        "requirements.txt",
    }


def test_an_image_and_a_schedule_break_no_rule_either(tunes: Assembly) -> None:
    for name, report in tunes.reports.items():
        assert (name, report["conclusion"], report["violations"]) == (name, "success", [])
