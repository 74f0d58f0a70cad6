"""Custom::LiveAlias: the alias is created once and never moved, and CloudFormation always gets its answer."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from functions.bootstrap import handler as bootstrap
from functions.bootstrap.alias import ensure_live
from functions.bootstrap.answer import ATTEMPTS, send
from functions.domain.errors import ConflictError, InvalidRequestError, UnavailableError
from functions.domain.release_function import Alias
from tests.contract.fake_lambda import FakeLambda

FUNCTION = "trimtab-test-predict-flights"


class Inbox:
    """An HTTP server that keeps what is PUT to it; answers `status` to the first requests, then 200."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.types: list[str | None] = []
        self.statuses: list[int] = []
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                inbox.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                inbox.types.append(self.headers["Content-Type"])
                self.send_response(inbox.statuses.pop(0) if inbox.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/answer?signature=s"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    inbox = Inbox()
    thread = Thread(target=inbox.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield inbox
    inbox.server.shutdown()
    thread.join()
    inbox.server.server_close()


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> FakeLambda:
    cloud = FakeLambda(lambda configuration, event: b"", {})
    cloud.create(FUNCTION)
    monkeypatch.setattr(bootstrap, "releases", lambda: cloud)
    return cloud


def event(inbox: Inbox, request: str, **changes: Any) -> dict[str, Any]:
    return {
        "RequestType": request,
        "ResponseURL": inbox.url,
        "StackId": "arn:stack",
        "RequestId": "request-1",
        "LogicalResourceId": "Live",
        "ResourceType": "Custom::LiveAlias",
        "ResourceProperties": {"ServiceToken": "arn:bootstrap", "FunctionName": FUNCTION},
    } | changes


def test_create_publishes_a_version_and_points_live_to_it(cloud: FakeLambda, inbox: Inbox) -> None:
    bootstrap.handler(event(inbox, "Create"), None)
    alias = cloud.alias(FUNCTION)
    assert alias is not None
    assert alias.version == "1"
    assert inbox.bodies == [
        {
            "Status": "SUCCESS",
            "StackId": "arn:stack",
            "RequestId": "request-1",
            "LogicalResourceId": "Live",
            "PhysicalResourceId": f"{FUNCTION}:live",
            "Data": {"AliasArn": alias.arn},
        }
    ]
    assert inbox.types == [""]  # the signed URL allows no content type


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_an_alias_that_is_there_is_never_moved(cloud: FakeLambda, inbox: Inbox, request_type: str) -> None:
    first = ensure_live(cloud, FUNCTION)
    cloud.change_code(FUNCTION, "code-2")
    bootstrap.handler(event(inbox, request_type, PhysicalResourceId="as-it-was"), None)
    assert cloud.alias(FUNCTION) == first
    assert len(list(cloud.versions(FUNCTION))) == 1
    assert inbox.bodies[0]["Status"] == "SUCCESS"
    assert inbox.bodies[0]["PhysicalResourceId"] == "as-it-was"


def test_delete_of_a_function_that_is_gone_succeeds(cloud: FakeLambda, inbox: Inbox) -> None:
    cloud.functions.clear()
    bootstrap.handler(event(inbox, "Delete"), None)
    assert inbox.bodies[0]["Status"] == "SUCCESS"


def test_a_failure_is_answered_with_its_reason(cloud: FakeLambda, inbox: Inbox) -> None:
    cloud.functions.clear()
    bootstrap.handler(event(inbox, "Create"), None)
    assert inbox.bodies[0]["Status"] == "FAILED"
    assert "there is no function trimtab-test-predict-flights" in inbox.bodies[0]["Reason"]


def test_a_defect_is_answered_too(monkeypatch: pytest.MonkeyPatch, inbox: Inbox) -> None:
    monkeypatch.setattr(bootstrap, "releases", lambda: 1 / 0)
    bootstrap.handler(event(inbox, "Create"), None)
    assert inbox.bodies[0]["Reason"].startswith("ZeroDivisionError")


def test_an_event_without_a_function_is_answered(cloud: FakeLambda, inbox: Inbox) -> None:
    bootstrap.handler(event(inbox, "Create", ResourceProperties={}), None)
    assert inbox.bodies[0]["Status"] == "FAILED"
    assert "FunctionName is missing" in inbox.bodies[0]["Reason"]


def test_a_resource_that_is_not_known_is_answered(cloud: FakeLambda, inbox: Inbox) -> None:
    bootstrap.handler(event(inbox, "Create", ResourceType="Custom::Unheard"), None)
    assert inbox.bodies[0]["Status"] == "FAILED"
    assert "there is no custom resource 'Custom::Unheard'" in inbox.bodies[0]["Reason"]
    assert inbox.bodies[0]["PhysicalResourceId"]


def test_of_two_creations_at_once_both_answer_the_same_alias(cloud: FakeLambda) -> None:
    class Overtaken(FakeLambda):
        def create_alias(self, function: str, number: int) -> Alias:
            super().create_alias(function, number)
            raise ConflictError("it exists")

    overtaken = Overtaken(lambda configuration, event: b"", {})
    overtaken.create(FUNCTION)
    assert ensure_live(overtaken, FUNCTION) == overtaken.alias(FUNCTION)


def test_an_answer_is_sent_again_when_the_server_fails(inbox: Inbox) -> None:
    inbox.statuses = [503, 500]
    pauses: list[float] = []
    send(inbox.url, {"Status": "SUCCESS"}, pause=pauses.append)
    assert len(inbox.bodies) == 3
    assert pauses == [1.0, 2.0]


def test_an_answer_that_is_refused_is_not_sent_again(inbox: Inbox) -> None:
    inbox.statuses = [403]
    with pytest.raises(UnavailableError, match="answered 403"):
        send(inbox.url, {"Status": "SUCCESS"})
    assert len(inbox.bodies) == 1


def test_a_server_that_is_gone_is_given_up_in_the_end(inbox: Inbox) -> None:
    pauses: list[float] = []
    gone = "http://127.0.0.1:1/answer"
    with pytest.raises(UnavailableError, match=f"in {ATTEMPTS} attempts"):
        send(gone, {"Status": "SUCCESS"}, pause=pauses.append)
    assert len(pauses) == ATTEMPTS - 1


def test_only_http_is_answered() -> None:
    with pytest.raises(InvalidRequestError, match="no HTTP address"):
        send("file:///etc/passwd", {})
