"""`trimtab replay`: live through a model's history in virtual time, and say what Trimtab would have said."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import numpy as np

from functions.adapters.model_folder import load_settings
from functions.adapters.model_settings import ModelSettings
from functions.domain.durations import duration
from functions.domain.errors import InvalidRequestError
from functions.domain.windows import Window
from trimtab.console import note, step
from trimtab.deploy import deploy
from trimtab.endpoint import find_endpoint
from trimtab.history import History, file_history, folder_history
from trimtab.judged_rows import judged_rows
from trimtab.project import Project
from trimtab.replay_acts import Act
from trimtab.replay_baselines import Past, compare
from trimtab.replay_cloud import ReplayFolder, forget, replay_cloud
from trimtab.replay_events import Correction, correction
from trimtab.replay_life import Life
from trimtab.replay_outcome import Outcome, fetch_reports, outcome
from trimtab.replay_page import write_page
from trimtab.replay_timeline import HOUR_MS, Timeline, timeline
from trimtab.replay_traffic import ReplayTraffic
from trimtab.replay_watch import Watch, Watcher
from trimtab.replayed import Replayed
from trimtab.signed_endpoint import SignedEndpoint
from trimtab.stage import Stage
from trimtab.training import train_if_needed
from trimtab.virtual_clock import VirtualClock


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked for. `history` is a CSV file; None replays the folder's own data set."""

    model: str
    history: Path | None = None
    time: str | None = None
    train_share: float = 0.1
    label_delay: str | None = None  # by default [label] matures_after
    calendar: str | None = "30d"  # how often the calendar's line is refitted; None: there is no such line
    until: datetime | None = None
    keep: bool = False


def replay(project: Project, asked: Asked, watcher: Watcher, acts: Sequence[Act] = ()) -> Replayed:
    """Train on the history's first part, deploy into a cloud of its own, and live through the rest.

    `acts` are done on the way, in the order of time.

    Raises:
        TrimtabError: the folder, the file or an option is wrong; the model refused to be trained or deployed; a
            service of the cloud did not do its work.
    """
    begun = perf_counter()
    folder = project.model_folder(asked.model)
    settings = load_settings(folder)
    if settings.train.external:
        raise InvalidRequestError(f"{asked.model} is hosted elsewhere ([train] external): there is no model to replay")
    period = None if asked.calendar is None else duration(asked.calendar)
    with step("read the history"):
        history = _history(folder, settings, asked)
    delay = duration(asked.label_delay or settings.label.matures_after)
    plan = timeline(history.times, delay, settings.guard.max_rows)
    forget(project, asked.model)
    artifact = _trained(project, folder, history, asked.model)
    lived = _lived(project, asked, artifact, history, plan, settings, watcher, acts)
    traffic, kept = lived.traffic, ReplayFolder.of(project, asked.model)
    with step("score what the first model and the calendar would have answered"):
        answered = np.array([one is not None for one in traffic.ids], dtype=bool)
        past = Past(history.first, history.replayed, plan.asked_ms, plan.known_ms, answered)
        rows = judged_rows(kept.table, traffic.ids, settings.config)
        compared = compare(folder, settings, artifact, past, rows, period, note)
    page = None
    if compared is not None:
        page = write_page(kept.root, asked.model, compared, lived.outcome, lived.correction)
    return Replayed(
        model=asked.model,
        rows_sent=traffic.rows_sent,
        rows_refused=len(traffic.refused),
        labels_sent=traffic.labels_sent,
        outcome=lived.outcome,
        correction=lived.correction,
        comparison=compared,
        failures=lived.failures,
        last_report=lived.last_report,
        picture=page,
        seconds=perf_counter() - begun,
    )


@dataclass(frozen=True, slots=True)
class _Lived:
    """What is left of a replay once its cloud is gone."""

    traffic: ReplayTraffic
    outcome: Outcome
    correction: Correction
    failures: tuple[str, ...]
    last_report: Path | None


def _lived(
    project: Project,
    asked: Asked,
    artifact: Path,
    history: History,
    plan: Timeline,
    settings: ModelSettings,
    watcher: Watcher,
    acts: Sequence[Act],
) -> _Lived:
    """Live through the history in a cloud of its own, and fetch what it leaves behind."""
    kept, model = ReplayFolder.of(project, asked.model), asked.model
    start_ms = int(plan.asked_ms[0]) // HOUR_MS * HOUR_MS
    with replay_cloud(project, model, asked.keep) as stage:
        clock = VirtualClock(str(stage.endpoint))
        clock.move(start_ms)
        with step("register, publish, smoke-test, go live"):
            deploy(stage, model, artifact)
        traffic = _traffic(stage, model, history, plan, settings, watcher)
        end_ms = _end_ms(plan, settings)
        watcher.begin(len(history.replayed))
        with _closing(traffic):
            life = Life(stage, model, traffic, clock, Watch(stage, model, clock, watcher).moved)
            life.live(plan, acts, end_ms)
        failures = tuple(clock.settle())
        with step("count what the log holds, and fetch the reports"):
            found = outcome(stage, model, kept, Window(_moment(start_ms), _moment(end_ms)))
            page = fetch_reports(stage, found.evaluations, kept.reports)
            done = correction(stage, model, found.evaluations)
    return _Lived(traffic, found, done, failures, page)


def _history(folder: Path, settings: ModelSettings, asked: Asked) -> History:
    if not 0 < asked.train_share < 1:
        raise InvalidRequestError(f"--train-share {asked.train_share}: it is a share between 0 and 1, such as 0.1")
    if asked.history is None:
        return folder_history(folder, settings, asked.train_share, asked.until)
    return file_history(asked.history, settings, asked.time, asked.train_share, asked.until)


def _trained(project: Project, folder: Path, history: History, model: str) -> Path:
    """The artifact: the project's own, or one in the replay's folder that learnt from the history's first share."""
    if history.own_training is None:
        return train_if_needed(project, model)
    from functions.retrain.train import train  # scikit-learn takes seconds to import

    out = ReplayFolder.of(project, model).artifact
    with step(f"train {model} on the first {len(history.own_training):,} rows"):
        train(folder, out, lambda text: note(f"    {text}"), history.own_training)
    return out


def _traffic(
    stage: Stage, model: str, history: History, plan: Timeline, settings: ModelSettings, watcher: Watcher
) -> ReplayTraffic:
    limits = (settings.api.max_body, settings.guard.max_rows)
    endpoint, labels = find_endpoint(stage, model), SignedEndpoint(stage, model)
    return ReplayTraffic(endpoint, labels, history.replayed, plan, limits, watcher.rows)


def _end_ms(plan: Timeline, settings: ModelSettings) -> int:
    """Late enough for one more evaluation after the last label has come and is mature."""
    last_ms = (int(plan.known_ms[-1]) // HOUR_MS + 1) * HOUR_MS
    more = duration(settings.evaluate.schedule) + duration(settings.label.matures_after) + timedelta(hours=1)
    return last_ms + round(more.total_seconds() * 1000)


@contextmanager
def _closing(traffic: ReplayTraffic) -> Iterator[None]:
    try:
        yield
    finally:
        traffic.close()


def _moment(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, UTC)
