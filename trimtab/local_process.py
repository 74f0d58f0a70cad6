"""Start, find and stop the local cloud's process."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import urllib3

from functions.domain.errors import UnavailableError
from trimtab.project import Project
from trimtab.stage import LOCAL, running_cloud
from trimtab.synth import synthesise

START_LIMIT_S = 90.0
STOP_LIMIT_S = 30.0
CLOCK_LIMIT_S = 7_200.0  # for a move of the clock, which waits for all that is due on the way
POLL_S = 0.05

_children: dict[
    int, subprocess.Popen[bytes]
] = {}  # by pid: those that this process started, to be waited for at the end


def command(project: Project, port: int, assembly: Path) -> list[str]:
    """The command that is the local cloud; the AWS endpoint's port is the gateway's next."""
    return [
        sys.executable, "-m", "trimtab.local",
        "--state", str(project.cloud_state),
        "--port", str(port),
        "--endpoint-port", str(port + 1 if port else 0),
        "--assembly", str(assembly),
    ]  # fmt: skip


def default_port() -> int:
    """The gateway's port where none is asked for: TRIMTAB_PORT, or 8080."""
    return int(os.environ.get("TRIMTAB_PORT", "8080"))


def start(project: Project, port: int | None = None, models: Sequence[str] | None = None) -> dict[str, Any]:
    """Start the local cloud in the background and wait until it answers; it goes on when this process ends.

    `models` are those whose stacks it has; all of the project's by default.

    Raises:
        UnavailableError: it did not come up; its last words are in the text.
    """
    assembly = synthesise(project, LOCAL, models=models)
    project.cloud_state.mkdir(parents=True, exist_ok=True)
    log_path = project.cloud_state / "cloud.log"
    with log_path.open("ab") as log:
        begin = log.tell()
        process = subprocess.Popen(  # noqa: S603 - our own module
            command(project, default_port() if port is None else port, assembly),
            cwd=project.root,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    for child in _children.values():
        child.poll()  # one that was killed is waited for now
    _children[process.pid] = process
    try:
        about = _announced(project, process)
    except BaseException:  # whoever wanted it has gone
        process.terminate()
        raise
    if about is not None:
        return about
    with log_path.open("rb") as log:
        log.seek(begin)
        said = log.read().decode(errors="replace").strip().splitlines()[-8:]
    raise UnavailableError("the local cloud did not start:\n" + "\n".join(said))


def _announced(project: Project, process: subprocess.Popen[bytes]) -> dict[str, Any] | None:
    """What a cloud that is being started says of itself; None where it ended, or took too long and was killed."""
    deadline = monotonic() + START_LIMIT_S
    while monotonic() < deadline:
        about = running_cloud(project)
        if about is not None and about["pid"] == process.pid:
            return about
        if process.poll() is not None:
            return None
        sleep(POLL_S)
    process.kill()
    return None


def stop(project: Project) -> bool:
    """Stop the local cloud and wait until its process is gone; False when none ran."""
    about = running_cloud(project)
    if about is None:
        return False
    try:
        control(about["endpoint"], "stop", {})
    except UnavailableError:
        _signal(about["pid"], signal.SIGTERM)
    deadline = monotonic() + STOP_LIMIT_S
    while _signal(about["pid"], 0):
        if monotonic() > deadline:
            _signal(about["pid"], signal.SIGKILL)
        sleep(POLL_S)
    (project.cloud_state / "cloud.json").unlink(missing_ok=True)
    return True


def control(
    endpoint: str, verb: str, body: dict[str, Any] | None = None, timeout_s: float = START_LIMIT_S
) -> dict[str, Any]:
    """One of the local cloud's own calls: `status`, or with a body `deploy`, `clock`, `settle`, `flush`,
    `faults`, `stop`."""
    method, data = ("GET", None) if body is None else ("POST", json.dumps(body).encode())
    try:
        response = urllib3.request(method, f"{endpoint}/_local/{verb}", body=data, timeout=timeout_s, retries=False)
        answer: dict[str, Any] = json.loads(response.data)
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        raise UnavailableError(f"the local cloud at {endpoint} does not answer: {error}") from error
    if response.status >= 300:
        raise UnavailableError(f"the local cloud: {answer.get('error', answer)}")
    return answer


def settle(endpoint: str) -> list[str]:
    """Wait until no event and no execution is under way; what failed since this was asked last, each in a line.

    Raises:
        UnavailableError: the cloud does not answer, or something does not come to an end.
    """
    failures: list[str] = control(endpoint, "settle", {}, timeout_s=CLOCK_LIMIT_S)["failures"]
    return failures


def _signal(pid: int, number: int) -> bool:
    """Send a signal; False when there is no such process any more."""
    if pid in _children:
        _children[pid].poll()  # a child that has ended stays a process until it is waited for
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
