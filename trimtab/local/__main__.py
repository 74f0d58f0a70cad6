"""`python -m trimtab.local`: the local cloud in the foreground."""

import argparse
import os
import sys
from pathlib import Path

from trimtab.local.cloud import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m trimtab.local", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="the folder that keeps its state")
    parser.add_argument("--assembly", type=Path, required=True, help="the cloud assembly to apply")
    parser.add_argument("--port", type=int, default=8080, help="the gateway's port; 0 takes a free one")
    parser.add_argument("--endpoint-port", type=int, default=8081, help="the AWS endpoint's port; 0 takes a free one")
    asked = parser.parse_args()
    return run(asked.state, asked.assembly, asked.port, asked.endpoint_port)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # moto leaves threads behind that would be waited for
