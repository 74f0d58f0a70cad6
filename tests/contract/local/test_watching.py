"""Events, metrics, alarms and topics: through boto3, as functions and people use them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from tests.contract.local.cloud import LocalCloud, running
from tests.contract.local.template import api_resources, write_assembly
from tests.contract.local.time_template import BUS, TOPIC, time_resources
from tests.contract.local.virtual_time import DAY, MARCH, MINUTE, iso, move, told, wait_for

ALARMS = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A cloud in virtual time."""
    assembly = write_assembly(tmp_path_factory.mktemp("assembly"), {**time_resources(), **api_resources()})
    with running(tmp_path_factory.mktemp("watch") / "state", assembly) as cloud:
        move(cloud, MARCH)
        yield cloud


@pytest.fixture
def now(cloud: LocalCloud) -> int:
    """A whole minute, an hour after whatever was before and away from the schedules; the clock stands there."""
    before = datetime.fromisoformat(cloud.control("status")[1]["clock"]["now"]).timestamp()
    start = int(before) // 3600 * 3600 + 2 * 3600 + 30 * MINUTE
    move(cloud, start)
    return start


@pytest.fixture
def queue(cloud: LocalCloud) -> Iterator[str]:
    """A queue that is subscribed to the topic."""
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    url = sqs.create_queue(QueueName="alerts")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = f"arn:aws:sns:us-east-1:123456789012:{TOPIC}"
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
    yield url
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)


def received(cloud: LocalCloud, queue: str) -> list[dict[str, Any]]:
    """The notifications in the queue."""
    messages = cloud.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


def entry(**more: Any) -> dict[str, Any]:
    return {"Source": "trimtab", "DetailType": "Verdict", "Detail": "{}", "EventBusName": BUS, **more}


def state(cloud: LocalCloud, alarm: str) -> dict[str, Any]:
    found: dict[str, Any] = cloud.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]
    return found


def fail(cloud: LocalCloud, times: int = 1) -> None:
    for _ in range(times):
        cloud.client("lambda").invoke(FunctionName="work", Payload=b'{"raise": "x"}')


def test_an_event_reaches_the_functions_and_topics_of_the_rules_that_match(
    cloud: LocalCloud, now: int, queue: str
) -> None:
    before = len(told(cloud))
    detail = {"model": "flights", "verdict": "RETRAIN"}
    keep = {"model": "flights", "verdict": "KEEP"}
    answer = cloud.client("events").put_events(
        Entries=[entry(Detail=json.dumps(detail), Resources=["r"]), entry(Detail=json.dumps(keep)),
                 entry(Detail=json.dumps(detail), EventBusName="default")]
    )  # fmt: skip
    assert answer["FailedEntryCount"] == 0
    assert len({one["EventId"] for one in answer["Entries"]}) == 3
    move(cloud, now)
    assert told(cloud)[before:] == [{"what": "verdict", "model": "flights", "said": f"at {iso(now)}"}]
    (message,) = received(cloud, queue)
    assert json.loads(message["Message"]) == {
        "version": "0", "id": answer["Entries"][0]["EventId"], "detail-type": "Verdict", "source": "trimtab",
        "account": "123456789012", "time": iso(now), "region": "us-east-1", "resources": ["r"], "detail": detail,
    }  # fmt: skip


def test_wrong_entries_are_refused_one_by_one_and_the_good_ones_are_taken(cloud: LocalCloud) -> None:
    answer = cloud.client("events").put_events(
        Entries=[
            entry(),
            entry(Detail="[1]"),
            entry(Detail="{"),
            entry(Source=""),
            entry(EventBusName="none"),
            entry(Detail=json.dumps({"x": "y" * 262_144})),
            entry(Source="aws.mine"),
        ]
    )
    codes = [one.get("ErrorCode") for one in answer["Entries"]]
    assert codes == [None, "MalformedDetail", "MalformedDetail", "InvalidArgument", "InvalidArgument",
                     "InvalidArgument", "NotAuthorizedForSourceException"]  # fmt: skip
    assert answer["FailedEntryCount"] == 6
    with pytest.raises(cloud.client("events").exceptions.ClientError, match="it holds 11, not 1 to 10"):
        cloud.client("events").put_events(Entries=[entry()] * 11)


