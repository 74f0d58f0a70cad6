"""The cold measurement: a fresh process on awslambdaric, from its start to its first answer, contenders in turn."""

import hashlib
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.certificates import make_certificates
from bench.events import Event, rows_event, v2_event
from bench.lambda_process import LambdaProcess
from bench.prepare import ROOT, Ground
from functions.adapters.amazon_roots import AMAZON_ROOTS
from functions.domain.contract import Contract
from functions.domain.errors import UnavailableError

FLOOR, OURS, FASTAPI = "floor", "trimtab", "fastapi"


@dataclass(frozen=True, slots=True)
class Contender:
    """How Lambda would start it."""

    name: str
    task: Path
    handler: str
    python_path: tuple[Path, ...]
    variables: dict[str, str]
    event: Event


def measure(ground: Ground, contract: Contract, starts: int, report: Callable[[str], None]) -> dict[str, list[float]]:
    """Seconds of each cold start by contender, in the order of the rounds; in each round every contender starts once.

    A first round, in which files come into memory, is not counted.

    Raises:
        UnavailableError: a contender failed, or a record was answered for without having been acknowledged.
    """
    with tempfile.TemporaryDirectory() as folder:
        authority, server = make_certificates(Path(folder))
        endpoint = subprocess.Popen(
            [sys.executable, "-m", "bench.firehose_endpoint", str(server)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert endpoint.stdout
            url = f"https://localhost:{int(endpoint.stdout.readline())}"
            contenders = _contenders(ground, contract, url, authority.read_text(), Path(folder))
            seconds = _rounds(contenders, starts, report)
            acknowledged = int(endpoint.communicate("")[0])
        finally:
            endpoint.kill()
            endpoint.wait()
    if acknowledged != 2 * (starts + 1):
        raise UnavailableError(f"{acknowledged} records were acknowledged, {2 * (starts + 1)} requests answered")
    return seconds


def _contenders(ground: Ground, contract: Contract, url: str, authority: str, folder: Path) -> list[Contender]:
    row = list(ground.rows[:1])
    log = {
        "STREAM": "predictions",
        "AWS_ENDPOINT_URL_FIREHOSE": url,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "not-a-real-secret",
        "AWS_SESSION_TOKEN": "t" * 800,  # about as long as Lambda's
    }
    # Each client loads as many certificates as it would in AWS, and the local endpoint's besides.
    ours, botocores = folder / "ours.pem", folder / "botocores.pem"
    ours.write_text(AMAZON_ROOTS + authority)
    botocores.write_text((ground.peers.packages / "botocore" / "cacert.pem").read_text() + authority)
    model = {"MODEL_DIR": str(ground.model)}
    predict = {
        "MODEL": "flights",
        "MODEL_VERSION": "1",
        "CONTRACT_SHA256": hashlib.sha256((ground.model / "contract.json").read_bytes()).hexdigest(),
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
    }
    v2, named = v2_event(row, contract), rows_event(row)
    peers, libraries = ground.peer_tasks, ground.peers.packages
    return [
        Contender(FLOOR, peers, "floor.handler", (ground.task, ground.runtime), model, v2),
        Contender(
            OURS,
            ground.task,
            "functions.predict.handler.handler",
            (ground.runtime,),
            {**model, **predict, **log, "AWS_CA_BUNDLE": str(ours)},
            v2,
        ),
        Contender(
            FASTAPI,
            peers,
            "fastapi_mangum.handler",
            (libraries, ground.runtime),
            {**model, **log, "AWS_CA_BUNDLE": str(botocores)},
            named,
        ),
    ]


def _rounds(contenders: list[Contender], starts: int, report: Callable[[str], None]) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    order = random.Random(0)
    for number in range(starts + 1):
        report(f"cold, start {number} of {starts}")
        for contender in order.sample(contenders, len(contenders)):
            took = _start(contender)
            if number:
                seconds[contender.name].append(took)
    return seconds


def _start(contender: Contender) -> float:
    began = perf_counter()
    process = LambdaProcess(contender.task, contender.handler, contender.python_path, contender.variables)
    with process:
        answer: dict[str, Any] = process.invoke(contender.event)
        took = perf_counter() - began
        if answer["statusCode"] != 200:
            raise UnavailableError(f"{contender.name} answered {answer}\n{process.log()}")
    return took
