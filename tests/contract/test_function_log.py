"""Searching a function's log: on moto, and by stub what only AWS answers."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from functions.adapters.function_log import FunctionLogs, LogEvent, LogSearch, logs_client
from functions.domain.errors import UnavailableError

FUNCTION, GROUP = "trimtab-test-predict-small", "/aws/lambda/trimtab-test-predict-small"
WORDS = ("TRIMTAB_RECORD", "TRIMTAB_RECORD_PART")


def test_lines_with_one_of_the_words_are_found_oldest_first_in_all_streams() -> None:
    with mock_aws():
        client = boto3.client("logs", region_name="us-east-1")
        client.create_log_group(logGroupName=GROUP)
        now_ms = client.describe_log_groups()["logGroups"][0]["creationTime"]
        lines = {"a": ("TRIMTAB_RECORD 3", 3), "b": ("START RequestId", 1), "c": ("TRIMTAB_RECORD_PART 1", 1)}
        for stream, (text, second) in lines.items():
            client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
            event = {"timestamp": now_ms + second * 1_000, "message": text}
            client.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=[event])
        search = FunctionLogs(client).search(FUNCTION, WORDS, now_ms)
        assert [event.text for event in search.events] == ["TRIMTAB_RECORD_PART 1", "TRIMTAB_RECORD 3"]
        assert len({event.id for event in search.events}) == 2
        later = FunctionLogs(client).search(FUNCTION, WORDS, now_ms + 2_000)
        assert [event.text for event in later.events] == ["TRIMTAB_RECORD 3"]


def test_a_function_that_never_ran_has_no_log_and_nothing_in_it() -> None:
    with mock_aws():
        assert FunctionLogs(boto3.client("logs", region_name="us-east-1")).search(FUNCTION, WORDS, 0) == LogSearch(
            [], None
        )


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FunctionLogs, Stubber]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "stub")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = logs_client()
    with Stubber(client) as stubber:
        yield FunctionLogs(client), stubber


ASKED = {"logGroupName": GROUP, "startTime": 5, "filterPattern": '?"TRIMTAB_RECORD" ?"TRIMTAB_RECORD_PART"'}
DATE = {"HTTPHeaders": {"date": "Fri, 01 Mar 2013 12:00:00 GMT"}}


def event(number: int, text: str) -> dict[str, object]:
    return {"eventId": str(number), "timestamp": number, "message": text, "logStreamName": "s", "ingestionTime": 1}


def test_all_pages_are_read_empty_ones_too_and_the_begin_is_the_first_answers_date(
    stub: tuple[FunctionLogs, Stubber],
) -> None:
    logs, stubber = stub
    stubber.add_response("filter_log_events", {"events": [], "nextToken": "2", "ResponseMetadata": DATE}, ASKED)
    page = {"events": [event(7, "TRIMTAB_RECORD x"), event(6, "no TRIMTAB")], "ResponseMetadata": {"HTTPHeaders": {}}}
    stubber.add_response("filter_log_events", page, {**ASKED, "nextToken": "2"})
    assert logs.search(FUNCTION, WORDS, 5) == LogSearch([LogEvent("7", 7, "TRIMTAB_RECORD x")], 1_362_139_200_000)


def test_a_log_that_may_not_be_read_is_not_taken_for_an_empty_one(stub: tuple[FunctionLogs, Stubber]) -> None:
    logs, stubber = stub
    stubber.add_client_error("filter_log_events", "AccessDeniedException")
    with pytest.raises(UnavailableError, match=f"search the log of {FUNCTION}: FilterLogEvents answered AccessDenied"):
        logs.search(FUNCTION, WORDS, 5)
