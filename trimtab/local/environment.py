"""One execution environment: a child process with the real runtime client, driven over a Runtime API of its own.

start ── init ──> ready ── /next ──> busy ── /response ──> ready …
            └── /init/error, exit, too slow ──> failed      └── timeout, exit ──> gone
"""

import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from time import perf_counter

from trimtab.local.function_log import FunctionLog
from trimtab.local.http_message import Request, Response
from trimtab.local.http_server import HttpServer
from trimtab.local.invocation import (
    PAYLOAD_LIMIT,
    UNHANDLED,
    Invocation,
    Result,
    error_payload,
    exited,
    response_too_large,
    timed_out,
)
from trimtab.local.log_sink import LogSink
from trimtab.local.process_group import ProcessGroup

API = "/2018-06-01/runtime/"
ACCEPTED = Response(202, b'{"status":"OK"}', [("Content-Type", "application/json")])
INIT_LIMIT_S = 30.0  # AWS gives 10 s, and then the function's own timeout


@dataclass(frozen=True, slots=True)
class RunSpec:
    """What runs: one version of one function.

    In `scratch` each of its environments makes a /tmp of its own; `below_tmp` are the variables that name places in it.
    """

    function: str
    version: str
    handler: str
    task: Path
    scratch: Path
    variables: Mapping[str, str]
    below_tmp: Mapping[str, str]
    timeout_s: float
    memory_mb: int
    log_group: str
    log_as_json: bool
    snap_start: bool


