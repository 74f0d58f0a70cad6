"""A whole retraining in the local cloud, snapshot to verdict, beside its fit alone: `python -m bench.whole_retraining`.

The flights' first days are replayed, so that a log of labelled rows stands behind the first training set: 50,000 rows
and more in all. Then a person asks for a retraining, and its execution is followed from its first state to its last:
each function runs in a process and with the asset that it has in Lambda. Bar: 1.5 x the fit alone plus 10 s.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import Any

from bench.retrain import RATIO, SPARE_S
from functions.adapters.data_lake import DataLake
from functions.adapters.model_folder import FolderCode, load_settings
from functions.adapters.training_rows import read_manifest, read_split
from functions.domain.holdout import Split
from functions.retrain import sklearn_road
from trimtab import local_process
from trimtab.management import Management
from trimtab.project import Project
from trimtab.replay import Asked, replay
from trimtab.replay_cloud import cloud_project
from trimtab.replay_console import replay_bar
from trimtab.stage import LOCAL, Stage, open_stage

MODEL, UNTIL = "flights", datetime(2013, 3, 10, tzinfo=UTC)
LEAST_ROWS, FITS = 50_000, 3
LOOK_S = 0.05


def main() -> None:
    """Print a table, and exit with 1 where the bar is missed."""
    project = Project.find()
    with replay_bar() as bar:
        replay(project, Asked(MODEL, None, None, 0.1, None, None, UNTIL, True), bar)
    cloud = cloud_project(project, MODEL)
    try:
        stage = open_stage(cloud, LOCAL)
        training, states = _retrained(stage)
        parts = _rows(stage, training["snapshot"])
    finally:
        local_process.stop(cloud)
    alone = median(_fit_alone(project.models / MODEL, parts) for _ in range(FITS))
    rows, took, allowed = len(parts.whole), sum(states.values()), RATIO * alone + SPARE_S
    print(f"{rows:,} rows of {len(parts.whole.features)} columns, {training['state']} at the gate; seconds")
    print(f"  fit alone            {alone:6.2f}")
    for name, seconds in states.items():
        print(f"  {name:<20} {seconds:6.2f}")
    print(f"  snapshot to verdict  {took:6.2f}  bar {allowed:.2f}: {'kept' if took <= allowed else 'MISSED'}")
    if rows < LEAST_ROWS or training["state"] not in ("passed", "refused"):
        raise SystemExit(f"not what is to be measured: {rows:,} rows, {training['state']}: {training['reasons']}")
    sys.exit(took > allowed)


def _retrained(stage: Stage) -> tuple[dict[str, Any], dict[str, float]]:
    """The training that a person asked for, once it has ended, and how long each of its states took.

    Looked at from outside: the execution's own history is told in the replay's virtual time, which stands still.
    """
    api, states = Management(stage), stage.client("stepfunctions")
    execution = api.post(f"/models/{MODEL}/retrain")["execution"]
    arn, since, at, took = stage.names.execution_arn(MODEL, execution), perf_counter(), "start", dict[str, float]()
    while True:
        status = states.describe_execution(executionArn=arn)["status"]
        events = states.get_execution_history(executionArn=arn)["events"]
        entered = [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
        now, newest = perf_counter(), entered[-1] if entered else at
        if newest != at or status != "RUNNING":
            took[at] = took.get(at, 0.0) + now - since
            at, since = newest, now
        if status != "RUNNING":
            return api.get(f"/models/{MODEL}/trainings/{execution}"), took
        sleep(LOOK_S)


def _rows(stage: Stage, manifest: str) -> Split:
    """The rows that the training learnt from and was judged on."""
    artifacts = DataLake(stage.client("s3"), stage.names.artifact_bucket)
    features = load_settings(Project.find().models / MODEL).contract_features
    return read_split(artifacts, read_manifest(artifacts, MODEL, manifest), features)


def _fit_alone(folder: Path, parts: Split) -> float:
    """What scikit-learn's own fit takes of the same rows, in this process, with all imports done."""
    settings = load_settings(folder)
    assert settings.train.estimator is not None
    estimator = FolderCode(folder).call(settings.train.estimator)
    begun = perf_counter()
    sklearn_road.fit(estimator, parts.fit, settings.model.task, settings.train.seed)
    return perf_counter() - begun


if __name__ == "__main__":
    main()
