"""The whole path on real flights: train, deploy, live through a day, account for every answer, and have it judged."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import groupby
from statistics import quantiles
from typing import Any

import numpy as np
from rich.progress import Progress

from functions.adapters.model_folder import FolderCode, load_settings
from functions.domain.dataset import Dataset
from functions.domain.errors import UnavailableError
from functions.retrain.dataset import load_dataset
from trimtab import local_process
from trimtab.bring_up import ensure_deployed_stack
from trimtab.console import note, notes, print_table, results, step
from trimtab.deploy import deploy
from trimtab.endpoint import Answered, Endpoint, find_endpoint
from trimtab.prediction_log import delivered_records, prediction_ids
from trimtab.project import Project
from trimtab.replay_timeline import HOUR_MS
from trimtab.report import fetch_report, print_summary
from trimtab.scores import scores
from trimtab.signed_endpoint import SignedEndpoint
from trimtab.stage import LOCAL, Stage
from trimtab.traffic import send
from trimtab.training import example_row, train_if_needed
from trimtab.virtual_clock import HEADER, VirtualClock

MODEL = "flights"
LABEL_DELAY_MS = 6 * HOUR_MS  # after its departure a flight has arrived
DAY = datetime(2013, 3, 1, tzinfo=UTC)  # the first day that the model has not seen


def run(project: Project) -> None:
    """Tell the whole story; leaves the local cloud running."""
    notes.rule("Will a flight from New York arrive late? From a folder to an HTTPS answer, and a verdict")
    artifact = train_if_needed(project, MODEL)
    stage = ensure_deployed_stack(project, LOCAL, MODEL)
    with step("register, publish, smoke-test, go live"):
        done = deploy(stage, MODEL, artifact, actor="demo")
    for line in done.steps:
        note(f"    {line}")
    note(f"  {done.message}")
    endpoint = find_endpoint(stage, MODEL)
    _show_protection(endpoint, example_row(artifact))
    day = _day_of_flights(project)
    rows = list(day.rows())
    with _virtual_time(stage):
        answered = _send_day(endpoint, rows, day)
        _show_answers(rows, answered, day.labels.tolist())
        _account(stage, answered)
        _judge(stage, answered, day)
    results.print(f"\nTry it yourself:\n  {endpoint.curl(rows[0])}", markup=False)
    results.print(
        "Then: `trimtab report flights --open`, `trimtab replay flights` for the year, `trimtab status flights`, "
        "`trimtab down`; or a model of your own: `trimtab new --help`"
    )


def _day_of_flights(project: Project) -> Dataset:
    """The day's flights, and whether each came late (None: it never arrived)."""
    folder = project.model_folder(MODEL)
    return load_dataset(FolderCode(folder), load_settings(folder)).between(DAY, DAY + timedelta(days=1))


@contextmanager
def _virtual_time(stage: Stage) -> Iterator[None]:
    """The local cloud lives on that day meanwhile, and then now again."""
    local_process.control(str(stage.endpoint), "clock", {"to": "now"})  # a demo that was killed left it in the past
    VirtualClock(str(stage.endpoint)).move(round(DAY.timestamp() * 1000))
    try:
        yield
    finally:
        local_process.control(str(stage.endpoint), "clock", {"to": "now"})


def _show_protection(endpoint: Endpoint, row: Mapping[str, Any]) -> None:
    """What the endpoint says to requests that it should not serve."""
    stranger = Endpoint(endpoint.model, endpoint.url, api_key=None)
    path = f"/models/{MODEL}/predict"
    bad = json.dumps({"rows": [row, {**row, "distance": "far", "weekday": 8}]}).encode()
    tried = [
        ("no API key", stranger.call("POST", path, b"{}")),
        ("a bad row", endpoint.call("POST", path, bad)),
        ("not JSON", endpoint.call("POST", path, b"<xml/>", **{"Content-Type": "text/xml"})),
    ]
    shown = [[what, answer.status, answer.data.decode(errors="replace")[:200]] for what, answer in tried]
    print_table("turned away", ["request", "status", "answer"], shown)