class Environment:
    """Lives from `start` to `stop`; `on_ready`, `on_failed` and `on_gone` tell its pool."""

    def __init__(
        self,
        spec: RunSpec,
        group: ProcessGroup,
        sink: LogSink,
        on_ready: Callable[["Environment"], None],
        on_failed: Callable[["Environment", bytes], None],
    ) -> None:
        self.spec, self._group, self._on_ready, self._on_failed = spec, group, on_ready, on_failed
        self._inbox: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._current: Invocation | None = None
        self._lock = threading.Lock()
        self.ready = self.gone = False
        self.init_ms: float | None = None
        self._init_error: bytes | None = None
        self._log = FunctionLog(sink, spec.log_group, spec.version, spec.log_as_json, self._ended)
        self._server = HttpServer(f"runtime-{spec.function}", self._runtime_api)
        self._timer = threading.Timer(INIT_LIMIT_S, self._init_too_slow)
        self._timer.daemon = True
        self._begun = perf_counter()

    def start(self) -> None:
        self._server.start()
        self._tmp = Path(mkdtemp(dir=self.spec.scratch))
        variables = {
            **self.spec.variables,
            **{name: f"{self._tmp}{place}" for name, place in self.spec.below_tmp.items()},
            "TMPDIR": str(self._tmp),
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.port}",
            "AWS_LAMBDA_LOG_GROUP_NAME": self.spec.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": self._log.stream,
        }
        # -S: no site-packages of this machine, only what PYTHONPATH names
        command = [sys.executable, "-S", "-m", "awslambdaric", self.spec.handler]
        self._child = self._group.start(command, cwd=self.spec.task, environment=variables, output=self._log.output)
        self._log.start()
        self._timer.start()

    def stop(self) -> None:
        """End the process, whatever it does."""
        self._timer.cancel()
        self.gone = True
        self._inbox.put(None)
        self._group.end(self._child)
        self._server.stop()
        rmtree(self._tmp, ignore_errors=True)

    def run(self, invocation: Invocation, keep_tail: bool) -> Result:
        """Hand the invocation over and wait; when its time is up the process is killed."""
        self._log.begin(invocation.request_id, keep_tail)
        invocation.begin()
        begun = perf_counter()
        with self._lock:
            self._current = invocation
        if self.gone:
            invocation.finish(exited(invocation.request_id, 1), UNHANDLED)
        self._inbox.put(invocation)
        if not invocation.done.wait(invocation.timeout_s):
            invocation.finish(timed_out(invocation.request_id, invocation.timeout_s), UNHANDLED)
            self._log.say(f"{invocation.request_id} Task timed out after {invocation.timeout_s:.2f} seconds")
            self.stop()
        payload, error = invocation.answer or (b"", UNHANDLED)
        with self._lock:
            self._current = None
        took_ms = (perf_counter() - begun) * 1000
        tail = self._log.end(invocation.request_id, *self._report(took_ms))
        return Result(payload, error, tail, self.spec.version, took_ms)

    def _report(self, took_ms: float) -> tuple[str, dict[str, object]]:
        text = (
            f"Duration: {took_ms:.2f} ms\tBilled Duration: {int(took_ms) + 1} ms\tMemory Size: {self.spec.memory_mb} MB"
        )
        metrics: dict[str, object] = {"durationMs": round(took_ms, 3), "memorySizeMB": self.spec.memory_mb}
        if self.init_ms is not None:
            text += f"\tInit Duration: {self.init_ms:.2f} ms"
            metrics["initDurationMs"] = round(self.init_ms, 3)
            self.init_ms = None
        return text, {"metrics": metrics}

    def _runtime_api(self, request: Request) -> Response:
        path = request.raw_path
        if path == API + "invocation/next":
            return self._next()
        if path.startswith(API + "invocation/"):
            _, _, kind = path.removeprefix(API + "invocation/").partition("/")
            return self._answered(request, kind)
        if path == API + "init/error":
            self._init_error = request.body
            return ACCEPTED
        if path == API + "restore/next":  # no snapshot is kept: what was initialised goes on at once
            return Response(200)
        if path == API + "restore/error":
            self._init_error = error_payload("Runtime.AfterRestoreError", "a hook failed after the restore")
            return ACCEPTED
        return Response(404, json.dumps({"errorMessage": f"the local cloud has no {path}"}).encode())

    def _next(self) -> Response:
        if not self.ready:
            self._timer.cancel()
            self.init_ms = (perf_counter() - self._begun) * 1000
            self.ready = True
            self._on_ready(self)
        invocation = self._inbox.get()
        if invocation is None:
            return Response(410)
        headers = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", invocation.request_id),
            ("Lambda-Runtime-Deadline-Ms", str(invocation.deadline_ms)),
            ("Lambda-Runtime-Invoked-Function-Arn", invocation.arn),
            ("Lambda-Runtime-Trace-Id", invocation.trace_id),
        ]
        if invocation.client_context:
            headers.append(("Lambda-Runtime-Client-Context", invocation.client_context))
        return Response(200, invocation.payload, headers)

    def _answered(self, request: Request, kind: str) -> Response:
        invocation = self._current
        if invocation is None or kind not in ("response", "error"):
            return Response(400, b'{"errorMessage": "no such invocation"}')
        if kind == "error":
            invocation.finish(request.body, UNHANDLED)
        elif len(request.body) > PAYLOAD_LIMIT:
            invocation.finish(response_too_large(), UNHANDLED)
        else:
            invocation.finish(request.body)
        return ACCEPTED

    def _init_too_slow(self) -> None:
        self._init_error = error_payload("Sandbox.Timedout", f"Error: Init timed out after {INIT_LIMIT_S:.0f} seconds")
        self._group.end(self._child)

    def _ended(self) -> None:
        """The output was closed: the process is at its end."""
        status = self._child.wait()
        self._timer.cancel()
        with self._lock:
            self.gone = True
            invocation = self._current
        if invocation is not None:
            invocation.finish(exited(invocation.request_id, status), UNHANDLED)
        self._inbox.put(None)  # whoever still waits for work on its behalf
        if not self.ready:
            self._on_failed(self, self._init_error or exited("none", status))
        self._server.stop()
        rmtree(self._tmp, ignore_errors=True)


def lambda_variables(
    spec_variables: Mapping[str, str], *, task: Path, opt: Path | None, python_path: list[str]
) -> dict[str, str]:
    """A function's environment: the template's values with /opt where the layers lie, and the import path."""
    if opt is not None:
        spec_variables = {key: _below_opt(value, opt) for key, value in spec_variables.items()}
    libraries = [task, task / "lib", *([opt / "lib"] if opt is not None else [])]
    return {
        **spec_variables,
        "LAMBDA_TASK_ROOT": str(task),
        "LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries)),
        "PYTHONPATH": os.pathsep.join(python_path),
        "PYTHONDONTWRITEBYTECODE": "1",  # /var/task is read-only in AWS: bytecode comes with the asset or not at all
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
    }


def _below_opt(value: str, opt: Path) -> str:
    return str(opt) + value[len("/opt") :] if value == "/opt" or value.startswith("/opt/") else value
