"""Virtual time: schedules fire in order at their own time, requests say when they are made, buffers age."""

import gzip
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.local.cloud import LocalCloud, launch, running
from tests.contract.local.template import api_resources, write_assembly
from tests.contract.local.time_template import schedule, time_resources
from tests.contract.local.virtual_time import DAY, HOUR, MARCH, MINUTE, iso, move, told, wait_for
from trimtab.local.last_runs import LastRun, LastRuns

DAYS = count()


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_assembly(tmp_path_factory.mktemp("assembly"), {**time_resources(), **api_resources()})


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, assembly: Path) -> Iterator[LocalCloud]:
    """A cloud in virtual time."""
    with running(tmp_path_factory.mktemp("time") / "state", assembly) as cloud:
        yield cloud


@pytest.fixture
def day(cloud: LocalCloud) -> int:
    """The first second of a day that no test has lived through; the clock stands there."""
    start = MARCH + next(DAYS) * DAY
    move(cloud, start)
    return start


def test_the_first_call_sets_the_clock_and_fires_nothing_of_the_past(assembly: Path, tmp_path: Path) -> None:
    with running(tmp_path / "state", assembly) as cloud:
        assert cloud.control("status")[1]["clock"]["virtual"] is False
        assert move(cloud, MARCH)["fired"] == []
        assert cloud.control("status")[1]["clock"] == {"now": "2013-03-01T00:00:00Z", "virtual": True}
        assert told(cloud) == []
        status, answer = cloud.control("clock", {"to": "now"})
        assert (status, answer["fired"]) == (200, [])
        assert cloud.control("status")[1]["clock"]["virtual"] is False


def test_schedules_fire_in_order_at_their_own_time_and_their_runs_are_waited_for(cloud: LocalCloud, day: int) -> None:
    before = len(told(cloud))
    answer = move(cloud, day + 13 * HOUR)
    fired = [(one["schedule"], one["time"]) for one in answer["fired"]]
    expected = [("hourly", iso(day + hour * HOUR + 5 * MINUTE)) for hour in range(13)]
    expected += [("failing", iso(day + 6 * HOUR)), ("daily", iso(day + 12 * HOUR))]
    assert fired == sorted(expected, key=lambda one: one[1])
    assert answer["now"] == iso(day + 13 * HOUR)
    given = [one for one in told(cloud)[before:] if one.get("source") != "aws.cloudwatch"]
    given = [one for one in given if one.get("detail-type") != "CloudWatch Alarm State Change"]
    assert [one.get("time") for one in given] == [at for name, at in fired if name != "failing"]
    assert given[0] == {
        "what": "hourly",
        "time": iso(day + 5 * MINUTE),
        "arn": "arn:aws:scheduler:us-east-1:123456789012:schedule/tiny/hourly",
    }
    (daily,) = [one for one in given if one.get("detail-type") == "Scheduled Event"]
    assert (daily["source"], daily["detail"], daily["resources"]) == (
        "aws.events", {}, ["arn:aws:events:us-east-1:123456789012:rule/daily"],
    )  # fmt: skip


def test_a_functions_error_is_in_the_answer_and_does_not_stop_the_move(cloud: LocalCloud, day: int) -> None:
    answer = move(cloud, day + 7 * HOUR)
    (failed,) = [one for one in answer["fired"] if "error" in one]
    assert failed == {"schedule": "failing", "time": iso(day + 6 * HOUR), "error": "ValueError: on purpose"}
    assert answer["fired"][-1]["time"] == iso(day + 6 * HOUR + 5 * MINUTE)
    shown = {one["name"]: one for one in cloud.control("status")[1]["schedules"]}
    assert shown["failing"]["error"] == "ValueError: on purpose"
    assert shown["hourly"]["last"] == iso(day + 6 * HOUR + 5 * MINUTE)
    assert shown["hourly"]["next"] == iso(day + 7 * HOUR + 5 * MINUTE)
    assert (shown["off"]["state"], shown["off"]["next"], shown["off"]["last"]) == ("DISABLED", None, None)


def test_the_clock_does_not_go_back_and_takes_times_only(cloud: LocalCloud, day: int) -> None:
    status, answer = cloud.control("clock", {"to": iso(day - 1)})
    assert status == 400
    assert "does not go back" in answer["error"]
    for asked in ({"to": "soon"}, {}, {"to": "2013-03-01T00:00:00"}, {"by": "1h"}):
        assert cloud.control("clock", asked)[0] == 400
    assert cloud.control("status")[1]["clock"]["now"] == iso(day)


