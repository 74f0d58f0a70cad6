"""A local cloud for tests: its own process, its own state folder, free ports."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import boto3
import urllib3
from botocore.config import Config

START_S = 60.0


@dataclass(slots=True)
class LocalCloud:
    """One running cloud."""

    process: subprocess.Popen[bytes]
    state: Path
    gateway: str
    endpoint: str
    log: Path

    def client(self, service: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=60, s3={"addressing_style": "path"})
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="123456789012",
            aws_secret_access_key="local",
            config=config,
        )

    def control(self, verb: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """One of the cloud's own calls: status code and answer."""
        method, data = ("GET", None) if body is None else ("POST", json.dumps(body).encode())
        answer = urllib3.request(method, f"{self.endpoint}/_local/{verb}", body=data, timeout=60, retries=False)
        return answer.status, json.loads(answer.data)

    def get(self, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
        return urllib3.request("GET", self.gateway + path, headers=headers, timeout=60, retries=False)

    def post(self, path: str, body: bytes, **headers: str) -> urllib3.BaseHTTPResponse:
        return urllib3.request("POST", self.gateway + path, body=body, headers=headers, timeout=60, retries=False)

    def kill(self) -> None:
        """As a power cut for the process: kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


def launch(state: Path, assembly: Path, port: int = 0, endpoint_port: int = 0) -> tuple[subprocess.Popen[bytes], Path]:
    """Start the process; its output goes to a file beside the state folder."""
    log = state.with_suffix(".log")
    command = [sys.executable, "-m", "trimtab.local", "--state", str(state), "--assembly", str(assembly)]
    ports = ["--port", str(port), "--endpoint-port", str(endpoint_port)]
    with log.open("ab") as output:
        return subprocess.Popen([*command, *ports], stdout=output, stderr=output, env={**os.environ, "LEAK": "1"}), log


def start(state: Path, assembly: Path) -> LocalCloud:
    """Start a cloud and wait until it serves."""
    process, log = launch(state, assembly)
    deadline = monotonic() + START_S
    while monotonic() < deadline and process.poll() is None:
        try:
            about = json.loads((state / "cloud.json").read_text())
        except FileNotFoundError:
            about = {"pid": None}
        if about["pid"] == process.pid:
            return LocalCloud(process, state, about["gateway"], about["endpoint"], log)
        sleep(0.05)
    process.kill()
    raise AssertionError(f"the local cloud did not start:\n{log.read_text()}")


@contextmanager
def running(state: Path, assembly: Path) -> Iterator[LocalCloud]:
    """A cloud for the length of a `with`."""
    cloud = start(state, assembly)
    try:
        yield cloud
    finally:
        if cloud.process.poll() is None:
            cloud.process.kill()
            cloud.process.wait()


def children_of(cloud: LocalCloud) -> list[int]:
    """Processes that the cloud started and that still live, by the state folder in their environment or command."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != cloud.process.pid:
            try:
                environment = (entry / "environ").read_bytes()
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if str(cloud.state).encode() in environment and state != "Z" and b"LAMBDA_TASK_ROOT" in environment:
                found.append(int(entry.name))
    return found
