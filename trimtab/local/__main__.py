"""`python -m trimtab.local`: the local cloud in the foreground."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from functions.domain.errors import TrimtabError
from trimtab.local.cloud import Cloud
from trimtab.local.state_folder import StateFolder


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m trimtab.local", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="the folder that keeps its state")
    parser.add_argument("--assembly", type=Path, required=True, help="the cloud assembly to apply")
    parser.add_argument("--port", type=int, default=8080, help="the gateway's port; 0 takes a free one")
    parser.add_argument("--endpoint-port", type=int, default=8081, help="the AWS endpoint's port; 0 takes a free one")
    asked = parser.parse_args()
    return run(asked.state, asked.assembly, asked.port, asked.endpoint_port)


def run(state: Path, assembly: Path, port: int, endpoint_port: int) -> int:
    """The local cloud until it is stopped; the exit code is 1 with one line when it can't start."""
    folder = StateFolder(state)
    cloud: Cloud | None = None
    try:
        folder.hold()
        folder.retract()
        cloud = Cloud(folder, port, endpoint_port, _say)
        stop = cloud.stop
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=stop, name="stop").start())
        cloud.start(assembly)
        cloud.wait()
    except TrimtabError as error:
        sys.stderr.write(f"trimtab: {error}\n")
        if cloud is not None:
            cloud.stop()
        return 1
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # moto leaves threads behind that would be waited for