def test_a_schedule_that_a_caller_turns_on_counts_from_then(cloud: LocalCloud, day: int) -> None:
    scheduler = cloud.client("scheduler")
    off = scheduler.get_schedule(Name="off")
    kept = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    asked = {key: off[key] for key in kept}
    scheduler.update_schedule(**asked, State="ENABLED")
    fired = move(cloud, day + 3 * MINUTE)["fired"]
    scheduler.update_schedule(**asked, State="DISABLED")
    assert [one["time"] for one in fired] == [iso(day + minute * MINUTE) for minute in (1, 2, 3)]
    assert move(cloud, day + 5 * MINUTE - 1)["fired"] == []


def test_a_request_says_when_it_is_made_and_the_header_goes_no_further(cloud: LocalCloud, day: int) -> None:
    later = (day + 90) * 1000 + 250
    event = cloud.get("/tiny/open", **{"X-Trimtab-Time": str(later)}).json()
    assert event["requestContext"]["requestTimeEpoch"] == later
    assert "x-trimtab-time" not in {name.lower() for name in (*event["headers"], *event["multiValueHeaders"])}
    assert cloud.get("/tiny/open").json()["requestContext"]["requestTimeEpoch"] == day * 1000
    refused = cloud.get("/tiny/open", **{"X-Trimtab-Time": "noon"})
    assert refused.status == 400
    assert "milliseconds since 1970" in refused.json()["message"]


def test_in_real_time_the_header_is_any_header(assembly: Path, tmp_path: Path) -> None:
    with running(tmp_path / "state", assembly) as cloud:
        event = cloud.get("/tiny/open", **{"X-Trimtab-Time": "5"}).json()
        assert event["requestContext"]["requestTimeEpoch"] > 1_700_000_000_000
        assert "5" in event["headers"].values()


def test_buffers_age_in_virtual_time_and_are_delivered_before_a_schedule_fires(cloud: LocalCloud, day: int) -> None:
    firehose, s3 = cloud.client("firehose"), cloud.client("s3")
    firehose.put_record(DeliveryStreamName="tiny-stream", Record={"Data": b"old\n"})
    move(cloud, day + 10 * MINUTE)
    firehose.put_record(DeliveryStreamName="tiny-stream", Record={"Data": b"young\n"})

    def keys() -> list[str]:
        prefix = f"raw/{iso(day)[:10].replace('-', '/')}/"
        return [one["Key"] for one in s3.list_objects_v2(Bucket="tiny-data", Prefix=prefix).get("Contents", [])]

    sleep(0.6)
    assert keys() == []
    move(cloud, day + 14 * MINUTE)
    assert keys() == []
    move(cloud, day + 15 * MINUTE)
    (key,) = keys()
    assert key.startswith(f"raw/{iso(day)[:10].replace('-', '/')}/00/")
    body = gzip.decompress(s3.get_object(Bucket="tiny-data", Key=key)["Body"].read())
    assert body == b"old\nyoung\n"


def test_a_year_of_hours_with_nothing_due_is_moved_through_fast(cloud: LocalCloud, day: int) -> None:
    begun = perf_counter()
    for minute in range(200):
        move(cloud, day + 6 * MINUTE + minute / 10)
    took = (perf_counter() - begun) / 200
    begun = perf_counter()
    for _ in range(200):
        cloud.control("nothing")
    assert took - (perf_counter() - begun) / 200 < 0.01


def test_events_that_a_run_sets_off_are_waited_for_too(cloud: LocalCloud, day: int) -> None:
    before = len(told(cloud))
    cloud.client("lambda").invoke(FunctionName="told", InvocationType="Event", Payload=b'{"what": "slow", "sleep": 1}')
    move(cloud, day + 1)
    assert [one["what"] for one in told(cloud)[before:]] == ["slow"]
    report = (cloud.state / "logs/aws/lambda/told.log").read_text().splitlines()[-1]
    assert "REPORT" in report


def test_the_journal_does_not_grow_with_time(cloud: LocalCloud, day: int) -> None:
    journal = cloud.state / "moto/calls.jsonl"
    size = journal.stat().st_size
    move(cloud, day + 23 * HOUR)
    assert journal.stat().st_size == size


