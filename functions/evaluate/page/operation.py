"""Operation: how much was asked, by whom, how fast it was answered, what failed, what it cost."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from functions.evaluate.page.axis import Axis
from functions.evaluate.page.layout import facts, folded, note, part, section, table
from functions.evaluate.page.markup import Content, Html, named, tag
from functions.evaluate.page.numbers import UNKNOWN, counted, number, share
from functions.evaluate.page.plot import figure, number_labels, plot

Section = Mapping[str, Any]


def operation(report: Section) -> Html:
    found = report["operation"]
    return section(
        "operation",
        "Operation",
        facts(_facts(found, report["external"])),
        _by_day(found["by_day"]) if found["by_day"] else note("No predictions in this window."),
        _clients(found),
    )


def _facts(found: Section, external: bool) -> Iterator[tuple[Content, Content]]:
    yield "Predictions", number(found["rows"])
    per_request = found["rows_per_request"]
    yield (
        "Requests",
        number(found["requests"]) + ("" if per_request is None else f", {number(per_request)} rows each on average"),
    )
    latency = found["latency_ms"]
    if latency is not None:
        yield (
            "Latency in the function",
            f"p50 {number(latency['p50'])} ms, p95 {number(latency['p95'])} ms, p99 {number(latency['p99'])} ms",
        )
    if external:
        yield "Errors, latency, cost", "not known here: the model is hosted elsewhere"
        return
    yield "Errors", _errors(found)
    yield "Throttled", UNKNOWN if found["throttles"] is None else counted(int(found["throttles"]), "invocation")
    cost = found["cost_per_thousand"]
    yield "Cost of 1,000 predictions", UNKNOWN if cost is None else f"{number(cost)} USD"
    if cost is not None:
        yield "Assumed", found["cost_assumptions"]


def _errors(found: Section) -> str:
    if found["errors"] is None:
        return f"{UNKNOWN} (CloudWatch has no numbers for this window)"
    return counted(int(found["errors"]), "invocation") + f" ({share(found['error_share'])})"


def _by_day(days: Sequence[Section]) -> Html:
    caption = "Predictions by day"
    y = Axis(0.0, max(day["rows"] for day in days) * 1.05 or 1.0)
    width = 100 / len(days)
    bars = [
        tag(
            "rect",
            tag("title", f"{day['day']}: {counted(day['rows'], 'prediction')}"),
            class_="window",
            x=f"{place * width + width * 0.1:.2f}",
            width=f"{width * 0.8:.2f}",
            y=f"{100 - y.at(day['rows']):g}",
            height=f"{y.at(day['rows']):g}",
        )
        for place, day in enumerate(days)
    ]
    x = [(0.0, days[0]["day"]), (100.0, days[-1]["day"])] if len(days) > 1 else [(50.0, days[0]["day"])]
    told = f"{caption}: {'; '.join(f'{day["day"]} {day["rows"]:,}' for day in days[:31])}"
    rows = [(day["day"], number(day["rows"])) for day in days]
    return figure(
        caption,
        plot(told, bars, x, number_labels(y, 3), "days"),
        folded("as a table", table(caption, ("day", "rows"), rows)),
    )


def _clients(found: Section) -> Html | None:
    clients = found["clients"]
    if not clients:
        return None
    rows = [
        (tag("em", "unknown") if c["client"] is None else named(c["client"]), number(c["rows"]), _of_all(c, found))
        for c in clients
    ]
    there = found.get("distinct_clients") or len(clients)
    caption = f"The {len(clients)} busiest of {there:,} clients" if there > len(clients) else "By client"
    return part("Clients", table(caption, ("client", "rows", "share"), rows))


def _of_all(client: Section, found: Section) -> str:
    return share(client["rows"] / found["rows"]) if found["rows"] else UNKNOWN
