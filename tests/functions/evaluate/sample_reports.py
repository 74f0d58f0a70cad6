"""Whole reports of every kind, put together by the product's own code from made-up sections."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import sin
from typing import Any

from functions.domain.contract import Task
from functions.domain.evaluation import Evaluation, VerdictName
from functions.domain.metric_names import METRICS
from functions.domain.reference import MetricValue, Reference
from functions.domain.verdict import judge
from functions.domain.windows import iso
from functions.evaluate.evidence import evidence
from functions.evaluate.report import report, report_prefix
from functions.evaluate.request import EvaluationRequest
from tests.functions.evaluate import sample_sections as of
from tests.functions.evaluate.tables import model_config

Document = dict[str, Any]
AT = datetime(2013, 7, 22, tzinfo=UTC)
LABELLED_END = iso(AT - timedelta(hours=6))
DAYS = tuple(f"{AT - timedelta(days=days):%Y-%m-%d}" for days in range(7, 0, -1))
CARRIERS = ("UA", "B6", "EV", "DL", "AA", "MQ", "US", "9E", "WN", "VX", "FL", "AS", "F9", "YV", "HA", "OO")
FLIGHTS = (
    ("carrier", "string"),
    ("origin", "string"),
    ("dest", "string"),
    ("departure_minute", "int64"),
    ("distance", "int64"),
    ("temperature", "float32"),
    ("humidity", "float32"),
    ("wind_speed", "float32"),
    ("precipitation", "float32"),
    ("visibility", "float32"),
)
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "a & b < c",
    "\u202egnp.exe",
    "",
    " ",
    "x" * 5_000,
)


def binary() -> Document:
    """A model of flights' kind after twenty days, with drift that costs and a performance that gives way."""
    before = history("binary", 20, 0.008)
    slices = [("carrier", name) for name in CARRIERS] + [
        ("origin", name) for name in ("EWR", "JFK", "LGA", "12 other values")
    ]
    performance = of.performance("binary", 6_212, 1.12, slices)
    performance["confusion"] = {"classes": ["not true", "true"], "counts": [[4_702, 261], [883, 366]]}
    sections = {
        "versions": [{"version": "3", "rows": 5_900}, {"version": "2", "rows": 500}],
        "performance": performance,
        "maturity": of.maturity(6_400, 5_870, 6_380, 6_212),
        "estimate": of.estimate("binary", 6_400, before, LABELLED_END, 1.12),
        "drift": of.drift(_flights_columns()),
        "quality": of.quality(FLIGHTS),
        "operation": of.operation(DAYS),
    }
    return document("binary", sections, before)


def regression() -> Document:
    before = history("regression", 2, 0.0)
    sections = {
        "versions": [{"version": "3", "rows": 6_400}],
        "performance": of.performance("regression", 5_900, 1.01, [("sex", "1"), ("sex", "2")]),
        "maturity": of.maturity(6_400, 5_000, 6_000, 5_900),
        "estimate": of.estimate("regression", 6_400, before, LABELLED_END, 1.01),
        "drift": of.drift([of.number_column("bmi", 0.2), of.number_column("score", 0.1, "output")]),
        "quality": of.quality((("bmi", "float32"), ("sex", "int64"))),
        "operation": of.operation(DAYS),
    }
    return document("regression", sections, before)


def multiclass(classes: int = 3) -> Document:
    before = history("multiclass", 8, 0.0)
    performance = of.performance("multiclass", 3_000, 0.98)
    names = [f"class-{number}" for number in range(classes)]
    counts = [[200 + a if a == b else (a * 7 + b * 3) % 11 for b in range(classes)] for a in range(classes)]
    performance |= {"confusion": {"classes": names, "counts": counts}, "unknown_labels": 4}
    sections = {
        "versions": [{"version": "3", "rows": 3_100}],
        "performance": performance,
        "maturity": of.maturity(3_100, 3_000, 3_050, 3_000),
        "estimate": of.estimate("multiclass", 3_100, before, LABELLED_END, 0.98),
        "drift": of.drift([of.number_column("petal_length", 0.1), of.text_column("prediction", names, 0.1)]),
        "quality": of.quality((("petal_length", "float32"),)),
        "operation": of.operation(DAYS),
    }
    return document("multiclass", sections, before)


def external() -> Document:
    """A model hosted elsewhere: no release, no latency, no cost, and a reference that is its own first window."""
    sections = {
        "versions": [{"version": "2013-06", "rows": 900}],
        "performance": of.performance("binary", 850),
        "maturity": of.maturity(900, 850, 900, 850),
        "estimate": None,
        "drift": of.drift([of.number_column("amount", 0.3)], rows=900),
        "quality": of.quality((("amount", "float32"),), rows=900),
        "operation": of.operation(DAYS, rows=900, external=True),
    }
    return document("binary", sections, history("binary", 3, 0.0), external=True)


def first_window() -> Document:
    """The first evaluation of a model that nobody has called yet."""
    sections: Document = {
        "versions": [],
        "performance": of.performance("binary", 0),
        "maturity": of.maturity(0, 0, 0, 0),
        "estimate": None,
        "drift": None,
        "quality": of.quality(FLIGHTS, rows=0),
        "operation": of.operation(DAYS, rows=0),
    }
    return document("binary", sections, (), reference=False)


def too_few() -> Document:
    """Some rows, fewer than anything is judged from, and no label."""
    sections = {
        "versions": [{"version": "3", "rows": 40}],
        "performance": of.performance("binary", 0),
        "maturity": of.maturity(40, 0, 30, 0),
        "estimate": of.estimate("binary", 40, (), LABELLED_END, None),
        "drift": of.drift(_flights_columns(), rows=40, judged=False),
        "quality": of.quality(FLIGHTS, rows=40),
        "operation": of.operation(DAYS, rows=40),
    }
    return document("binary", sections, ())


