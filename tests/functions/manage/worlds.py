"""A stage in memory whose model has a version by hand, one of the loop, a refused challenger, a rollout and windows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from functions.adapters.data_lake import DataLake
from functions.adapters.model_folder import load_settings
from functions.adapters.registry_store import Change, model_key, release_key, rollout_key
from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.evaluation import Evaluation
from functions.domain.model_config import ModelConfig
from functions.domain.release import Release
from functions.domain.release_artifact import Artifact
from functions.domain.rollout import Rollout
from functions.domain.windows import iso
from functions.evaluate.report import report_prefix
from functions.retrain.fitting import fit
from tests.functions.evaluate import sample_reports
from tests.functions.evaluate.tables import model_config
from tests.functions.gate.worlds import ESTIMATOR, EXECUTION, SETTINGS, GateWorld, artifact_of
from tests.functions.snapshot.worlds import ARTIFACTS, DATA, FEATURES, MODEL, TRAINED, settings
from tests.unit.folders import write_folder

EXTERNAL = "tides"
ABOUT = {
    "owner": "quay office",
    "description": "Does the tide flood the quay?",
    "intended_use": "Closing the quay in time.",
    "limitations": "",
}
VALUES = {"value": 0.5, "low": 0.45, "high": 0.55}
SERVED_FROM = datetime(2013, 3, 12, tzinfo=UTC)

_BUILT: list[tuple[Any, ...]] = []  # what lies in buckets and registry, once for all tests of a session


class ManagedWorld(GateWorld):
    """Version 1 is by hand and was live, version 2 passed the gate and is live, `run-2` was refused."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, settings({}, {"golden": True}, slices=("colour",)))
        if _BUILT:
            self.stage.restore(_BUILT[0])
            return
        self.deploy(golden_red=1.5)
        self.serve(days=6)
        assert self.judge(self.request())["decision"] == "passed"
        assert self.judge(self.request("flipped", execution="run-2"))["decision"] == "refused"
        self.roll_out()
        _BUILT.append(self.stage.saved())

    @property
    def table(self) -> Any:
        return self.stage.table

    @property
    def data(self) -> DataLake:
        return DataLake(self.s3, DATA)

    @property
    def artifact_bucket(self) -> DataLake:
        return DataLake(self.s3, ARTIFACTS)

    @property
    def args(self) -> tuple[Any, DataLake, DataLake]:
        """What cards, lineage and comparisons are made of."""
        return self.table, self.data, self.artifact_bucket

    def poor_artifact(self, path: Path) -> Artifact:
        """Of the snapshot that version 2 learnt from, by an estimator that learns next to nothing."""
        key = next(one.snapshot for one in self.trainings.trainings(MODEL, 9) if one.execution == EXECUTION)
        assert key is not None
        folder = write_folder(path, SETTINGS, estimator=ESTIMATOR.replace("max_iter=15", "max_iter=1"))
        parts, digest = self.parts(key), digest_of(self.s3.objects[ARTIFACTS, key])
        return artifact_of(fit(folder, load_settings(folder), parts, digest, lambda _: None), parts)

    def roll_out(self) -> None:
        """Release 3 has version 2 and took over from release 2, which has version 1, by the labels of its canary."""
        release = Release(MODEL, 3, 2, "c" * 64, "layer:2", "2013-03-11T01:00:00Z", "tested", None, iso(SERVED_FROM))
        evidence = {
            "v": 1,
            "as_of": "2013-03-11T12:00:00Z",
            "rows": {"champion": 500, "challenger": 60},
            "labelled": 480,
            "labelled_challenger": 50,
            "loss": {"champion": 0.55, "challenger": 0.5},
            "difference": {"mean": -0.05, "low": -0.09, "high": -0.02},
            "prediction_psi": 0.1,
        }
        line = {"time": "2013-03-11T02:00:00Z", "weight": 0.1, "reason": "a version that passed the gate"}
        rollout = Rollout(
            MODEL,
            1,
            release=3,
            model_version=2,
            champion=2,
            cause="gate",
            actor="reconcile",
            started_at="2013-03-11T02:00:00.000Z",
            steps=(0.1,),
            step=1,
            weight=1.0,
            step_since=iso(SERVED_FROM),
            state="live",
            evidence=evidence,
            evidence_at="2013-03-11T12:00:00Z",
            reason="better by the labels",
            ended_at=iso(SERVED_FROM),
            history=(line,),
        )
        record, before = self.table.read(model_key(MODEL)), self.table.read(release_key(MODEL, 2))
        document = {**record.document, "desired": 3, "live": 3, "rollouts": 1}
        self.table.commit(
            [
                Change(release_key(MODEL, 3), release.to_document(), 0),
                Change(rollout_key(MODEL, 1), rollout.to_document(), 0),
                Change(record.key, document, record.revision),
                Change(before.key, {**before.document, "code_digest": "b" * 64}, before.revision),
            ],
            [],
        )

    def evaluate(self, day: int, live: str = "2", model: str = MODEL, **changes: Any) -> Evaluation:
        """The window that ended so many days after version 2 went live; its report is only written by `report`."""
        end = SERVED_FROM + timedelta(days=day)
        window, labelled = _window(end), _window(end - timedelta(hours=6))
        known: dict[str, Any] = {
            "versions": {live: VALUES},
            "metrics": {"log_loss": VALUES},
            "verdict": "KEEP",
        } | changes
        key = report_prefix(model, iso(end)) + "report.json"
        made = Evaluation(
            model,
            window,
            labelled,
            iso(end),
            live,
            finding="KEEP",
            reasons=("holds",),
            rules=(),
            rows=900,
            labelled_rows=850,
            report=key,
            **known,
        )
        self.stage.monitoring.record(made)
        return made

    def report(self, evaluation: Evaluation, document: dict[str, Any]) -> None:
        """Keep a report of an evaluation's window."""
        start, end = evaluation.labelled_window
        told = {**document, "labelled_window": {"start": start, "end": end}}
        assert evaluation.report is not None
        self.data.put(evaluation.report, canonical_json(told).encode())

    def add_external(self, **changes: Any) -> None:
        """A model that is hosted elsewhere, whose versions are the names that its observations give."""
        config = model_config(FEATURES, **{key: value for key, value in changes.items() if key != "label"})
        fields = {**config.to_document(), "model": EXTERNAL, "external": True, "about": ABOUT}
        fields["label"] = changes.get("label", config.label)
        self.stage.monitoring.configure(ModelConfig.from_document(fields), "tests", TRAINED)


def report_of(*versions: str) -> dict[str, Any]:
    """A report in which these versions answered alike."""
    document = sample_reports.binary()
    metrics = document["performance"]["metrics"]
    document["versions"] = [{"version": version, "rows": 450} for version in versions]
    document["performance"]["versions"] = [
        {"version": version, "rows": 400, "metrics": metrics} for version in versions
    ]
    return document


def _window(end: datetime) -> tuple[str, str]:
    return iso(end - timedelta(days=7)), iso(end)


__all__ = ["ABOUT", "EXTERNAL", "MODEL", "TRAINED", "VALUES", "ManagedWorld", "report_of"]