def test_the_event_of_an_alarm_has_the_form_that_cloudwatch_documents(cloud: LocalCloud, now: int) -> None:
    """CloudWatch user guide, "Alarm events and EventBridge", a single-metric alarm; at the time of the change."""
    before = len(told(cloud))
    fail(cloud)
    move(cloud, now + 2 * MINUTE + 30)
    sent = [one for one in told(cloud)[before:] if one.get("resources") == [ALARMS + "work-errors"]]
    (event,) = [one for one in sent if one["detail"]["state"]["value"] == "ALARM"]
    assert set(event) == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
    }  # fmt: skip
    assert (event["version"], event["source"], event["detail-type"]) == (
        "0", "aws.cloudwatch", "CloudWatch Alarm State Change",
    )  # fmt: skip
    assert (event["account"], event["region"], event["time"]) == ("123456789012", "us-east-1", iso(now + MINUTE))
    detail = event["detail"]
    assert set(detail) == {"alarmName", "configuration", "previousState", "state"}
    assert (detail["alarmName"], detail["configuration"]["description"]) == ("work-errors", "work fails")
    (metric,) = detail["configuration"]["metrics"]
    assert (set(metric), metric["returnData"]) == ({"id", "metricStat", "returnData"}, True)
    assert (metric["metricStat"]["period"], metric["metricStat"]["stat"]) == (60, "Sum")
    assert set(detail["state"]) == {"value", "reason", "reasonData", "timestamp"}
    assert detail["state"]["timestamp"] == iso(now + MINUTE).replace("Z", ".000+0000")
    why = json.loads(detail["state"]["reasonData"])
    assert (why["version"], why["statistic"], why["period"], why["threshold"]) == ("1.0", "Sum", 60, 1)
    assert why["recentDatapoints"] == [1.0]


def test_a_rule_without_permission_invokes_nothing_and_the_output_says_why(cloud: LocalCloud, now: int) -> None:
    before = len(told(cloud))
    cloud.client("events").put_events(Entries=[entry(Source="unlet", EventBusName="default")])
    move(cloud, now)
    assert len(told(cloud)) == before
    assert "has no permission for events.amazonaws.com" in cloud.log.read_text()


def test_an_alarm_tells_its_topic_and_the_bus_when_it_changes_and_only_then(
    cloud: LocalCloud, now: int, queue: str
) -> None:
    assert state(cloud, "work-errors")["StateValue"] == "OK"
    before = len(told(cloud))
    fail(cloud)
    assert move(cloud, now + MINUTE)["alarms"]["work-errors"] == "ALARM"
    shown = state(cloud, "work-errors")
    assert shown["StateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoint [1.0 (")
    assert shown["StateUpdatedTimestamp"] == datetime.fromtimestamp(now + MINUTE, UTC)
    (message,) = received(cloud, queue)
    assert message["Subject"] == 'ALARM: "work-errors" in US East (N. Virginia)'
    said = json.loads(message["Message"])
    assert (said["NewStateValue"], said["OldStateValue"], said["AlarmDescription"]) == ("ALARM", "OK", "work fails")
    assert said["Trigger"]["Dimensions"] == [{"value": "work", "name": "FunctionName"}]
    (event,) = [one for one in told(cloud)[before:] if one.get("resources") == [ALARMS + "work-errors"]]
    assert event["detail"]["state"]["value"] == "ALARM"
    assert event["detail"]["previousState"]["value"] == "OK"
    assert event["detail"]["configuration"]["metrics"][0]["metricStat"]["metric"] == {
        "namespace": "AWS/Lambda", "name": "Errors", "dimensions": {"FunctionName": "work"},
    }  # fmt: skip
    fail(cloud)
    move(cloud, now + 2 * MINUTE)
    assert received(cloud, queue) == []
    assert move(cloud, now + 6 * MINUTE)["alarms"]["work-errors"] == "OK"
    assert [one["Subject"][:3] for one in received(cloud, queue)] == ["OK:"]
    log = (cloud.state / f"logs/sns/{TOPIC}.log").read_text()
    assert '"to": ["email:you@example.org", "sqs:arn:aws:sqs:us-east-1:123456789012:alerts"]' in log
    assert f"SNS {TOPIC} to email:you@example.org" in cloud.log.read_text()


def test_an_alarm_in_the_middle_of_a_move_is_not_missed(cloud: LocalCloud, now: int, queue: str) -> None:
    fail(cloud)
    move(cloud, now + 20 * MINUTE)
    subjects = [one["Subject"].split(":")[0] for one in received(cloud, queue)]
    assert subjects == ["ALARM", "OK"]


def test_an_alarm_on_an_expression_invokes_a_function(cloud: LocalCloud, now: int) -> None:
    before = len(told(cloud))
    fail(cloud, 2)
    assert move(cloud, now + MINUTE)["alarms"]["work-share"] == "ALARM"
    (payload,) = [one for one in told(cloud)[before:] if one.get("alarmArn") == ALARMS + "work-share"]
    assert payload["source"] == "aws.cloudwatch"
    assert payload["alarmData"]["state"]["value"] == "ALARM"
    assert payload["alarmData"]["configuration"]["metrics"][0]["expression"].startswith("IF(FILL(n, 0)")


