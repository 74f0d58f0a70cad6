"""An alias with weights behind the gateway: who answers, and what the metrics say of each version."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.local.cloud import LocalCloud, running
from tests.contract.local.template import api_resources, base_resources, write_assembly
from tests.contract.local.virtual_time import MARCH, MINUTE, iso, move

CALLS = 60
LIVE = {"FunctionName": "web", "Resource": "web:live"}
METRICS = ("Invocations", "Errors", "Throttles", "Duration")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A cloud in virtual time whose API invokes `web:live`, which stands on two versions."""
    resources = {**base_resources(), **api_resources()}
    for resource in resources.values():
        integration = resource["Properties"].get("Integration")
        if integration is not None:
            integration["Uri"] = {"Fn::Sub": integration["Uri"]["Fn::Sub"].replace("${Web.Arn}", "${Web.Arn}:live")}
    folder = tmp_path_factory.mktemp("split")
    with running(folder / "state", write_assembly(folder / "assembly", resources)) as cloud:
        lambda_ = cloud.client("lambda")
        for number in (1, 2):
            lambda_.update_function_configuration(FunctionName="web", Description=str(number))
            lambda_.update_function_configuration(FunctionName="web", Environment={"Variables": {"A": str(number)}})
            lambda_.publish_version(FunctionName="web")
        lambda_.create_alias(FunctionName="web", Name="live", FunctionVersion="1")
        may = {"Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
        lambda_.add_permission(FunctionName="web", Qualifier="live", StatementId="gateway", **may)
        move(cloud, MARCH)
        yield cloud


def weigh(cloud: LocalCloud, weights: dict[str, float]) -> None:
    routing = {"AdditionalVersionWeights": weights}
    cloud.client("lambda").update_alias(FunctionName="web", Name="live", RoutingConfig=routing)


def ask(cloud: LocalCloud, query: str = "") -> tuple[int, str]:
    """The status of one call through the gateway, and the version that answered it."""
    answer = cloud.get(f"/tiny/open{query}")
    return answer.status, answer.headers.get("X-Version", "")


def summed(cloud: LocalCloud, at: int, **dimensions: str) -> dict[str, float | None]:
    """Each of Lambda's metrics in the minute that begins at `at`: the sum, of Duration the number of values."""
    watch = cloud.client("cloudwatch")
    found: dict[str, float | None] = {}
    for name in METRICS:
        kind = "SampleCount" if name == "Duration" else "Sum"
        points = watch.get_metric_statistics(
            Namespace="AWS/Lambda", MetricName=name, Period=60, Statistics=[kind],
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=iso(at), EndTime=iso(at + MINUTE),
        )["Datapoints"]  # fmt: skip
        found[name] = points[0][kind] if points else None
    return found


def test_the_gateway_honours_the_weights_and_each_version_has_its_metrics(cloud: LocalCloud) -> None:
    at = MARCH + MINUTE
    move(cloud, at)
    weigh(cloud, {"2": 0.4})
    ran = Counter(ask(cloud)[1] for _ in range(CALLS))
    assert ran["1"] + ran["2"] == CALLS
    assert 6 <= ran["2"] <= 42, "0.4 of 60, by five standard deviations"
    weigh(cloud, {"2": 1.0})
    failed = ask(cloud, "?raise=1")[0]
    assert failed == 502
    move(cloud, at + MINUTE)
    first, second = (summed(cloud, at, **LIVE, ExecutedVersion=version) for version in "12")
    assert first == {"Invocations": ran["1"], "Errors": 0, "Throttles": 0, "Duration": ran["1"]}
    assert second == {"Invocations": ran["2"] + 1, "Errors": 1, "Throttles": 0, "Duration": ran["2"] + 1}
    assert summed(cloud, at, **LIVE)["Invocations"] == CALLS + 1


def test_a_throttled_call_counts_for_the_version_that_was_drawn(cloud: LocalCloud) -> None:
    at = MARCH + 10 * MINUTE
    move(cloud, at)
    weigh(cloud, {"2": 1.0})
    cloud.client("lambda").put_function_concurrency(FunctionName="web", ReservedConcurrentExecutions=0)
    assert ask(cloud)[0] == 500
    cloud.client("lambda").delete_function_concurrency(FunctionName="web")
    move(cloud, at + MINUTE)
    assert summed(cloud, at, **LIVE, ExecutedVersion="2")["Throttles"] == 1
    assert summed(cloud, at, **LIVE, ExecutedVersion="1")["Throttles"] is None


def test_an_alias_on_one_version_has_no_metrics_of_its_own_for_it(cloud: LocalCloud) -> None:
    at = MARCH + 20 * MINUTE
    move(cloud, at)
    weigh(cloud, {})
    assert {ask(cloud)[1] for _ in range(5)} == {"1"}
    move(cloud, at + MINUTE)
    found: dict[str, Any] = summed(cloud, at, **LIVE, ExecutedVersion="1")
    assert set(found.values()) == {None}
    assert summed(cloud, at, **LIVE)["Invocations"] == 5
