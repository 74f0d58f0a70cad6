"""Of a card's page: data, metrics, slices, gate, drift baseline and latency."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from functions.domain.metric_names import METRICS
from functions.evaluate.page.axis import around
from functions.evaluate.page.layout import facts, folded, note, paragraph, table, table_in_parts
from functions.evaluate.page.markup import Content, Html, join, named, shortened, tag
from functions.evaluate.page.numbers import UNKNOWN, change, counted, interval, measured, moment, number
from functions.evaluate.page.slices import interval_bar
from functions.evaluate.page.words import DIRECTIONS

Card = Mapping[str, Any]
SHOWN = 20


def data(card: Card) -> Iterator[Html]:
    """What it learnt from, by digest; what was kept out of that, and why."""
    found = card["data"]
    if found is None:
        return
    snapshot = found["snapshot"]
    yield facts(_data(found))
    if snapshot is None:
        return
    rows = [
        ("first training set" if file["part"] == "first" else "log", _digest(file["sha256"]), number(file["rows"]))
        for file in snapshot["files"]
    ]
    if snapshot["golden"]:
        rows.append(("golden set", _digest(snapshot["golden"]["sha256"]), number(snapshot["golden"]["rows"])))
    yield table("Files", ("part", "SHA-256", "rows"), rows, words=2)
    kept_out = snapshot["quarantine"]
    if not kept_out["rows"]:
        yield paragraph("No labelled row was kept out of training.")
        return
    yield table(
        f"{counted(kept_out['rows'], 'row')} kept out of training",
        ("reason", "rows"),
        [(reason, number(count)) for reason, count in kept_out["by_reason"].items()],
    )
    senders = [(named(sender), number(count)) for sender, count in kept_out["by_sender"].items()]
    yield folded("By sender", table("Rows kept out, by who labelled them", ("sender", "rows"), senders))


def _data(found: Mapping[str, Any]) -> Iterator[tuple[Content, Content]]:
    yield "Fitted on", _rows(found["fit"])
    yield "Held out", _rows(found["holdout"])
    yield "All values, SHA-256", _digest(found["sha256"])
    snapshot = found["snapshot"]
    if snapshot is None:
        return
    yield "Snapshot, SHA-256", _digest(found["snapshot_sha256"])
    if snapshot["as_of"]:
        window = snapshot["window"]
        yield "Log as of", f"{moment(snapshot['as_of'])} UTC"
        yield (
            "Log from",
            f"{moment(window['start']) if window['start'] else 'its beginning'} to {moment(window['end'])}",
        )
    left_out = {"without a label": "unlabelled", "too young": "immature", "kept out": "quarantined"}
    counts = snapshot["rows"]
    yield "Not learnt from", "; ".join(f"{counts[name]:,} {words}" for words, name in left_out.items())


def metrics(card: Card) -> Iterator[Html]:
    """What it was measured to be on held-out rows, and how alike ONNX and the original answer."""
    found = card["metrics"]
    if found is not None:
        rows = [
            (one["title"], DIRECTIONS[one["better"]], measured(one["value"]), interval(one["low"], one["high"]))
            for one in found["values"]
        ]
        caption = f"On {counted(found['rows'], 'held-out row')}, which it never learnt from"
        yield table(caption, ("metric", "", "value", "interval"), rows, words=2)
    parity = card["parity"]
    if parity:
        yield paragraph(
            f"Parity: ONNX and the original differ by at most {parity['largest_difference']:.2g} on {parity['rows']:,} "
            f"held-out and {parity['edge_rows']:,} edge rows; {parity['tolerance']:g} is allowed."
        )


def slices(card: Card) -> Iterator[Html]:
    """By slice: what the gate found against the champion, and what came out in the last window."""
    by_gate, served = card["slices"]["gate"], card["slices"]["service"]
    if by_gate is not None:
        champion = f"version {by_gate['champion']}"
        rows = [
            (
                named(one["slice"]),
                number(one["rows"]),
                measured(one["champion"]),
                measured(one["challenger"]),
                _gain(one),
            )
            for one in by_gate["slices"]
        ]
        caption = f"{_title(by_gate['metric'])} on the gate's rows, beside {champion}"
        head = ("slice", "rows", champion, "this version", "gain (interval)")
        yield table_in_parts(caption, head, rows, SHOWN, "slices")
    else:
        yield note("No gate has compared its slices.")
    if served is not None:
        yield _served_slices(served)


def _served_slices(served: Mapping[str, Any]) -> Html:
    window = f"{moment(served['window']['start'])} to {moment(served['window']['end'])}"
    versions = ", ".join(f"version {shortened(version)}" for version in served["versions"])
    axis = around(one["metric"][end] for one in served["slices"] for end in ("value", "low", "high"))
    rows = [
        (
            join((named(one["feature"]), " = ", named(one["value"]) if one["kind"] == "value" else one["value"])),
            None if one["metric"]["value"] is None else interval_bar(one["metric"], None, axis),
            measured(one["metric"]["value"]),
            interval(one["metric"]["low"], one["metric"]["high"]),
            number(one["rows"]),
        )
        for one in served["slices"]
    ]
    head = ("slice", "", "value", "interval", "rows")
    caption = f"{_title(served['metric'])} in service, {window}; answered by {versions}"
    return table_in_parts(caption, head, rows, SHOWN, "slices", words=2)


def gate(card: Card) -> Iterator[Html]:
    """The decision, and each check in words."""
    found = card["gate"]
    if found is None:
        return
    champion = found["champion"]
    against = "without a champion" if champion is None else f"against version {champion['version']}"
    yield paragraph(f"{found['decision']}, {against}, as of {moment(found['as_of'])} UTC ({found['execution']}).")
    rows = [
        (
            one["name"].replace("_", " "),
            tag("span", "✓ passed" if one["passed"] else "✗ failed", class_="passed" if one["passed"] else "failed"),
            shortened(one["text"], 1_000),
        )
        for one in found["checks"]
    ]
    yield table("Every check", ("check", "", "what was found"), rows, words=3)
    both = (found["held_out"] or {}).get("metrics") or {}
    if champion is not None and both:
        values = [(_title(name), measured(two["champion"]), measured(two["challenger"])) for name, two in both.items()]
        head = ("metric", f"version {champion['version']}", "this version")
        yield folded("All metrics on the gate's rows", table("Both on the same rows", head, values))


def baseline(card: Card) -> Iterator[Html]:
    """What later windows are compared with."""
    found = card["baseline"]
    if found is None:
        yield note("There is none: it came without rows, and no window was large enough to stand for them yet.")
        return
    origin = "its training data" if found["source"] == "training" else "the first window that was large enough"
    yield paragraph(f"Later windows are compared with {origin}: {counted(found['rows'], 'row')}.")
    rows = [_column(column) for column in found["columns"]]
    head = ("column", "kind", "values", "rows", "missing")
    yield table_in_parts("Distributions", head, rows, SHOWN, "columns", words=3)


def _column(column: Mapping[str, Any]) -> Sequence[Content]:
    numbers = column["numbers"]
    if numbers is not None:
        told = f"{number(numbers['min'])} to {number(numbers['max'])}, median {number(numbers['median'])}, "
        told += f"mean {number(numbers['mean'])}, deviation {number(numbers['std'])}"
    else:
        told = ", ".join(f"{shortened(one['value'], 40)} ({one['rows']:,})" for one in column["values"])
        told += f", others ({column['other']:,})" if column["other"] else ""
    return named(column["name"]), column["kind"], told, number(column["count"]), number(column["missing"])


def latency(card: Card) -> Iterator[Html]:
    """What the gate timed beside the champion, and what requests took in service."""
    by_gate, served = card["latency"]["gate"], card["latency"]["service"]
    if by_gate is not None:
        rows = [
            (what, number(by_gate["champion_us"][what]), number(own)) for what, own in by_gate["challenger_us"].items()
        ]
        yield table("Timed by the gate, median, µs", ("asked", "champion", "this version"), rows)
    if served is not None:
        window = f"{moment(served['window']['start'])} to {moment(served['window']['end'])}"
        quantiles = ("p50", "p95", "p99")
        values = [("a request", *(number(served[name]) for name in quantiles))]
        yield table(f"In service, ms, {window}", ("asked", *quantiles), values)
        if len(served["versions"]) > 1:
            yield note(
                f"Of all versions that answered in that window: {', '.join(map(shortened, served['versions']))}."
            )
    if by_gate is None and served is None:
        yield note("Nobody has timed it: the gate was not asked, and no report of it in service is there.")


def _gain(one: Mapping[str, Any]) -> str:
    if one["gain"] is None:
        return UNKNOWN
    shown = change if one["relative"] else measured
    low, high = one["low"], one["high"]
    within = "" if low is None or high is None else f" ({shown(low)} to {shown(high)})"
    return f"{shown(one['gain'])}{within}"


def _rows(told: Mapping[str, Any] | None) -> str:
    if told is None:
        return UNKNOWN
    period = told.get("period")
    when = f", {moment(period['first'])} to {moment(period['last'])}" if period else "; their times are not known"
    return f"{counted(told['rows'], 'row')}{when}"


def _digest(sha256: str | None) -> Content:
    return UNKNOWN if sha256 is None else tag("code", sha256)


def _title(metric: str | None) -> str:
    return UNKNOWN if metric is None else METRICS[metric].title