def test_after_a_kill_time_goes_on_where_it_was_and_nothing_fires_twice(assembly: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with running(state, assembly) as cloud:
        move(cloud, MARCH)
        assert len(move(cloud, MARCH + 2 * HOUR)["fired"]) == 2
        cloud.client("lambda").invoke(FunctionName="work", Payload=b'{"raise": "x"}')
        assert move(cloud, MARCH + 2 * HOUR + MINUTE)["alarms"]["work-errors"] == "ALARM"
        cloud.kill()
    with running(state, assembly) as cloud:
        status = cloud.control("status")[1]
        assert status["clock"] == {"now": iso(MARCH + 2 * HOUR + MINUTE), "virtual": True}
        (errors,) = [one for one in status["alarms"] if one["name"] == "work-errors"]
        assert (errors["state"], errors["since"]) == ("ALARM", iso(MARCH + 2 * HOUR + MINUTE))
        fired = move(cloud, MARCH + 3 * HOUR)["fired"]
        assert [one["time"] for one in fired] == [iso(MARCH + 2 * HOUR + 5 * MINUTE)]
        assert [one["time"] for one in told(cloud) if one.get("what") == "hourly"] == [
            iso(MARCH + hour * HOUR + 5 * MINUTE) for hour in range(3)
        ]
        assert cloud.stop() == 0


def test_a_new_alarm_warms_up_before_it_is_judged(assembly: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with running(state, assembly) as cloud:
        move(cloud, MARCH)
        assert move(cloud, MARCH + HOUR)["alarms"]["tiny-absent"] == "INSUFFICIENT_DATA"
        cloud.kill()
    with running(state, assembly) as cloud:
        assert move(cloud, MARCH + 2 * HOUR - 1)["alarms"]["tiny-absent"] == "INSUFFICIENT_DATA"
        assert move(cloud, MARCH + 3 * HOUR)["alarms"]["tiny-absent"] == "ALARM"
        beat = [{"MetricName": "Heartbeat", "Value": 1}]
        cloud.client("cloudwatch").put_metric_data(Namespace="Tiny", MetricData=beat)
        assert move(cloud, MARCH + 4 * HOUR)["alarms"]["tiny-absent"] == "OK"


def test_in_real_time_what_was_due_while_the_cloud_was_down_fires_once(assembly: Path, tmp_path: Path) -> None:
    state, arn = tmp_path / "state", "arn:aws:scheduler:us-east-1:123456789012:schedule/tiny/hourly"
    with running(state, assembly) as cloud:
        begun = LastRuns(state / "time/schedules.jsonl")[arn].begin_s
        assert cloud.stop() == 0
    runs = LastRuns(state / "time/schedules.jsonl")
    runs.keep(arn, LastRun(runs[arn].expression, begun - 3 * DAY))
    with running(state, assembly) as cloud:
        wait_for(lambda: len(told(cloud)) == 1)
        sleep(1.5)
        (run,) = told(cloud)
        assert run["time"][14:] == "05:00Z"
        assert iso(begun - HOUR) < run["time"] <= iso(begun + HOUR)
        cloud.kill()
    with running(state, assembly) as cloud:
        sleep(1.5)
        assert len(told(cloud)) == 1


def test_the_services_show_what_the_template_made(cloud: LocalCloud) -> None:
    scheduler, events, watch = cloud.client("scheduler"), cloud.client("events"), cloud.client("cloudwatch")
    assert {one["Name"] for one in scheduler.list_schedules()["Schedules"]} == {"hourly", "failing", "off"}
    assert scheduler.get_schedule(Name="hourly", GroupName="tiny")["ScheduleExpression"] == "cron(5 * * * ? *)"
    assert {one["Name"] for one in events.list_event_buses()["EventBuses"]} == {"default", "tiny-events"}
    assert "daily" in {one["Name"] for one in events.list_rules()["Rules"]}
    assert len(watch.describe_alarms()["MetricAlarms"]) == 4
    assert watch.get_dashboard(DashboardName="tiny")["DashboardBody"] == '{"widgets": []}'
    (subscription,) = cloud.client("sns").list_subscriptions()["Subscriptions"]
    assert subscription["Endpoint"] == "you@example.org"
    with pytest.raises(ClientError):
        scheduler.get_schedule(Name="none")


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({"S": schedule("cron(0 0 L * ? *)", "arn:aws:lambda:us-east-1:123456789012:function:f")}, "does not know 'L'"),
        ({"S": schedule("rate(1 day)", "arn:aws:sqs:us-east-1:123456789012:q")}, "not arn:aws:sqs"),
        ({"S": schedule("rate(1 day)", "arn:aws:lambda:us-east-1:123456789012:function:f",
                        FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5})}, "must be OFF"),
        ({"S": schedule("rate(1 day)", "arn:aws:lambda:us-east-1:123456789012:function:f", EndDate="2030-01-01")},
         "does not know the property EndDate"),
    ],
)  # fmt: skip
def test_a_schedule_that_is_not_known_is_one_clear_line(
    tmp_path: Path, resources: dict[str, Any], expected: str
) -> None:
    role = time_resources()["Role"]
    process, log = launch(tmp_path / "state", write_assembly(tmp_path / "assembly", {"Role": role, **resources}))
    assert process.wait(timeout=60) == 1
    (line,) = log.read_text().splitlines()
    assert expected in line