def test_a_percentile_of_a_functions_own_metric_alarms(cloud: LocalCloud, now: int) -> None:
    watch = cloud.client("cloudwatch")
    dimensions = [{"Name": "model", "Value": "m"}]
    datum = {"MetricName": "Latency", "Dimensions": dimensions, "Unit": "Milliseconds"}
    watch.put_metric_data(Namespace="Tiny", MetricData=[{**datum, "Values": [10, 500], "Counts": [95, 5]}])
    assert move(cloud, now + MINUTE)["alarms"]["tiny-slow"] == "OK"
    watch.put_metric_data(Namespace="Tiny", MetricData=[{**datum, "Values": [10, 500], "Counts": [80, 20]}])
    assert move(cloud, now + 2 * MINUTE)["alarms"]["tiny-slow"] == "ALARM"
    (point,) = watch.get_metric_statistics(
        Namespace="Tiny", MetricName="Latency", Dimensions=dimensions, Period=60, Unit="Milliseconds",
        StartTime=iso(now + MINUTE), EndTime=iso(now + 2 * MINUTE), ExtendedStatistics=["p50", "p90"],
        Statistics=["SampleCount", "Average"],
    )["Datapoints"]  # fmt: skip
    assert (point["SampleCount"], point["Average"], point["Unit"]) == (100, 108, "Milliseconds")
    assert point["ExtendedStatistics"]["p50"] == pytest.approx(10, rel=0.01)
    assert point["ExtendedStatistics"]["p90"] == pytest.approx(500, rel=0.01)


def test_a_state_that_a_caller_sets_acts_and_lasts_until_the_next_evaluation(
    cloud: LocalCloud, now: int, queue: str
) -> None:
    watch, before = cloud.client("cloudwatch"), len(told(cloud))
    watch.set_alarm_state(AlarmName="work-errors", StateValue="ALARM", StateReason="a drill")
    assert state(cloud, "work-errors")["StateReason"] == "a drill"
    move(cloud, now)
    assert [json.loads(one["Message"])["NewStateReason"] for one in received(cloud, queue)] == ["a drill"]
    events = [one for one in told(cloud)[before:] if one.get("resources") == [ALARMS + "work-errors"]]
    assert [one["detail"]["state"]["reason"] for one in events] == ["a drill"]
    assert move(cloud, now + MINUTE)["alarms"]["work-errors"] == "OK"