def _send_day(endpoint: Endpoint, rows: Sequence[Mapping[str, Any]], day: Dataset) -> list[Answered]:
    with Progress(console=notes, transient=True) as progress:
        task = progress.add_task(f"{len(rows)} flights of {DAY:%-d %B %Y}, a request each", total=len(rows))
        return send(endpoint, rows, lambda: progress.advance(task), _times_ms(day))


def _show_answers(
    rows: Sequence[Mapping[str, Any]], answered: Sequence[Answered], truth: Sequence[bool | None]
) -> None:
    shown = [
        [row["carrier"], f"{row['origin']} → {row['dest']}", f"{answer.prediction['probability']:.0%}", _told(late)]
        for row, answer, late in list(zip(rows, answered, truth, strict=True))[:: max(1, len(rows) // 8)]
    ]
    print_table("some of the answers", ["carrier", "flight", "late, predicted", "what happened"], shown)
    known = [(answer.prediction, late) for answer, late in zip(answered, truth, strict=True) if late is not None]
    found = scores("binary", True, [str(late) for _, late in known], [prediction for prediction, _ in known])
    cuts = quantiles([1000 * answer.seconds for answer in answered], n=100)
    rows_of_table = [[name, f"{value:.3f}"] for name, value in found.items()]
    rows_of_table += [["latency p50, ms", f"{cuts[49]:.1f}"], ["latency p99, ms", f"{cuts[98]:.1f}"]]
    rows_of_table += [["told to wait (429)", str(sum(answer.throttled for answer in answered))]]
    print_table(f"{len(answered)} answers", ["", "value"], rows_of_table)


def _told(late: bool | None) -> str:
    return {True: "late", False: "on time", None: "never arrived"}[late]


def _account(stage: Stage, answered: Sequence[Answered]) -> None:
    """Find each answer in the log.

    Raises:
        UnavailableError: an acknowledged prediction is not in the log, or is there twice.
    """
    with step("deliver the log to S3 and read it back"):
        local_process.control(str(stage.endpoint), "flush", {})
        logged = Counter(id for record in delivered_records(stage, MODEL) for id in prediction_ids(record))
    found = sum(logged[answer.prediction["id"]] for answer in answered)
    results.print(f"\nanswers given {len(answered)}, found in the log in S3 {found}", markup=False)
    if found != len(answered):
        raise UnavailableError("the log does not hold what was answered")


def _judge(stage: Stage, answered: Sequence[Answered], day: Dataset) -> None:
    """Send each label in the hour in which it was known, let the schedules fire, and show what the last one found."""
    clock, endpoint = VirtualClock(str(stage.endpoint)), SignedEndpoint(stage, MODEL)
    labels = list(_labels(answered, day))
    with step(f"two days pass: {len(labels)} labels come, the schedules make the table of the log and judge it"):
        for hour, known in groupby(labels, key=lambda label: label[0] // HOUR_MS + 1):
            clock.move(hour * HOUR_MS)
            document = {"labels": [label for _, label in known]}
            endpoint.send("labels", document, **{HEADER: str(clock.now_ms)})
        clock.move(round((DAY + timedelta(days=2, hours=1)).timestamp() * 1000))
        page = fetch_report(stage, MODEL)
    if clock.failures:
        raise UnavailableError(f"a schedule's run failed: {clock.failures[0]}")
    print_summary(json.loads(page.with_suffix(".json").read_text()))
    results.print(f"\nthe whole report: {page}", markup=False)


def _labels(answered: Sequence[Answered], day: Dataset) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each label as the endpoint takes it, and when it was known."""
    for answer, late, time_ms in zip(answered, day.labels.tolist(), _times_ms(day), strict=True):
        known_ms = time_ms + LABEL_DELAY_MS
        if late is not None:
            observed_at = datetime.fromtimestamp(known_ms / 1000, UTC).isoformat()
            yield known_ms, {"prediction_id": answer.prediction["id"], "label": late, "observed_at": observed_at}


def _times_ms(day: Dataset) -> list[int]:
    times = day.time if day.time is not None else np.empty(0, dtype="datetime64[ms]")
    return list(times.astype("datetime64[ms]").astype(np.int64).tolist())
