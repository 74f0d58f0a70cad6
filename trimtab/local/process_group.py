"""Child processes that end with this process, however it ends: by a stop, an exception, or kill -9.

All children share a process group led by a shell that waits for the end of its standard input. That end comes when this
process is gone; the shell then kills the group, itself included. It needs nothing of Linux's own.
"""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock


class ProcessGroup:
    """Starts children and ends all of them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._leader: subprocess.Popen[bytes] | None = None
        self._children: set[subprocess.Popen[bytes]] = set()

    def start(
        self, command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], output: int
    ) -> subprocess.Popen[bytes]:
        """A child whose standard output and error both go to the file descriptor `output`."""
        with self._lock:
            if self._leader is None or self._leader.poll() is not None:
                self._leader = subprocess.Popen(
                    ["/bin/sh", "-c", "read _; kill -9 0"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    process_group=0,
                )
            child = subprocess.Popen(  # noqa: S603 - the functions of our own assets
                command,
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=self._leader.pid,
            )
            self._children.add(child)
            return child

    def end(self, child: subprocess.Popen[bytes]) -> None:
        """Kill a child and wait for it."""
        with suppress(ProcessLookupError):
            child.kill()
        child.wait()
        with self._lock:
            self._children.discard(child)

    def end_all(self) -> None:
        """Kill every child, and what they started in the group."""
        with self._lock:
            leader, self._leader = self._leader, None
            children, self._children = self._children, set()
        if leader is not None:
            with suppress(ProcessLookupError):
                os.killpg(leader.pid, signal.SIGKILL)
            if leader.stdin is not None:
                leader.stdin.close()
            leader.wait()
        for child in children:
            child.wait()
