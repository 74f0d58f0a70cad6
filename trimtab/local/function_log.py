"""What one execution environment writes: lines with their time, Lambda's own around them, the tail of each call."""

import contextlib
import json
import os
import select
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from time import time
from uuid import uuid4

from trimtab.local.log_sink import LogSink

TAIL_BYTES = 4_096
READ_BYTES = 65_536


class FunctionLog:
    """Reads an environment's output from a pipe into its log stream. `output` is the pipe's end for the child."""

    def __init__(self, sink: LogSink, group: str, version: str, as_json: bool, on_end: Callable[[], None]) -> None:
        self.stream = f"{datetime.now(UTC):%Y/%m/%d}/[{version}]{uuid4().hex}"
        self._sink, self._group, self._json, self._version, self._on_end = sink, group, as_json, version, on_end
        self._reading, self.output = os.pipe()
        os.set_blocking(self._reading, False)
        self._lock = threading.Lock()
        self._partial = b""
        self._tail: bytearray | None = None
        self._open = True

    def start(self) -> None:
        """Begin to read; call it once the child has its end of the pipe."""
        os.close(self.output)
        threading.Thread(target=self._read_on, name="function-log", daemon=True).start()

    def begin(self, request_id: str, keep_tail: bool) -> None:
        """An invocation begins."""
        with self._lock:
            self._tail = bytearray() if keep_tail else None
            record: dict[str, object] = {"requestId": request_id, "version": self._version}
            self._own(f"START RequestId: {request_id} Version: {self._version}", "platform.start", record)

    def end(self, request_id: str, report: str, record: dict[str, object]) -> bytes:
        """An invocation has ended: take what it still wrote, close with its report; returns the tail."""
        self._read()
        with self._lock:
            if not self._json:
                self._own(f"END RequestId: {request_id}", "", {})
            self._own(f"REPORT RequestId: {request_id}\t{report}", "platform.report", record)
            tail, self._tail = bytes(self._tail or b"")[-TAIL_BYTES:], None
            return tail

    def say(self, text: str) -> None:
        """A line of the platform's own."""
        with self._lock:
            self._own(text, "platform.message", {"message": text})

    def _own(self, text: str, kind: str, record: dict[str, object]) -> None:
        if self._json and kind:
            now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            text = json.dumps({"time": now, "type": kind, "record": record})
        self._line(text)

    def _line(self, text: str) -> None:
        if self._tail is not None:
            self._tail += text.encode() + b"\n"
            del self._tail[: -4 * TAIL_BYTES]
        self._sink.write(self._group, self.stream, int(time() * 1000), text)

    def _read_on(self) -> None:
        poll = select.poll()
        poll.register(self._reading, select.POLLIN)
        while self._open:
            poll.poll()
            self._read()
        with self._lock:
            os.close(self._reading)
            self._reading = -1
        self._on_end()

    def _read(self) -> None:
        """Take all that is in the pipe now."""
        with self._lock, contextlib.suppress(BlockingIOError):
            while self._open and self._reading >= 0:
                data = os.read(self._reading, READ_BYTES)
                if not data:
                    self._open = False
                    if self._partial:
                        self._line(self._partial.decode(errors="replace"))
                    return
                *lines, self._partial = (self._partial + data).split(b"\n")
                for line in lines:
                    self._line(line.decode(errors="replace").replace("\r", "\n"))
