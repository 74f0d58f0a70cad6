"""The AWS endpoint: Lambda and Firehose's puts are answered here, the local cloud's own calls too, the rest by moto."""

import json
from collections.abc import Callable

from trimtab.local.aws_call import signing_service
from trimtab.local.firehose import PUTS, Firehose
from trimtab.local.http_message import Request, Response
from trimtab.local.journal import Journal
from trimtab.local.lambda_api import API_PATH, LambdaApi
from trimtab.local.transactions import TARGET as TRANSACTION
from trimtab.local.transactions import Transactions

FIREHOSE_TARGET = "Firehose_20150804."
CONTROL = "/_local/"


class Front:
    """`answer` serves the endpoint's port."""

    def __init__(
        self, journal: Journal, lambda_api: LambdaApi, firehose: Firehose, control: Callable[[Request], Response]
    ) -> None:
        self._journal, self._lambda, self._firehose, self._control = journal, lambda_api, firehose, control
        self._transactions = Transactions(journal.call)

    def answer(self, request: Request) -> Response:
        """The answer to any AWS call."""
        target = request.header("x-amz-target")
        if target is not None and target.startswith(FIREHOSE_TARGET):
            operation = target.removeprefix(FIREHOSE_TARGET)
            if operation in PUTS:
                return self._firehose.answer(operation, request)
        if target is None:
            if request.target.startswith(CONTROL):
                return self._control(request)
            if API_PATH.match(request.raw_path) and signing_service(request) in ("lambda", None):
                return self._lambda.answer(request)
        if target == TRANSACTION:
            return self._transactions.answer(request)
        return self._journal.call(request)


def json_answer(status: int, value: object) -> Response:
    """An answer of the local cloud's own calls."""
    return Response(status, json.dumps(value).encode(), [("Content-Type", "application/json")])
