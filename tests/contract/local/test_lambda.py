"""The local Lambda is as strict as AWS where moto is lax.

moto's gaps, each met by a test here: RevisionId neither checked nor changed; weights neither validated nor used;
aliases on versions that do not exist; versions under an alias deleted; CodeSha256 not checked at publishing; qualifiers
lost on invoke; nothing run without Docker; no limits, timeouts, reserved concurrency or log tails.
"""

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.local.template import handlers_zip, zipped

NUMBERS = count()
ROLE = "arn:aws:iam::123456789012:role/r"
Make = Callable[..., str]


@pytest.fixture
def make(lambda_: Any) -> Iterator[Make]:
    """Creates functions that are gone after the test."""
    made = []

    def create(**settings: Any) -> str:
        name = f"f{next(NUMBERS)}"
        asked = {"Runtime": "python3.13", "Role": ROLE, "Handler": "handlers.handler", "Timeout": 5, **settings}
        lambda_.create_function(FunctionName=name, **{"Code": {"ZipFile": handlers_zip()}, **asked})
        made.append(name)
        return name

    yield create
    for name in made:
        lambda_.delete_function(FunctionName=name)


def invoke(lambda_: Any, name: str, event: Any = None, **more: Any) -> tuple[Any, Any]:
    """The response, and its payload."""
    response = lambda_.invoke(FunctionName=name, Payload=json.dumps(event or {}), **more)
    payload = response["Payload"].read()
    return response, json.loads(payload) if payload else None


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_every_change_changes_the_revision_and_an_old_one_is_refused(lambda_: Any, make: Make) -> None:
    name = make()
    first = lambda_.get_function_configuration(FunctionName=name)["RevisionId"]
    second = lambda_.update_function_configuration(FunctionName=name, Timeout=7, RevisionId=first)["RevisionId"]
    assert first != second
    for call, more in (
        (lambda_.update_function_configuration, {"Timeout": 8}),
        (lambda_.update_function_code, {"ZipFile": handlers_zip("new")}),
        (lambda_.publish_version, {}),
    ):
        with pytest.raises(ClientError) as refused:
            call(FunctionName=name, RevisionId=first, **more)
        assert code(refused) == "PreconditionFailedException"
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert lambda_.get_function_configuration(FunctionName=name)["Timeout"] == 7


def test_an_alias_moves_only_by_its_current_revision(lambda_: Any, make: Make) -> None:
    name = make()
    lambda_.publish_version(FunctionName=name)
    first = lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")["RevisionId"]
    moved = lambda_.update_alias(FunctionName=name, Name="live", Description="x", RevisionId=first)
    with pytest.raises(ClientError) as refused:
        lambda_.update_alias(FunctionName=name, Name="live", FunctionVersion="1", RevisionId=first)
    assert code(refused) == "PreconditionFailedException"
    assert lambda_.get_alias(FunctionName=name, Name="live")["RevisionId"] == moved["RevisionId"]


@pytest.mark.parametrize(
    ("version", "weights", "expected"),
    [
        ("1", {"2": 1.1}, "InvalidParameterValueException"),
        ("1", {"7": 0.5}, "ResourceNotFoundException"),
        ("7", {}, "ResourceNotFoundException"),
        ("1", {"1": 0.5}, "InvalidParameterValueException"),
        ("$LATEST", {"1": 0.5}, "InvalidParameterValueException"),
        ("1", {"2": 0.1, "3": 0.1}, "InvalidParameterValueException"),
    ],
)
def test_an_alias_weighs_at_most_two_versions_that_exist_with_weights_from_0_to_1(
    lambda_: Any, make: Make, version: str, weights: dict[str, float], expected: str
) -> None:
    name = make()
    for number in range(3):
        lambda_.update_function_configuration(FunctionName=name, Description=str(number), Timeout=number + 1)
        lambda_.publish_version(FunctionName=name)
    routing = {"AdditionalVersionWeights": weights}
    with pytest.raises(ClientError) as refused:
        lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion=version, RoutingConfig=routing)
    assert code(refused) == expected
    assert lambda_.list_aliases(FunctionName=name)["Aliases"] == []
    before = lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="3")
    with pytest.raises(ClientError) as refused:
        lambda_.update_alias(FunctionName=name, Name="live", FunctionVersion=version, RoutingConfig=routing)
    assert code(refused) == expected
    assert lambda_.get_alias(FunctionName=name, Name="live")["RevisionId"] == before["RevisionId"]


