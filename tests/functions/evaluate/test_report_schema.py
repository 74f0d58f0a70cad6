"""Reports are what docs/report.schema.json says, those of the samples and those that evaluate makes of rows."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import jsonschema
import numpy as np
import pytest

from functions.adapters.table_rows import connect
from functions.domain.contract import Feature, Task
from functions.domain.metric_names import METRICS
from functions.domain.verdict import judge
from functions.domain.verdict_rules import RuleName
from functions.evaluate.counts import Counts
from functions.evaluate.evidence import evidence
from functions.evaluate.first_window import first_window_reference
from functions.evaluate.live import Live, make_live_views
from functions.evaluate.report import report
from functions.evaluate.report_html import render
from functions.evaluate.request import EvaluationRequest
from functions.evaluate.sections import sections
from functions.evaluate.window_rows import open_views
from tests.functions.evaluate import sample_reports
from tests.functions.evaluate.page_outline import Outline
from tests.functions.evaluate.tables import START, model_config, write_rows

ROOT = Path(__file__).parents[3]
SCHEMA: dict[str, Any] = json.loads((ROOT / "docs" / "report.schema.json").read_text())
FEATURES = (Feature("distance", "int64"), Feature("carrier", "string", categories=("UA", "B6")))
ROWS = 900


def validate(document: Mapping[str, Any]) -> None:
    """Raises the first thing that is not as the schema has it; numbers must be JSON's own."""
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(document, allow_nan=False)))


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", sample_reports.EVERY)
def test_every_sample_is_as_the_schema_says(name: str) -> None:
    validate(sample_reports.EVERY[name]())


@pytest.mark.parametrize("name", sample_reports.EVERY)
def test_the_example_in_the_docs_reads_every_report(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document = sample_reports.EVERY[name]()
    (tmp_path / "report.json").write_text(json.dumps(document))
    monkeypatch.chdir(tmp_path)
    example = (ROOT / "docs" / "report.md").read_text().split("```python\n")[1].split("```")[0]
    exec(example, {})  # noqa: S102 - our own page
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(document["verdict"]["verdict"])
    assert len(said) == 1 + len(document["performance"]["metrics"]) + (document["drift"] is not None)


def test_the_docs_tell_of_every_part() -> None:
    page = (ROOT / "docs" / "report.md").read_text().split("| part |")[1]
    parts = set(SCHEMA["properties"]) - {"model", "task", "external", "about", "evaluated_at", "by"}
    assert [part for part in sorted(parts) if f"`{part}`" not in page] == []


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("labelled", [True, False])
def test_what_evaluate_makes_of_rows_is_as_the_schema_says_and_can_be_rendered(
    task: Task, labelled: bool, tmp_path: Path
) -> None:
    document = evaluated(task, labelled, tmp_path)
    validate(document)
    assert document["maturity"]["window"]["predictions"] == ROWS
    assert document["performance"]["rows"] == ROWS * labelled
    assert (document["estimate"] is not None) == labelled
    assert f"{task} model" in Outline.of(render(document)).text


def test_a_window_without_any_rows_is_as_the_schema_says(tmp_path: Path) -> None:
    document = evaluated("binary", False, tmp_path, rows=0)
    validate(document)
    assert document["verdict"]["verdict"] == "NOT_ENOUGH_EVIDENCE"
    assert "No predictions in this window" in Outline.of(render(document)).text


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("v",), 2),
        (("window", "start"), "2013-03-01"),
        (("verdict", "verdict"), "PANIC"),
        (("maturity", "window", "coverage"), 1.5),
        (("performance", "rows"), 0.5),
        (("drift", "columns"), [{}]),
        (("something_new",), 1),
    ],
)
def test_what_is_not_as_the_schema_says_is_found(path: tuple[str, ...], value: Any) -> None:
    document = sample_reports.binary()
    part = document
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        validate(document)


def test_the_schema_knows_every_metric_and_every_rule_of_the_code() -> None:
    assert SCHEMA["$defs"]["metric_name"]["enum"] == list(METRICS)
    reason = SCHEMA["properties"]["verdict"]["properties"]["reasons"]["items"]
    assert reason["properties"]["rule"]["enum"] == list(get_args(RuleName))


def test_every_object_of_the_schema_says_what_it_has_and_nothing_else_may_come() -> None:
    for part in _parts(SCHEMA):
        if part.get("type") == "object" and "properties" in part:
            assert part["additionalProperties"] is False, part
            assert set(part["required"]) <= set(part["properties"]), part


def evaluated(task: Task, labelled: bool, folder: Path, rows: int = ROWS) -> dict[str, Any]:
    """A report of rows of one window, whose own first window is the reference."""
    config = model_config(FEATURES, task, slices=("carrier",), window_s=86_400)
    path = write_rows(folder / "rows.parquet", config, columns(task, labelled, rows))
    at = START.astype("datetime64[s]").item() + timedelta(hours=36)
    request = EvaluationRequest.from_event({"model": config.model, "time": f"{at:%Y-%m-%dT%H:%M:%SZ}", "by": "test"})
    window, labelled_window = request.window(config), request.labelled_window(config)
    with connect(1, 256, folder) as con:
        open_views(con, [path], config, window, labelled_window)
        known = first_window_reference(con, config, labelled_window, "1")
        live = Live("1", 1, None if task == "regression" else ("false", "true", "maybe"), known, hosted=True)
        make_live_views(con, live)
        counts = Counts(float(rows), 1.0, 0.0, 2.5 * rows, 3.0, {"distance": 2.0})
        found = sections(con, request, config, live, (), counts)
    shown = evidence(config, live.version, live.reference, found, ())
    verdict = judge(shown, config.evaluate, (), request.at)
    return report(request, config, live.to_document(), live.reference, found, verdict, ())


def columns(task: Task, labelled: bool, rows: int) -> dict[str, Any]:
    """Rows from noon on, in the types of the log table."""
    random = np.random.default_rng(4)
    score = random.uniform(0.05, 0.95, rows)
    time = START + np.timedelta64(12, "h") + np.arange(rows).astype("timedelta64[s]")
    found: dict[str, Any] = {
        "time": time,
        "in_distance": random.integers(80, 2_500, rows),
        "in_carrier": random.choice(np.array(["UA", "B6", "ZZ"], object), rows),
        "score": score,
    }
    if labelled:
        found |= {"observed_at": time, "labelled_at": time + np.timedelta64(1, "h")}
    if task == "regression":
        return found | ({"target": score + random.normal(0, 0.1, rows)} if labelled else {})
    truth = np.where(random.uniform(size=rows) < score, "true", "false").astype(object)
    found |= {"prediction": np.where(score > 0.5, "true", "false").astype(object)}
    if task == "multiclass":
        found["score"] = np.maximum(score, 1 - score)
        found["probabilities"] = {"true": score, "false": 1 - score, "maybe": np.zeros(rows)}
    return found | ({"label": truth} if labelled else {})


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from _parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _parts(value)
