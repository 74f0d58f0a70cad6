"""A model card in a terminal: the short of it; the page and the JSON have all."""

from collections.abc import Iterator, Mapping
from typing import Any

from functions.evaluate.page.numbers import counted, interval, measured, moment, with_interval
from trimtab.console import note, print_table, printable, results

Card = Mapping[str, Any]


def print_card(card: Card) -> None:
    """Purpose, data, metrics, gate, approvals and service, and what is not known."""
    name = printable(f"{card['model']} version {card['version']}")
    results.print(f"{name}: {', '.join(_states(card))}", markup=False, style="bold")
    for title, value in _lines(card):
        results.print(printable(f"  {title:<14}{value}"), markup=False)
    found = card["metrics"]
    if found is not None:
        rows = [[one["title"], measured(one["value"]), interval(one["low"], one["high"])] for one in found["values"]]
        print_table(f"on {counted(found['rows'], 'held-out row')}", ["metric", "value", "interval"], rows)
    for check in (card["gate"] or {}).get("checks", ()):
        results.print(printable(f"  gate {'✓' if check['passed'] else '✗'} {check['text']}"), markup=False)
    for entry in card["unknown"]:
        note(f"not known: {entry['part']}: {entry['why']}")


def _states(card: Card) -> Iterator[str]:
    if card["task"]:
        yield f"{card['task']} model"
    if card["registered"]:
        yield card["registered"]["state"]
    if card["live"]:
        yield "live" if card["hosted"] else "newest"
    if not card["hosted"]:
        yield "hosted elsewhere"


def _lines(card: Card) -> Iterator[tuple[str, str]]:
    titles = {"owner": "owner", "description": "predicts", "intended_use": "for", "limitations": "limits"}
    for name, title in titles.items():
        if card["about"][name]:
            yield title, " ".join(card["about"][name].split())
    data = card["data"]
    if data is not None:
        yield "fitted on", _rows(data["fit"])
        yield "held out", _rows(data["holdout"])
        if data["snapshot"] is not None:
            yield "kept out", counted(data["snapshot"]["quarantine"]["rows"], "labelled row")
    if card["registered"]:
        yield "artifact", f"sha256 {card['registered']['artifact']}"
    approvals = card["approvals"]
    if approvals is not None:
        given = ", ".join(f"{one['by']} ({moment(one['time'])})" for one in approvals["given"]) or "nobody"
        yield "approved by", f"{given}; author {approvals['author']}"
    service = card["service"]
    if service is not None:
        judged = f"; last judged {with_interval(service['judged'])}" if service["judged"] else ""
        yield "in production", f"{counted(service['windows'], 'window')} to {moment(service['to'])}{judged}"


def _rows(told: Mapping[str, Any] | None) -> str:
    if told is None:
        return "not known"
    period = told.get("period")
    return counted(told["rows"], "row") + (f", {moment(period['first'])} to {moment(period['last'])}" if period else "")