def hostile() -> Document:
    """Every text that comes from data or from people tries to be something else than text."""
    found = binary()
    bad = HOSTILE[0]
    found["drift"] = of.drift([of.text_column(name, HOSTILE, 1.0, {bad: 9}) for name in HOSTILE])
    found["quality"] = of.quality([(name, "string") for name in HOSTILE])
    found["performance"] |= of.performance("binary", 6_212, 1.12, [(a, b) for a in HOSTILE for b in HOSTILE])
    found["performance"]["confusion"] = {"classes": list(HOSTILE), "counts": [[1] * len(HOSTILE)] * len(HOSTILE)}
    found["operation"]["clients"] = [{"client": name, "rows": 1} for name in HOSTILE]
    found["versions"] = [{"version": name, "rows": 1} for name in HOSTILE]
    found["about"] = {"owner": bad, "description": bad}
    found |= {"by": bad, "live": {"version": bad, "release": None}}
    found["verdict"]["reasons"] = [
        {"rule": "costly_drift", "text": bad, "numbers": {bad: {"psi": 1.0, "cost_share": 0.1}}}
    ]
    return found


def huge(features: int = 500, slices: int = 200) -> Document:
    found = binary()
    names = [f"feature_{number}" for number in range(features)]
    found["drift"] = of.drift([of.number_column(name, sin(place) * 0.9) for place, name in enumerate(names)])
    found["quality"] = of.quality([(name, "float32") for name in names])
    found["performance"]["slices"] = of.performance(
        "binary", 6_000, 1.0, [("airport", f"A{n}") for n in range(slices)]
    )["slices"]
    return found


def _flights_columns() -> list[Document]:
    return [
        of.text_column("carrier", CARRIERS, 0.3, {"ZZ": 130, "QQ": 62}),
        of.text_column("origin", ("EWR", "JFK", "LGA"), 0.1),
        of.text_column("dest", [f"A{number:02}" for number in range(60)], 0.2),
        *(of.number_column(name, shift) for name, shift in (("departure_minute", 0.05), ("distance", 0.0))),
        *(
            of.number_column(name, shift)
            for name, shift in (("temperature", 2.6), ("humidity", 0.7), ("wind_speed", -0.4))
        ),
        *(of.number_column(name, shift) for name, shift in (("precipitation", 0.1), ("visibility", 0.02))),
        of.number_column("score", 0.8, "output"),
    ]


def history(task: Task, windows: int, growth: float) -> tuple[Evaluation, ...]:
    """Daily evaluations before AT, in which the judged metric grows worse by `growth` a day."""
    return tuple(_before(task, windows - days, growth, AT - timedelta(days=days)) for days in range(windows, 0, -1))


def _before(task: Task, place: int, growth: float, end: datetime) -> Evaluation:
    found = of.metrics(task, 1 + growth * place + 0.02 * sin(place))
    values = {m["name"]: {key: m[key] for key in ("value", "low", "high")} for m in found}
    first = of.metrics(task, 1)[0]  # what version 2 had, which did not grow worse
    before = {key: first[key] for key in ("value", "low", "high")}
    gap = place == 6  # a window without labels
    verdict: VerdictName = "NOT_ENOUGH_EVIDENCE" if gap else "RETRAIN" if place in (11, 15) else "KEEP"
    live = "2" if place < 15 else "3"
    labelled = end - timedelta(hours=6)
    return Evaluation(
        model="small",
        window=(iso(end - timedelta(days=7)), iso(end)),
        labelled_window=(iso(labelled - timedelta(days=7)), iso(labelled)),
        evaluated_at=iso(end),
        live_version=live,
        verdict=verdict,
        finding="RETRAIN" if place > 9 else verdict,
        reasons=("made up",),
        rules=("performance_holds",),
        rows=6_400,
        labelled_rows=0 if gap else 6_100,
        metrics={} if gap else values,
        versions={} if gap else {live: before if live == "2" else next(iter(values.values()))},
        estimated=values,
        estimated_labelled={}
        if gap
        else {n: dict.fromkeys(v, (v["value"] or 0.0) * (1 - 0.03 * sin(place))) for n, v in values.items()},
        drifted=("temperature", "humidity") if place > 9 else (),
        report=report_prefix("small", iso(end)) + "report.json",
    )


def document(
    task: Task, sections: Document, before: Sequence[Evaluation], reference: bool = True, external: bool = False
) -> Document:
    """The report of a window that ends AT, judged by the product's own rules."""
    about = {"owner": "flight desk", "description": "Will a flight arrive fifteen minutes late or more?"}
    config = replace(model_config(task=task), about=about, external=external)
    known = _reference(task, "first_window" if external else "training") if reference else None
    version = "2013-06" if external else "3" if reference else None
    live = {"version": version, "release": 7 if reference and not external else None}
    request = EvaluationRequest("small", AT, "schedule")
    shown = evidence(config, version, known, sections, before)
    verdict = judge(shown, config.evaluate, before, AT)
    sections = {**sections, "duration_s": {"performance": 0.21, "drift": 0.3}}
    return report(request, config, live, known, sections, verdict, before)


def _reference(task: Task, source: Any) -> Reference:
    values = {
        name: MetricValue(value, value * 0.99, value * 1.01) for name, value in of.TYPICAL.items() if name in METRICS
    }
    return Reference("small", "3", source, 52_184, 5_218, (), values, loss=0.4)


EVERY: Mapping[str, Callable[[], Document]] = {
    "binary": binary,
    "regression": regression,
    "multiclass": multiclass,
    "external": external,
    "first_window": first_window,
    "too_few": too_few,
    "hostile": hostile,
    "huge": huge,
}
