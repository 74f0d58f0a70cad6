"""Where log lines go: at once into a file for each log group and to the metrics, in batches into CloudWatch Logs.

A line is in its file before the writer goes on, so that what a function logged survives a kill of the cloud; at the
next start the files' ends are put back into CloudWatch Logs.
"""

import os
import re
import sys
import threading
import traceback
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from trimtab.local.moto_app import Moto

BATCH_S = 0.5
FILE_BYTES = 64 * 1024 * 1024
RESTORED_BYTES = 8 * 1024 * 1024
LINE = re.compile(r"^(\d{13}) (\S+) (.*)$")
Event = tuple[int, str]


class LogSink:
    """`write` takes a line from any thread, and shows it to `take_line`, which finds the metrics in it."""

    def __init__(
        self, folder: Path, moto: Moto, account: str, region: str, take_line: Callable[[str, int], None]
    ) -> None:
        self._folder, self._moto, self._account, self._region = folder, moto, account, region
        self._take_line = take_line
        self._lock = threading.Lock()
        self._files: dict[str, int] = {}
        self._sizes: dict[str, int] = {}
        self._pending: list[tuple[str, str, int, str]] = []
        self._wake = threading.Event()
        self._stopping = False
        self._left_by_earlier_run: dict[Path, int] = {}
        self._thread = threading.Thread(target=self._run, name="log-sink", daemon=True)

    def start(self) -> None:
        self._left_by_earlier_run = {path: path.stat().st_size for path in self._folder.rglob("*.log")}
        self._thread.start()

    def stop(self) -> None:
        """Pass on what is left and close the files."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        with self._lock:
            for file in self._files.values():
                os.close(file)
            self._files.clear()

    def path(self, group: str) -> Path:
        """The file of a log group."""
        parts = [part for part in group.split("/") if part not in ("", ".", "..")]
        return self._folder.joinpath(*parts[:-1], f"{parts[-1]}.log")

    def write(self, group: str, stream: str, time_ms: int, text: str) -> None:
        """A line for a log group; `text` may hold line breaks, which belong to one event."""
        escaped = text.replace("\n", "\r")
        data = f"{time_ms} {stream} {escaped}\n".encode(errors="replace")
        with self._lock:
            file = self._file(group)
            os.write(file, data)
            self._sizes[group] += len(data)
            self._pending.append((group, stream, time_ms, text))
        self._take_line(text, time_ms)

    def _file(self, group: str) -> int:
        if group in self._files and self._sizes[group] > FILE_BYTES:
            os.close(self._files.pop(group))
            path = self.path(group)
            path.replace(path.with_suffix(".1.log"))
        if group not in self._files:
            path = self.path(group)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._files[group] = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._sizes[group] = path.stat().st_size
        return self._files[group]

    def _run(self) -> None:
        self._restore()
        while True:
            self._wake.wait(BATCH_S)
            stopping = self._stopping
            with self._lock:
                batch, self._pending = self._pending, []
            if batch:
                try:
                    self._pass_on(batch)
                except Exception:
                    traceback.print_exc(file=sys.stderr)
            if stopping:
                return

    def _pass_on(self, batch: list[tuple[str, str, int, str]]) -> None:
        streams: dict[tuple[str, str], list[Event]] = defaultdict(list)
        for group, stream, time_ms, text in batch:
            streams[group, stream].append((time_ms, text))
        self._to_logs(streams)

    def _to_logs(self, streams: dict[tuple[str, str], list[Event]]) -> None:
        backend = self._moto.backend("logs", self._account, self._region)
        for (name, stream), events in streams.items():
            with self._moto.lock:
                group = backend.groups.get(name)
                if group is None:
                    continue  # as in AWS: without the group that the template names there is no log
                if stream not in group.streams:
                    group.create_log_stream(stream)
                group.put_log_events(stream, [{"timestamp": at, "message": text} for at, text in events])

    def _restore(self) -> None:
        """Put the ends of the files that an earlier run left back into CloudWatch Logs."""
        begun = monotonic()
        groups = list(self._moto.backend("logs", self._account, self._region).groups)
        for group in groups:
            path = self.path(group)
            size = self._left_by_earlier_run.get(path, 0)
            if not size:
                continue
            with path.open("rb") as lines:
                lines.seek(max(0, size - RESTORED_BYTES))
                data = lines.read(min(size, RESTORED_BYTES))
            streams: dict[tuple[str, str], list[Event]] = defaultdict(list)
            for line in data.decode(errors="replace").split("\n"):
                if match := LINE.match(line):
                    streams[group, match[2]].append((int(match[1]), match[3].replace("\r", "\n")))
            self._to_logs(streams)
        if (took := monotonic() - begun) > 5:
            sys.stderr.write(f"log files restored in {took:.1f} s\n")