def test_an_alias_splits_calls_by_its_weights_and_names_the_version_that_ran(lambda_: Any, make: Make) -> None:
    name = make()
    lambda_.publish_version(FunctionName=name)
    lambda_.update_function_configuration(FunctionName=name, Environment={"Variables": {"A": "2"}})
    lambda_.publish_version(FunctionName=name)
    routing = {"AdditionalVersionWeights": {"2": 0.3}}
    lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=routing)
    ran: Counter[str] = Counter()
    for _ in range(200):
        response, answer = invoke(lambda_, name, Qualifier="live")
        assert response["ExecutedVersion"] == answer["context"]["version"]
        assert answer["context"]["arn"].endswith(f":{name}:live")
        ran[response["ExecutedVersion"]] += 1
    assert 30 <= ran["2"] <= 95
    lambda_.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {}})
    assert {invoke(lambda_, f"{name}:live")[0]["ExecutedVersion"] for _ in range(20)} == {"1"}


def test_a_version_keeps_code_environment_and_layers_that_it_was_published_with(lambda_: Any, make: Make) -> None:
    name = make(Environment={"Variables": {"A": "old"}})
    lambda_.publish_version(FunctionName=name)
    layer = {"ZipFile": zipped({"python/from_layer.py": "X = 1\n", "model/file": "x"})}
    arn = lambda_.publish_layer_version(LayerName="some", Content=layer)["LayerVersionArn"]
    variables = {"A": "new", "MODEL_DIR": "/opt/model", "OTHER": "/optional"}
    lambda_.update_function_configuration(FunctionName=name, Layers=[arn], Environment={"Variables": variables})
    lambda_.delete_layer_version(LayerName="some", VersionNumber=int(arn.rpartition(":")[2]))
    _, latest = invoke(lambda_, name)
    _, frozen = invoke(lambda_, name, Qualifier="1")
    assert (frozen["environment"]["A"], latest["environment"]["A"]) == ("old", "new")
    assert ("from_layer" in frozen["modules"], "from_layer" in latest["modules"]) == (False, True)
    assert latest["environment"]["MODEL_DIR"].endswith("/model")
    assert not latest["environment"]["MODEL_DIR"].startswith("/opt")
    assert latest["environment"]["OTHER"] == "/optional"


def test_publishing_without_a_change_gives_the_same_version(lambda_: Any, make: Make) -> None:
    name = make()
    published = [lambda_.publish_version(FunctionName=name)["Version"] for _ in range(2)]
    lambda_.update_function_code(FunctionName=name, ZipFile=handlers_zip("changed"))
    published.append(lambda_.publish_version(FunctionName=name)["Version"])
    assert published == ["1", "1", "2"]


def test_publishing_checks_the_digest_of_the_code(lambda_: Any, make: Make) -> None:
    name = make()
    digest = lambda_.get_function_configuration(FunctionName=name)["CodeSha256"]
    with pytest.raises(ClientError) as refused:
        lambda_.publish_version(FunctionName=name, CodeSha256="A" * 43 + "=")
    assert code(refused) == "InvalidParameterValueException"
    assert lambda_.publish_version(FunctionName=name, CodeSha256=digest)["Version"] == "1"


def test_a_version_under_an_alias_is_not_deleted_nor_its_number_used_again(lambda_: Any, make: Make) -> None:
    name = make()
    lambda_.publish_version(FunctionName=name)
    lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    with pytest.raises(ClientError) as refused:
        lambda_.delete_function(FunctionName=name, Qualifier="1")
    assert code(refused) == "ResourceConflictException"
    lambda_.delete_alias(FunctionName=name, Name="live")
    lambda_.delete_function(FunctionName=name, Qualifier="1")
    assert lambda_.publish_version(FunctionName=name)["Version"] == "2"


def test_what_a_handler_raises_is_an_unhandled_error_with_its_type_and_trace(lambda_: Any, make: Make) -> None:
    response, answer = invoke(lambda_, make(), {"raise": "no good"})
    assert (response["StatusCode"], response["FunctionError"]) == (200, "Unhandled")
    assert (answer["errorType"], answer["errorMessage"]) == ("ValueError", "no good")
    assert "handlers.py" in "".join(answer["stackTrace"])