def test_an_alarm_that_a_caller_makes_is_judged_and_one_that_is_deleted_is_not(cloud: LocalCloud, now: int) -> None:
    watch = cloud.client("cloudwatch")
    watch.put_metric_alarm(
        AlarmName="made", Namespace="Tiny", MetricName="Made", Statistic="Maximum", Period=60, EvaluationPeriods=1,
        Threshold=5, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    assert state(cloud, "made")["StateValue"] == "INSUFFICIENT_DATA"
    watch.put_metric_data(Namespace="Tiny", MetricData=[{"MetricName": "Made", "Value": 6}])
    assert move(cloud, now + MINUTE)["alarms"]["made"] == "ALARM"
    watch.put_metric_alarm(
        AlarmName="made", Namespace="Tiny", MetricName="Made", Statistic="Maximum", Period=60, EvaluationPeriods=1,
        Threshold=7, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    assert state(cloud, "made")["StateValue"] == "ALARM"
    watch.delete_alarms(AlarmNames=["made"])
    assert "made" not in move(cloud, now + 2 * MINUTE)["alarms"]


def test_lambda_and_api_gateway_count_at_the_clocks_time(cloud: LocalCloud, now: int) -> None:
    watch = cloud.client("cloudwatch")
    cloud.client("lambda").invoke(FunctionName="work", Payload=b'{"sleep": 0.05}')
    fail(cloud)
    assert cloud.get("/tiny/open", **{"X-Trimtab-Time": str((now + 3600) * 1000)}).status == 200
    assert cloud.get("/tiny/open?raise=1").status == 502
    assert cloud.get("/tiny/nothing").status == 403

    def asked(name: str, namespace: str, metric: str, stat: str, **dimensions: str) -> dict[str, Any]:
        pairs = [{"Name": key, "Value": value} for key, value in dimensions.items()]
        of = {"Namespace": namespace, "MetricName": metric, "Dimensions": pairs}
        return {"Id": name, "MetricStat": {"Metric": of, "Period": 3600, "Stat": stat}}

    stage = {"ApiName": "tiny", "Stage": "local"}
    queries = [
        asked("invocations", "AWS/Lambda", "Invocations", "Sum", FunctionName="work"),
        asked("errors", "AWS/Lambda", "Errors", "Sum", FunctionName="work", Resource="work"),
        asked("slowest", "AWS/Lambda", "Duration", "Maximum", FunctionName="work"),
        asked("count", "AWS/ApiGateway", "Count", "Sum", **stage),
        asked("client", "AWS/ApiGateway", "4XXError", "Sum", **stage),
        asked("server", "AWS/ApiGateway", "5XXError", "Average", **stage),
        asked("latency", "AWS/ApiGateway", "Latency", "p99", **stage),
        {"Id": "share", "Expression": "100 * errors / invocations"},
    ]
    answer = watch.get_metric_data(
        StartTime=iso(now), EndTime=iso(now + 2 * 3600), MetricDataQueries=queries, ScanBy="TimestampAscending"
    )
    found = {one["Id"]: one["Values"] for one in answer["MetricDataResults"]}
    assert (found["invocations"], found["errors"], found["share"]) == ([2], [1], [50])
    assert 50 <= found["slowest"][0] < 1000
    assert (found["count"], found["client"], found["server"]) == ([2, 1], [1, 0], [0.5, 0])
    assert all(value > 0 for value in found["latency"])
    listed = watch.list_metrics(Namespace="AWS/ApiGateway", Dimensions=[{"Name": "ApiName", "Value": "tiny"}])[
        "Metrics"
    ]
    assert {one["MetricName"] for one in listed} == {"Count", "4XXError", "5XXError", "Latency", "IntegrationLatency"}


def test_the_older_query_protocol_gets_xml(cloud: LocalCloud, now: int) -> None:
    fail(cloud)
    fields = {
        "Action": "GetMetricStatistics", "Version": "2010-08-01", "Namespace": "AWS/Lambda", "MetricName": "Errors",
        "Dimensions.member.1.Name": "FunctionName", "Dimensions.member.1.Value": "work", "Period": "60",
        "StartTime": iso(now), "EndTime": iso(now + MINUTE), "Statistics.member.1": "Sum",
    }  # fmt: skip
    scope = "AWS4-HMAC-SHA256 Credential=123456789012/20130301/us-east-1/monitoring/aws4_request"
    headers = {"Authorization": f"{scope}, SignedHeaders=host, Signature=0"}
    headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    answer = urllib3.request("POST", cloud.endpoint, body=urlencode(fields), headers=headers)
    assert answer.status == 200
    assert b"<Sum>1.0</Sum>" in answer.data
    assert f"<Timestamp>{iso(now)}</Timestamp>".encode() in answer.data
    wrong = urllib3.request(
        "POST", cloud.endpoint, body=urlencode({**fields, "Statistics.member.1": "Middle"}), headers=headers
    )
    assert wrong.status == 400
    assert b"<Code>InvalidParameterValue</Code>" in wrong.data


def test_metrics_that_can_not_be_answered_are_errors(cloud: LocalCloud, now: int) -> None:
    watch = cloud.client("cloudwatch")
    stat = {"Metric": {"Namespace": "Tiny", "MetricName": "Latency"}, "Period": 60, "Stat": "Sum"}
    for queries, says in (
        ([{"Id": "a", "MetricStat": {**stat, "Stat": "IQM"}}], "does not know the statistic IQM"),
        ([{"Id": "a", "MetricStat": {**stat, "Period": 10}}], "no multiple of 60"),
        ([{"Id": "a", "MetricStat": stat}, {"Id": "b", "Expression": "SEARCH(a)"}], "does not know SEARCH"),
    ):
        with pytest.raises(watch.exceptions.ClientError, match=says):
            watch.get_metric_data(StartTime=iso(now), EndTime=iso(now + DAY), MetricDataQueries=queries)


def test_what_a_caller_publishes_is_a_line_too(cloud: LocalCloud, queue: str) -> None:
    topic = f"arn:aws:sns:us-east-1:123456789012:{TOPIC}"
    cloud.client("sns").publish(TopicArn=topic, Subject="By hand", Message="good\nday")
    assert [one["Message"] for one in received(cloud, queue)] == ["good\nday"]
    assert ": By hand\n" in cloud.log.read_text()
    line = (cloud.state / f"logs/sns/{TOPIC}.log").read_text().splitlines()[-1]
    assert json.loads(line.split(" ", 2)[2])["message"] == "good\nday"


def test_a_real_cloud_delivers_events_without_being_asked_to_move(tmp_path: Path) -> None:
    assembly = write_assembly(tmp_path / "assembly", time_resources())
    with running(tmp_path / "state", assembly) as cloud:
        detail = json.dumps({"model": "m", "verdict": "ROLL_BACK"})
        cloud.client("events").put_events(Entries=[entry(Detail=detail)])
        wait_for(lambda: any(one.get("what") == "verdict" for one in told(cloud)))
        assert cloud.control("status")[1]["alarms"][0]["name"] == "tiny-absent"
