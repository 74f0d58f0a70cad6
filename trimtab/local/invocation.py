"""One invocation of a function, and how Lambda shapes what comes of it."""

import json
from dataclasses import dataclass, field
from threading import Event
from time import time
from typing import Any
from uuid import uuid4

PAYLOAD_LIMIT = 6_291_556
UNHANDLED = "Unhandled"


@dataclass(frozen=True, slots=True)
class Result:
    """`error` is Lambda's FunctionError (None when the handler returned); `log_tail` the last 4 KB of its log.

    `duration_ms` is how long it ran, without the wait for an environment.
    """

    payload: bytes
    error: str | None = None
    log_tail: bytes = b""
    version: str = ""
    duration_ms: float = 0.0


@dataclass(slots=True)
class Invocation:
    """What the Runtime API hands to a runtime, and where the answer is waited for."""

    payload: bytes
    arn: str
    timeout_s: float
    request_id: str = field(default_factory=lambda: str(uuid4()))
    trace_id: str = ""
    client_context: str | None = None
    deadline_ms: int = 0
    done: Event = field(default_factory=Event)
    answer: tuple[bytes, str | None] | None = None

    def begin(self) -> None:
        self.deadline_ms = int((time() + self.timeout_s) * 1000)

    def finish(self, payload: bytes, error: str | None = None) -> None:
        """The first answer counts."""
        if self.answer is None:
            self.answer = (payload, error)
            self.done.set()


def error_payload(error_type: str, message: str, **more: Any) -> bytes:
    """An error as Lambda itself reports it."""
    return json.dumps({"errorType": error_type, "errorMessage": message, **more}).encode()


def timed_out(request_id: str, seconds: float) -> bytes:
    return error_payload(
        "Sandbox.Timedout", f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
    )


def exited(request_id: str, status: int) -> bytes:
    how = f"exit status {status}" if status >= 0 else f"signal: {-status}"
    return error_payload("Runtime.ExitError", f"RequestId: {request_id} Error: Runtime exited with error: {how}")


def response_too_large() -> bytes:
    return error_payload(
        "Function.ResponseSizeTooLarge",
        f"Response payload size exceeded maximum allowed payload size ({PAYLOAD_LIMIT} bytes).",
    )
