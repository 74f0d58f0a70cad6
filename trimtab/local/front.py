"""The AWS endpoint: what moto gets wrong and the local cloud's own calls are answered here, the rest by moto.

Ours are Lambda, Firehose's puts, EventBridge's PutEvents, CloudWatch's metrics and the search in its logs, and who
assumes a role; the start of an execution passes through us.
"""

import json
from collections.abc import Callable

from trimtab.local.alarms import Alarms
from trimtab.local.aws_call import aws_call, signing_service
from trimtab.local.aws_protocol import read_call
from trimtab.local.event_bus import EventBus
from trimtab.local.firehose import PUTS, Firehose
from trimtab.local.http_message import Request, Response
from trimtab.local.journal import Journal
from trimtab.local.lambda_api import API_PATH, LambdaApi
from trimtab.local.log_search import OPERATION as FILTER_LOG_EVENTS
from trimtab.local.log_search import LogSearch
from trimtab.local.metrics_api import MetricsApi
from trimtab.local.role_calls import RoleCalls
from trimtab.local.role_sessions import RoleSessions
from trimtab.local.state_machine_target import StateMachineTargets
from trimtab.local.topics import Topics
from trimtab.local.transactions import TARGET as TRANSACTION
from trimtab.local.transactions import Transactions

FIREHOSE_TARGET = "Firehose_20150804."
CONTROL = "/_local/"


class Front:
    """`answer` serves the endpoint's port."""

    def __init__(
        self,
        journal: Journal,
        lambda_api: LambdaApi,
        firehose: Firehose,
        metrics: MetricsApi,
        alarms: Alarms,
        bus: EventBus,
        topics: Topics,
        logs: LogSearch,
        machines: StateMachineTargets,
        sessions: RoleSessions,
        calls: RoleCalls,
        control: Callable[[Request], Response],
    ) -> None:
        self._journal, self._lambda, self._firehose, self._control = journal, lambda_api, firehose, control
        self._metrics, self._alarms, self._bus, self._topics, self._logs = metrics, alarms, bus, topics, logs
        self._machines, self._sessions, self._calls = machines, sessions, calls
        self._transactions = Transactions(journal.call)

    def answer(self, request: Request) -> Response:
        """The answer to any AWS call; what a function needed a right for is noted."""
        response = self._answer(request)
        if not request.target.startswith(CONTROL):
            of_lambda = _is_lambda(request)
            self._calls.note(request, response.status, self._lambda.asked if of_lambda else None)
        return response

    def _answer(self, request: Request) -> Response:
        target = request.header("x-amz-target")
        if target is not None and target.startswith(FIREHOSE_TARGET):
            operation = target.removeprefix(FIREHOSE_TARGET)
            if operation in PUTS:
                return self._firehose.answer(operation, request)
        if target is None:
            if request.target.startswith(CONTROL):
                return self._control(request)
            if _is_lambda(request):
                return self._lambda.answer(request)
        if target == TRANSACTION:
            return self._transactions.answer(request)
        call = aws_call(request)
        if call.service == "monitoring":
            return self._monitoring(call.operation, request)
        if (call.service, call.operation) == ("events", "PutEvents"):
            return self._bus.answer(request)
        if (call.service, call.operation) == ("logs", FILTER_LOG_EVENTS):
            return self._logs.answer(request)
        if (call.service, call.operation) == ("states", "StartExecution"):
            return self._machines.answer(request)
        if call.service == "sts" and (answer := self._sessions.answer(call.operation, request)) is not None:
            return answer
        response = self._journal.call(request)
        if (call.service, call.operation) == ("sns", "Publish"):
            self._topics.note(request, response)
        return response

    def _monitoring(self, operation: str, request: Request) -> Response:
        """CloudWatch: metrics are ours, alarms and dashboards moto's, and what changes an alarm is acted on."""
        if self._metrics.answers(operation):
            return self._metrics.answer(operation, request)
        response = self._journal.call(request)
        if response.status == 200 and operation == "SetAlarmState":
            self._alarms.set_by_caller(read_call("cloudwatch", operation, request).asked["AlarmName"])
        elif response.status == 200 and operation == "PutMetricAlarm":
            self._alarms.put_by_caller(read_call("cloudwatch", operation, request).asked)
        elif response.status == 200 and operation == "DeleteAlarms":
            self._alarms.sync()
        return response


def _is_lambda(request: Request) -> bool:
    if request.header("x-amz-target") is not None or not API_PATH.match(request.raw_path):
        return False
    return signing_service(request) in ("lambda", None)


def json_answer(status: int, value: object) -> Response:
    """An answer of the local cloud's own calls."""
    return Response(status, json.dumps(value).encode(), [("Content-Type", "application/json")])
