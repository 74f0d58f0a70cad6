"""DynamoDB transactions with a token: the same call again within ten minutes gets the first one's answer.

moto would judge it anew, so that a client which lost the answer would be told that its own write stands in the way.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from trimtab.local.http_message import Request, Response

TARGET = "DynamoDB_20120810.TransactWriteItems"
KEPT_S = 600.0
KEPT = 10_000
MISMATCH = {
    "__type": "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException",
    "Message": "The ClientRequestToken was used before with other parameters",
}


class Transactions:
    """`answer` passes a transaction on, unless it has its answer already."""

    def __init__(self, call: Callable[[Request], Response], clock: Callable[[], float] = monotonic) -> None:
        self._call, self._clock = call, clock
        self._done: OrderedDict[str, tuple[float, bytes, Response]] = OrderedDict()
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Response:
        """The answer to TransactWriteItems."""
        try:
            token = json.loads(request.body).get("ClientRequestToken")
        except (ValueError, AttributeError):
            token = None
        if not token:
            return self._call(request)
        with self._lock:
            self._forget()
            if token in self._done:
                _, body, response = self._done[token]
                if body == request.body:
                    return Response(response.status, response.body, list(response.headers))
                headers = [("Content-Type", "application/x-amz-json-1.0")]
                return Response(400, json.dumps(MISMATCH).encode(), headers)
            response = self._call(request)
            if response.status == 200:
                self._done[token] = (self._clock(), request.body, response)
            return response

    def _forget(self) -> None:
        limit = self._clock() - KEPT_S
        while self._done and (len(self._done) > KEPT or next(iter(self._done.values()))[0] < limit):
            self._done.popitem(last=False)