def test_a_function_that_takes_too_long_is_killed_and_replaced(lambda_: Any, make: Make) -> None:
    name = make(Timeout=1)
    _, before = invoke(lambda_, name)
    response, answer = invoke(lambda_, name, {"sleep": 30})
    assert response["FunctionError"] == "Unhandled"
    assert answer["errorMessage"].endswith("Task timed out after 1.00 seconds")
    _, after = invoke(lambda_, name)
    assert (after["count"], after["pid"] != before["pid"]) == (1, True)


def test_a_function_that_exits_is_replaced(lambda_: Any, make: Make) -> None:
    name = make()
    response, answer = invoke(lambda_, name, {"exit": 3})
    assert (response["FunctionError"], answer["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert "exit status 3" in answer["errorMessage"]
    assert invoke(lambda_, name)[1]["count"] == 1


def test_a_handler_that_cannot_be_imported_says_so(lambda_: Any, make: Make) -> None:
    response, answer = invoke(lambda_, make(Handler="nothing.handler"))
    assert (response["FunctionError"], answer["errorType"]) == ("Unhandled", "Runtime.ImportModuleError")


def test_payloads_over_six_megabytes_are_refused_both_ways(lambda_: Any, make: Make) -> None:
    name = make()
    with pytest.raises(ClientError) as refused:
        lambda_.invoke(FunctionName=name, Payload=json.dumps({"x": "y" * 6_291_556}))
    assert code(refused) == "RequestEntityTooLargeException"
    response, answer = invoke(lambda_, name, {"bytes": 6_300_000})
    assert (response["FunctionError"], answer["errorType"]) == ("Unhandled", "Function.ResponseSizeTooLarge")
    assert len(invoke(lambda_, name, {"bytes": 6_200_000})[1]) == 6_200_000


def test_the_tail_of_the_log_comes_with_the_answer(lambda_: Any, make: Make) -> None:
    response, _ = invoke(lambda_, make(), {"print": "hello log"}, LogType="Tail")
    tail = base64.b64decode(response["LogResult"]).decode()
    assert tail.startswith("START RequestId: ")
    assert "\nhello log\n" in tail
    assert "\nREPORT RequestId: " in tail


def test_log_lines_reach_the_log_group_that_the_function_names(cloud: Any, lambda_: Any) -> None:
    invoke(lambda_, "work", {"print": "a line for the group"})
    logs, deadline = cloud.client("logs"), monotonic() + 10
    found: list[str] = []
    while not found and monotonic() < deadline:
        sleep(0.1)
        events = logs.filter_log_events(logGroupName="/aws/lambda/work")["events"]
        found = [event["message"] for event in events if event["message"] == "a line for the group"]
    assert found == ["a line for the group"]
    assert "a line for the group" in (cloud.state / "logs/aws/lambda/work.log").read_text()


def test_metrics_in_log_lines_become_metrics(cloud: Any, lambda_: Any) -> None:
    directive = {"Namespace": "Tiny", "Dimensions": [["model"]], "Metrics": [{"Name": "Lost", "Unit": "Count"}]}
    line = {"_aws": {"Timestamp": 1_700_000_000_000, "CloudWatchMetrics": [directive]}, "model": "m", "Lost": 3}
    for _ in range(2):
        invoke(lambda_, "work", {"print": json.dumps(line)})
    watch, deadline = cloud.client("cloudwatch"), monotonic() + 10
    total = 0.0
    while total < 6 and monotonic() < deadline:
        sleep(0.1)
        answer = watch.get_metric_statistics(
            Namespace="Tiny", MetricName="Lost", Dimensions=[{"Name": "model", "Value": "m"}], Period=60,
            StartTime=1_699_999_900, EndTime=1_700_000_100, Statistics=["Sum"],
        )  # fmt: skip
        total = sum(point["Sum"] for point in answer["Datapoints"])
    assert total == 6


def test_a_function_sees_its_own_environment_and_nothing_of_the_host(lambda_: Any, make: Make) -> None:
    name = make(Environment={"Variables": {"MINE": "1"}}, MemorySize=256)
    _, answer = invoke(lambda_, name)
    environment = answer["environment"]
    assert "LEAK" not in environment
    assert "HOME" not in environment
    assert answer["modules"] == []  # no package of this machine
    expected = {
        "MINE": "1",
        "AWS_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "TZ": ":UTC",
    }
    assert {key: environment.get(key) for key in expected} == expected
    assert 0 < answer["context"]["remaining_ms"] <= 5000


def test_each_environment_has_a_tmp_of_its_own(lambda_: Any, make: Make) -> None:
    name = make(Environment={"Variables": {"HOME": "/tmp", "CACHE": "/tmp/cache", "OTHER": "/tmpfs"}})
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: invoke(lambda_, name, {"sleep": 0.5})[1]["environment"], range(2)))
    homes = {answer["HOME"] for answer in answers}
    assert len(homes) == 2
    for answer in answers:
        assert (Path(answer["HOME"]).is_dir(), list(Path(answer["HOME"]).iterdir())) == (True, [])
        assert (answer["CACHE"], answer["OTHER"]) == (f"{answer['HOME']}/cache", "/tmpfs")
        assert answer["TMPDIR"] == answer["HOME"]
    invoke(lambda_, name, {"exit": 1})
    deadline = monotonic() + 5
    while sum(Path(home).exists() for home in homes) > 1 and monotonic() < deadline:
        sleep(0.02)
    assert sum(Path(home).exists() for home in homes) == 1, "it goes with its environment"


