"""The table holds what was sent, exactly, though `compact` is killed again and again and the streams fail."""

import json
import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from functions.adapters.model_folder import FolderCode, load_settings
from functions.domain.dataset import Dataset, json_values
from functions.retrain.dataset import load_dataset
from trimtab import local_process
from trimtab.deploy import deploy
from trimtab.endpoint import find_endpoint
from trimtab.local_process import control
from trimtab.prediction_log import table_rows
from trimtab.project import Project
from trimtab.signed_endpoint import SignedEndpoint
from trimtab.stage import LOCAL, Stage, open_stage, running_cloud
from trimtab.training import train_if_needed
from trimtab.virtual_clock import HEADER, VirtualClock

MODEL = "flights"
FAULTS = {"fail_one_in": 4, "partial_one_in": 5, "slow_one_in": 9, "slow_seconds": 0.1}
OUTAGE = {**FAULTS, "fail_one_in": 1}
OUTAGE_S = 3.0  # longer than a function tries
NO_FAULTS = {"fail_one_in": 0, "partial_one_in": 0, "slow_one_in": 0, "slow_seconds": 0.0}
DAY_MS = 86_400_000
START_MS = 1_362_096_000_000  # 2013-03-01T00:00:00Z
NOW = "2013-03-02T06:05:00Z"
ROWS_A_REQUEST = 100


