"""One Lambda execution environment: a fresh process on AWS's own runtime client, and the Runtime API that drives it.

The local cloud has a fuller one (trimtab/local/environment.py); here nothing is done but what is measured.
"""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from functions.domain.errors import UnavailableError
from trimtab.local.http_message import Request, Response
from trimtab.local.http_server import HttpServer

_API = "/2018-06-01/runtime/"
_ACCEPTED = Response(202, b'{"status":"OK"}', [("Content-Type", "application/json")])
_PATIENCE = 60.0


class LambdaProcess:
    """Starts when it is entered. `task` is what AWS has in /var/task, `python_path` what else can be imported."""

    def __init__(self, task: Path, handler: str, python_path: Sequence[Path], variables: Mapping[str, str]) -> None:
        self._task, self._handler, self._variables = task, handler, variables
        self._python_path = [task, *python_path]
        self._events: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[bytes | UnavailableError] = queue.SimpleQueue()
        self._server = HttpServer("runtime", self._runtime_api)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> Self:
        self._server.start()
        # -S: nothing of this machine's site-packages, only what is named.
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-m", "awslambdaric", self._handler],
            cwd=self._task,
            env={
                "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.port}",
                "AWS_REGION": "us-east-1",
                "AWS_DEFAULT_REGION": "us-east-1",
                "LAMBDA_TASK_ROOT": str(self._task),
                "PATH": "/usr/local/bin:/usr/bin:/bin",
                "LANG": "en_US.UTF-8",
                "TZ": ":UTC",
                "PYTHONPATH": os.pathsep.join(map(str, self._python_path)),
                "PYTHONDONTWRITEBYTECODE": "1",
                **self._variables,
            },
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        threading.Thread(target=self._watch, args=(self._process,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._events.put(None)
        self._process.kill()
        self._process.wait()
        self._server.stop()
        self._log.close()

    def invoke(self, event: Any) -> dict[str, Any]:
        """The handler's answer to an event.

        Raises:
            UnavailableError: the function failed, ended, or took more than a minute; with its log.
        """
        self._events.put(json.dumps(event).encode())
        try:
            answer = self._answers.get(timeout=_PATIENCE)
        except queue.Empty:
            answer = UnavailableError("no answer within a minute")
        if isinstance(answer, UnavailableError):
            raise UnavailableError(f"{self._handler}: {answer}\n{self.log()}") from answer
        document: dict[str, Any] = json.loads(answer)
        return document

    def log(self) -> str:
        """What the function wrote so far."""
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), size, 0).decode(errors="replace")

    def _runtime_api(self, request: Request) -> Response:
        if request.raw_path == f"{_API}invocation/next":
            event = self._events.get()
            if event is None:
                return Response(410)
            headers = [
                ("Content-Type", "application/json"),
                ("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
                ("Lambda-Runtime-Deadline-Ms", "4102444800000"),
                ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:bench"),
            ]
            return Response(200, event, headers)
        if request.raw_path == f"{_API}restore/next":  # no snapshot is taken: what was initialised goes on at once
            return Response(200)
        if request.raw_path.endswith("/response"):
            self._answers.put(request.body)
        else:
            self._answers.put(UnavailableError(request.body.decode(errors="replace")))
        return _ACCEPTED

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        status = process.wait()
        self._answers.put(UnavailableError(f"the process ended with status {status}"))
