"""Versions side by side in a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape

from trimtab.commands.options import shown
from trimtab.console import note, print_table, printable

Document = Mapping[str, Any]

_ANSWERS = {
    "not_distinguishable": "not distinguishable",
    "no_evidence": "nobody can say: they were never measured on the same rows or in the same window",
    "not_comparable": "not comparable",
}


def print_comparison(found: Document) -> None:
    """A column a version, then who wins of each pair and why, then the challengers that were refused."""
    versions = found["versions"]
    several = len(found["models"]) > 1
    metrics = list(dict.fromkeys(name for version in versions for name in version["metrics"]))
    rows = [
        ["state", *(_state(v) for v in versions)],
        ["registered", *(_registered(v) for v in versions)],
        ["fitted on", *(_rows(v["fit"]) for v in versions)],
        ["held out", *(_rows(v["holdout"]) for v in versions)],
        *([name, *(_interval(v["metrics"].get(name)) for v in versions)] for name in metrics),
        ["gate", *(_gate(v["gate"]) for v in versions)],
        ["in service", *(_service(v["in_service"]) for v in versions)],
    ]
    title = f"versions of {', '.join(found['models'])}"
    print_table(title, ["", *(_cell(_name(v, several)) for v in versions)], rows)
    for version in versions:
        for reason in (version["gate"] or {}).get("reasons", []):
            note(printable(f"{_name(version, several)}: {reason}"))
    note("held-out metrics are each version's own, on rows that differ: what compares them is below")
    for pair in found["pairs"]:
        _print_pair(pair)
    for refusal in found["refused"]:
        report = refusal["report"] or refusal["step"]
        note(printable(f"refused {refusal['started_at']} ({report}): {'; '.join(refusal['reasons'])}"))


def print_windows(found: Document) -> None:
    """All metrics of each labelled window, a column a version; and the slices of the newest."""
    versions = [(v["model"], v["version"]) for v in found["versions"]]
    names = [_cell(":".join(pair)) for pair in versions]
    for metric in dict.fromkeys(m for w in found["windows"] for v in w["versions"] for m in v["metrics"]):
        rows = []
        for window in found["windows"]:
            by = {(v["model"], v["version"]): v["metrics"].get(metric) for v in window["versions"]}
            rows.append([f"{window['start'][:10]} to {window['end'][:10]}", *(_interval(by.get(v)) for v in versions)])
        print_table(f"{metric} by labelled window", ["window", *names], rows)
    for part in found["slices"]:
        rows = [[_cell(f"{s['feature']} = {s['value']}"), s["rows"], _interval(s["metric"])] for s in part["slices"]]
        answered = _cell(", ".join(map(str, part["versions"])))
        title = f"{part['metric']} of {part['model']} by slice, to {part['window']['end'][:10]}, answered by {answered}"
        print_table(title, ["slice", "rows", "value"], rows)


def _cell(text: str) -> str:
    """Text from data in a table, which takes square brackets for its own marks."""
    return escape(printable(text))


def _print_pair(pair: Document) -> None:
    names = [f"{pair[side]['model']}:{pair[side]['version']}" for side in ("first", "second")]
    said = f"{pair['winner']} is better" if pair["winner"] else _ANSWERS[pair["answer"]]
    note(printable(f"{names[0]} and {names[1]}: {said}"))
    for obstacle in pair["obstacles"]:
        note(f"    {obstacle}")
    for one in pair["evidence"]:
        note(printable(f"    {one['text']}"))


def _name(version: Document, several: bool) -> str:
    return f"{version['model']}:{version['version']}" if several else f"version {version['version']}"


def _state(version: Document) -> str:
    if not version["hosted"]:
        return "hosted elsewhere" + (", newest" if version["live"] else "")
    return f"{version['state']}{', live' if version['live'] else ''}"


def _registered(version: Document) -> str:
    at = version["registered_at"]
    return "-" if at is None else f"{at[:16]} by {version['registered_by']}"


def _rows(part: Document | None) -> str:
    if part is None:
        return "-"
    period = part.get("period")
    when = f", {period['first'][:10]} to {period['last'][:10]}" if period else ""
    return f"{part['rows']:,} rows{when}"


def _interval(metric: Mapping[str, float | None] | None) -> str:
    if metric is None:
        return "-"
    low, high = metric["low"], metric["high"]
    return shown(metric["value"]) + (f" ({low:.4f} to {high:.4f})" if low is not None and high is not None else "")


def _gate(gate: Document | None) -> str:
    if gate is None:
        return "-"
    return str(gate["decision"]) + ("" if gate["champion"] is None else f" against version {gate['champion']}")


def _service(found: Document | None) -> str:
    if found is None:
        return "-"
    judged = found["judged"]
    last = f", last {shown(judged['value'])}" if judged else ""
    return f"{found['windows']} windows to {found['to'][:10]}{last}"