def test_reserved_variables_are_refused(make: Make) -> None:
    with pytest.raises(ClientError) as refused:
        make(Environment={"Variables": {"AWS_REGION": "mars"}})
    assert code(refused) == "InvalidParameterValueException"


def test_calls_beside_each_other_run_in_environments_of_their_own_and_later_ones_reuse_them(
    lambda_: Any, make: Make
) -> None:
    name = make()
    with ThreadPoolExecutor(4) as together:
        answers = list(together.map(lambda _: invoke(lambda_, name, {"sleep": 0.5})[1]["pid"], range(4)))
    assert len(set(answers)) > 1
    assert invoke(lambda_, name)[1]["pid"] in answers


def test_calls_over_the_reserved_concurrency_are_refused(lambda_: Any, make: Make) -> None:
    name = make()
    lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    with ThreadPoolExecutor(1) as together:
        running = together.submit(invoke, lambda_, name, {"sleep": 1.5})
        sleep(0.7)
        with pytest.raises(ClientError) as refused:
            invoke(lambda_, name)
        assert running.result()[0]["StatusCode"] == 200
    assert code(refused) == "TooManyRequestsException"
    assert invoke(lambda_, name)[0]["StatusCode"] == 200


def test_an_event_is_accepted_at_once_and_run_later(cloud: Any, lambda_: Any) -> None:
    response = lambda_.invoke(FunctionName="work", InvocationType="Event", Payload=b'{"print": "ran as an event"}')
    assert response["StatusCode"] == 202
    log, deadline = cloud.state / "logs/aws/lambda/work.log", monotonic() + 10
    while "ran as an event" not in log.read_text() and monotonic() < deadline:
        sleep(0.05)
    assert "ran as an event" in log.read_text()


def test_a_dry_run_runs_nothing(lambda_: Any, make: Make) -> None:
    name = make()
    assert lambda_.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204
    assert invoke(lambda_, name)[1]["count"] == 1


def test_an_unknown_qualifier_is_not_found(lambda_: Any, make: Make) -> None:
    with pytest.raises(ClientError) as refused:
        lambda_.invoke(FunctionName=make(), Qualifier="live")
    assert code(refused) == "ResourceNotFoundException"


def test_a_permission_is_for_a_qualifier_that_exists(lambda_: Any, make: Make) -> None:
    name = make()
    asked = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
    with pytest.raises(ClientError) as refused:
        lambda_.add_permission(FunctionName=name, Qualifier="live", **asked)
    assert code(refused) == "ResourceNotFoundException"
    lambda_.add_permission(FunctionName=name, **asked)
    with pytest.raises(ClientError) as refused:
        lambda_.add_permission(FunctionName=name, **asked)
    assert code(refused) == "ResourceConflictException"
    statement = json.loads(lambda_.get_policy(FunctionName=name)["Policy"])["Statement"][0]
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}


def test_a_snapstart_version_runs_its_hooks(lambda_: Any, make: Make) -> None:
    hooked = (
        "from snapshot_restore_py import register_after_restore, register_before_snapshot\n"
        "ran = []\nregister_before_snapshot(ran.append, 'before')\nregister_after_restore(ran.append, 'after')\n"
        "def handler(event, context):\n    return ran\n"
    )
    name = make(Code={"ZipFile": zipped({"hooked.py": hooked})}, Handler="hooked.handler",
                SnapStart={"ApplyOn": "PublishedVersions"})  # fmt: skip
    published = lambda_.publish_version(FunctionName=name)
    assert published["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    assert invoke(lambda_, name, Qualifier="1")[1] == ["before", "after"]
    assert invoke(lambda_, name)[1] == []
