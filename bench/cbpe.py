"""How right estimates without labels are, on flights by week: `python -m bench.cbpe [--json]`.

Beside the naive estimate (the last known performance) and NannyML's CBPE, which is given the same hold-out.
"""

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
import numpy as np
from rich.console import Console
from rich.table import Table

from bench.peer_environment import peer_environment, run
from bench.prepare import BUILD, MODEL_FOLDER, ROOT, Report, model_copy
from functions.adapters.model_folder import FolderCode, load_settings
from functions.adapters.onnx_model import describe, onnx_answers
from functions.domain.client_tensors import client_tensors
from functions.domain.contract import Contract
from functions.domain.dataset import Dataset
from functions.domain.log_table import class_text
from functions.domain.metric_names import METRICS
from functions.domain.model_config import ModelConfig
from functions.domain.reference import Reference
from functions.evaluate.estimate import estimate_beside_truth
from functions.retrain.dataset import load_dataset
from functions.retrain.split import split, training_set

BEGIN, END = datetime(2013, 3, 1, tzinfo=UTC), datetime(2014, 1, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
type Columns = Mapping[str, Any]
type Values = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Scored:
    """One metric's mean absolute errors over the weeks; None where the contender does not estimate it."""

    metric: str
    ours: float
    naive: float
    nannyml: float | None
    realised: tuple[float, float]  # the smallest and the largest weekly value


@dataclass(frozen=True, slots=True)
class Weeks:
    """Realised and estimated metrics of each week, and the seconds that estimating took."""

    realised: list[Values]
    ours: list[Values]
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description="Estimates without labels, by week.")
    parser.add_argument("--json", action="store_true", help="one object instead of a table")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as scratch:
        rows, config, reference, holdout = _flights(console.print)
        weeks = _ours(rows, config, reference)
        peer = _nannyml(rows, holdout, Path(scratch), console.print)
    scores = list(_scores(weeks, reference, peer["weeks"]))
    if arguments.json:
        print(json.dumps({"weeks": len(weeks.ours), "mean_absolute_errors": [asdict(score) for score in scores]}))
        return
    _print(scores, weeks, peer)


def _flights(report: Report) -> tuple[list[Columns], ModelConfig, Reference, Columns]:
    """Each week's rows as the log has them, the settings, the model's reference, and the hold-out it was made of."""
    folder = BUILD / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    artifact = model_copy(folder, report)
    report("reading flights and asking the model")
    settings = load_settings(MODEL_FOLDER)
    dataset = load_dataset(FolderCode(MODEL_FOLDER), settings)
    starts = [BEGIN + WEEK * number for number in range(int((END - BEGIN) / WEEK))]
    weeks = [_answered(artifact, dataset.between(start, start + WEEK).labelled()) for start in starts]
    holdout = _answered(artifact, split(training_set(dataset, settings), settings).holdout)
    return weeks, settings.config, Reference.from_bytes((artifact / "reference.json").read_bytes()), holdout


def _answered(artifact: Path, rows: Dataset) -> Columns:
    contract = Contract.from_document(json.loads((artifact / "contract.json").read_bytes()))
    model = describe((artifact / "model.onnx").read_bytes(), contract.features, contract.task, contract.classes)
    answers = onnx_answers(model, client_tensors(rows.features, rows.columns))
    if answers.scores is None or answers.labels is None or contract.classes is None:
        raise ValueError("flights is a classifier with probabilities")
    place = contract.classes.index(True)
    return {
        "score": answers.scores[:, place],
        "prediction": np.array([class_text(value) for value in answers.labels.tolist()], dtype=object),
        "label": np.array([class_text(value) for value in rows.labels.tolist()], dtype=object),
    }


def _ours(weeks: Sequence[Columns], config: ModelConfig, reference: Reference) -> Weeks:
    found = Weeks([], [], 0.0)
    seconds = 0.0
    for rows in weeks:
        with duckdb.connect(config={"threads": 2}) as con:
            con.register("week_rows", dict(rows))
            begun = perf_counter()
            estimated = estimate_beside_truth(con, "week_rows", config, reference)
            seconds += perf_counter() - begun
        if estimated is None:
            raise ValueError("the model's reference has no calibration")
        found.realised.append({entry["name"]: entry["value"] for entry in estimated["realised"]})
        found.ours.append({entry["name"]: entry["value"] for entry in estimated["metrics"]})
    return Weeks(found.realised, found.ours, seconds)


def _nannyml(weeks: Sequence[Columns], holdout: Columns, folder: Path, report: Report) -> dict[str, Any]:
    peers = peer_environment("nannyml", ROOT / "bench" / "requirements-nannyml.txt", report)
    numbered = [{**rows, "week": np.full(len(rows["score"]), number)} for number, rows in enumerate(weeks)]
    _write(folder / "weeks.parquet", {name: np.concatenate([rows[name] for rows in numbered]) for name in numbered[0]})
    _write(folder / "reference.parquet", holdout)
    report("NannyML estimates")
    document: dict[str, Any] = json.loads(
        run([str(peers.python), str(ROOT / "bench" / "peers" / "cbpe_nannyml.py"), str(folder)]).splitlines()[-1]
    )
    return document


def _write(file: Path, columns: Columns) -> None:
    """As NannyML takes them: classes are 0 and 1."""
    numbers = {
        name: np.asarray(values == "true", np.int64) if values.dtype == object else values
        for name, values in columns.items()
    }
    with duckdb.connect() as con:
        con.register("given", numbers)
        con.execute(f"COPY given TO '{file}' (FORMAT parquet)")


def _scores(weeks: Weeks, reference: Reference, peer: Sequence[Values]) -> list[Scored]:
    scores = []
    for name in weeks.ours[0]:
        realised = np.array([week[name] for week in weeks.realised])
        before = np.array([reference.metrics[name].value or np.nan, *realised[:-1]])
        scores.append(
            Scored(
                metric=name,
                ours=_error([week[name] for week in weeks.ours], realised),
                naive=_error(before, realised),
                nannyml=_error([week[name] for week in peer], realised) if name in peer[0] else None,
                realised=(float(realised.min()), float(realised.max())),
            )
        )
    return scores


def _error(estimated: Any, realised: Any) -> float:
    return float(np.mean(np.abs(np.asarray(estimated) - realised)))


def _print(scores: Sequence[Scored], weeks: Weeks, peer: Mapping[str, Any]) -> None:
    table = Table(title=f"Mean absolute error of the week's estimate, flights, {len(weeks.ours)} weeks from March on")
    for heading in ("metric", "weekly values", "Trimtab CBPE", "last week's value", f"NannyML {peer['version']} CBPE"):
        table.add_column(heading, justify="left" if heading == "metric" else "right")
    for score in scores:
        low, high = score.realised
        table.add_row(
            METRICS[score.metric].title,
            f"{low:.3f} to {high:.3f}",
            f"{score.ours:.4f}",
            f"{score.naive:.4f}",
            "-" if score.nannyml is None else f"{score.nannyml:.4f}",
        )
    console = Console(width=120)
    console.print(table)
    console.print(
        f"Estimated and realised metrics of all weeks took {weeks.seconds:.2f} s here, "
        f"estimates alone {peer['seconds']:.2f} s in NannyML."
    )


if __name__ == "__main__":
    main()