@pytest.fixture(scope="module")
def cloud(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A local cloud of this test's own, in virtual time, with the flights model live."""
    own = Project(project.root, str(tmp_path_factory.mktemp("cloud")))
    local_process.start(own, port=0, models=[MODEL])
    stage = open_stage(own, LOCAL)
    VirtualClock(str(stage.endpoint)).move(START_MS + DAY_MS)
    deploy(stage, MODEL, train_if_needed(project, MODEL))
    yield stage
    about = running_cloud(own)
    assert about is not None, "the cloud died"
    local_process.stop(own)


@dataclass(slots=True)
class Sent:
    """What clients were told was taken: by prediction id the label, None where none was sent (yet)."""

    labels: dict[str, str | None] = field(default_factory=dict)
    label_rows: int = 0


@pytest.fixture(scope="module")
def flights(project: Project) -> Dataset:
    """What is sent, again and again."""
    folder = project.model_folder(MODEL)
    return load_dataset(FolderCode(folder), load_settings(folder)).take(slice(0, 2_000))


def send(stage: Stage, flights: Dataset, count: int, sent: Sent) -> None:
    """Rows through the real endpoint, over a day; each tenth request's answer is followed by labels, some corrected."""
    rows, truths = cycle(flights.rows()), cycle(json_values(flights.labels))
    endpoint, labels = find_endpoint(stage, MODEL), SignedEndpoint(stage, MODEL)
    waiting: list[tuple[str, Any]] = []
    requests = count // ROWS_A_REQUEST
    for number in range(requests):
        at = START_MS + DAY_MS * number // requests
        answer = endpoint.ask(list(islice(rows, ROWS_A_REQUEST)), **{HEADER: str(at)}).answer
        ids = [prediction["id"] for prediction in answer["predictions"]]
        sent.labels |= dict.fromkeys(ids)
        pairs = zip(ids, islice(truths, ROWS_A_REQUEST), strict=True)
        waiting += [(id, truth) for id, truth in pairs if truth is not None]  # a cancelled flight is neither
        if number % 10 == 9 or number == requests - 1:
            send_labels(labels, waiting, at, sent)
            waiting = []


def send_labels(labels: SignedEndpoint, known: list[tuple[str, Any]], at: int, sent: Sent) -> None:
    """Labels for predictions; every seventh is wrong at first, and corrected."""
    first = [(id, not truth if number % 7 == 0 else truth) for number, (id, truth) in enumerate(known)]
    for later, pairs in ((0, first), (1, known[::7])):
        entries = [{"prediction_id": id, "label": truth, "observed_at": at + later} for id, truth in pairs]
        answer = labels.send("labels", {"labels": entries}, **{HEADER: str(at + 1_000)})
        assert not answer["rejected"]
        sent.label_rows += len(entries)
        sent.labels |= {id: str(truth).lower() for id, truth in pairs}


class Compactor:
    """Runs `compact` as a schedule would, and kills its process."""

    def __init__(self, stage: Stage, cloud_pid: int) -> None:
        self._lambda, self._cloud_pid = stage.client("lambda"), cloud_pid
        self._function = stage.names.function("compact")
        self.kills = self.ended = self.died = 0
        self.totals: Counter[str] = Counter()

    def run(self) -> dict[str, Any] | None:
        """What it answered; None if it died."""
        event = json.dumps({"model": MODEL, "time": NOW}).encode()
        answer = self._lambda.invoke(FunctionName=self._function, Payload=event)
        document: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            assert document["errorType"] == "Runtime.ExitError", document
            self.died += 1
            return None
        assert "error" not in document, document
        self.ended += 1
        self.totals.update({name: document[name] for name in ("objects", "records", "rescued", "hours", "duplicates")})
        return document

    def kill(self) -> None:
        """SIGKILL to the function's processes, which are children of this test's own cloud."""
        for pid in self._processes():
            os.kill(pid, signal.SIGKILL)
            self.kills += 1

    def _processes(self) -> Iterator[int]:
        for path in Path("/proc").glob("[0-9]*"):
            try:
                environment = (path / "environ").read_bytes().split(b"\0")
                parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # gone, or not ours
            if parent == self._cloud_pid and f"AWS_LAMBDA_FUNCTION_NAME={self._function}".encode() in environment:
                yield int(path.name)


def kill_until(compactor: Compactor, stage: Stage, sending: Future[None], kills: int) -> None:
    """Run and kill, at any moment of a run, until all is sent and there were so many deaths.

    Meanwhile the streams fail one put in four and, for a while in each 40 rounds, all: then functions log what they
    were sent.
    """
    moments, number = random.Random(7), 0
    with ThreadPoolExecutor(1) as runner:
        while compactor.died < kills or not sending.done():
            number += 1
            outage = number % 40 == 1
            control(str(stage.endpoint), "faults", {"firehose": OUTAGE if outage else FAULTS})
            sleep(OUTAGE_S if outage else 0)
            control(str(stage.endpoint), "flush", {})
            running = runner.submit(compactor.run)
            if compactor.died < kills:
                end = monotonic() + moments.choice([0.05, 0.3, 1.0, 3.0]) * moments.random()
                while not running.done() and monotonic() < end:
                    sleep(0.005)
                if not running.done():
                    compactor.kill()
            running.result()


@pytest.mark.parametrize(
    ("rows", "kills"), [(3_000, 5), pytest.param(200_000, 50, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_the_table_is_what_was_sent_though_compact_is_killed_and_streams_fail(
    cloud: Stage, flights: Dataset, own_pid: int, rows: int, kills: int
) -> None:
    sent, compactor = Sent(), Compactor(cloud, own_pid)
    finish(compactor, cloud)  # the smoke test's rows, and an earlier case's
    before = {row.id for row in table_rows(cloud, MODEL)}
    control(str(cloud.endpoint), "faults", {"firehose": OUTAGE})  # as in the first round below
    begun = monotonic()
    with ThreadPoolExecutor(1) as sender:
        sending = sender.submit(send, cloud, flights, rows, sent)
        kill_until(compactor, cloud, sending, kills)
        sending.result()
    control(str(cloud.endpoint), "faults", {"firehose": NO_FAULTS})
    sleep(1)  # the cloud passes logged lines on twice a second
    unmatched = finish(compactor, cloud)["unmatched"]

    found = [row for row in table_rows(cloud, MODEL) if row.id not in before]

    counted = Counter(row.id for row in found)
    print(
        f"\n{len(sent.labels):,} predictions and {sent.label_rows:,} labels sent, {len(found):,} rows found; compact "
        f"died {compactor.died} times and ended {compactor.ended} times in {monotonic() - begun:,.0f} s; "
        f"{dict(compactor.totals)}"
    )
    assert len(sent.labels) == rows
    assert (compactor.totals["rescued"] > 0, unmatched) == (True, 0)
    assert compactor.died >= kills
    assert set(counted) == set(sent.labels)
    assert set(counted.values()) == {1}
    assert all(row.predicted for row in found)
    assert {row.id: row.label for row in found} == sent.labels


def finish(compactor: Compactor, stage: Stage) -> dict[str, Any]:
    """Run until nothing is new; the last answer."""
    while True:
        control(str(stage.endpoint), "flush", {})
        answer = compactor.run()
        if answer is not None and not answer["objects"] and not answer["rescued"]:
            return answer


@pytest.fixture(scope="module")
def own_pid(cloud: Stage) -> int:
    """The cloud's process."""
    return int(control(str(cloud.endpoint), "status")["pid"])
