"""A model card as a page: one HTML file that needs nothing else, to be read, printed and kept. No script.

It is made of the document of `functions.manage.card` alone, with the parts that the pages of reports are made of.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from functions.domain.log_table import class_text
from functions.evaluate.page.document import document
from functions.evaluate.page.layout import facts, folded, note, section, table
from functions.evaluate.page.markup import Content, Html, join, named, shortened, tag
from functions.evaluate.page.numbers import moment, number
from functions.evaluate.page.style import STYLE
from trimtab import lineage_picture
from trimtab.card_evidence import baseline, data, gate, latency, metrics, slices
from trimtab.card_history import approvals, audit, lineage, service

Card = Mapping[str, Any]

_OWN_STYLE = """
.picture{overflow-x:auto;border:1px solid var(--rule);border-radius:.5rem;background:var(--card)}
.picture svg{display:block;max-width:none;margin:0 auto}.passed{color:var(--keep)}.failed{color:var(--roll-back)}
.lead{font-size:1.1rem}td,tbody th{vertical-align:top}td:not(.n){max-width:26rem;overflow-wrap:anywhere}
.states{display:flex;flex-wrap:wrap;gap:.4rem;margin:.6rem 0 0;padding:0;list-style:none}
@media print{.picture svg{max-width:100%;height:auto}
details::details-content{content-visibility:visible}summary{display:none}}
"""
_CONTENTS = {
    "purpose": "Purpose and limits",
    "data": "Data",
    "metrics": "Metrics",
    "slices": "Slices",
    "gate": "Gate",
    "baseline": "Drift baseline",
    "latency": "Latency",
    "lineage": "Lineage",
    "approvals": "Approvals",
    "service": "In production",
    "audit": "Audit",
    "unknown": "What is not known",
}


def render(card: Card) -> str:
    """The page of a card of schema version 1.

    Raises:
        KeyError: the document lacks a part that the schema has.
    """
    main = tag(
        "main",
        tag("nav", *(tag("a", title, href=f"#{anchor}") for anchor, title in _CONTENTS.items()), aria_label="Contents"),
        section("purpose", _CONTENTS["purpose"], *_purpose(card)),
        section("data", _CONTENTS["data"], *data(card), *_unknown(card, "data", "data.snapshot")),
        section("metrics", _CONTENTS["metrics"], *metrics(card), *_unknown(card, "metrics", "parity")),
        section("slices", _CONTENTS["slices"], *slices(card), *_unknown(card, "slices.service")),
        section("gate", _CONTENTS["gate"], *gate(card), *_unknown(card, "gate")),
        section("baseline", _CONTENTS["baseline"], *baseline(card)),
        section("latency", _CONTENTS["latency"], *latency(card)),
        section("lineage", _CONTENTS["lineage"], *lineage(card)),
        section("approvals", _CONTENTS["approvals"], *approvals(card), *_unknown(card, "approvals.person")),
        section("service", _CONTENTS["service"], *service(card), *_unknown(card, "service", "rollouts")),
        section("audit", _CONTENTS["audit"], *audit(card)),
        section("unknown", _CONTENTS["unknown"], _all_unknown(card)),
        tag("p", "Made of the registry, the artifact bucket and the reports, by `trimtab card`.", class_="note"),
    )
    title = f"{card['model']} version {card['version']}: model card"
    return document(title, STYLE + lineage_picture.STYLE + _OWN_STYLE, tag("body", _header(card), main))


def _header(card: Card) -> Html:
    about = card["about"]
    states = (tag("li", tag("span", state, class_="badge")) for state in _states(card))
    return tag(
        "header",
        tag("p", "Model card", class_="when"),
        tag("h1", f"{shortened(card['model'])}, version {shortened(card['version'])}"),
        tag("p", about["description"], class_="lead") if about["description"] else None,
        tag("ul", *states, class_="states", aria_label="State"),
    )


def _states(card: Card) -> Iterator[str]:
    if card["task"]:
        yield f"{card['task']} model"
    if card["live"]:
        yield "live" if card["hosted"] else "newest"
    if card["registered"]:
        yield card["registered"]["state"]
    yield "hosted here" if card["hosted"] else "hosted elsewhere"


def _purpose(card: Card) -> Iterator[Content]:
    yield facts(_about(card))
    rows = [_input(one) for one in card["inputs"]]
    if not rows:
        yield note("The inputs are not known.")
        return
    head = ("input", "type", "allowed", "may be missing")
    listed = table("Inputs", head, rows, words=4)
    yield listed if len(rows) <= 15 else folded(f"{len(rows):,} inputs", listed)


def _about(card: Card) -> Iterator[tuple[Content, Content]]:
    missing = {entry["part"]: entry["why"] for entry in card["unknown"]}
    titles = {"owner": "Owner", "intended_use": "Intended use", "limitations": "Limitations"}
    for name, title in titles.items():
        why = missing.get(f"about.{name}") or missing.get("about", "not known")
        yield title, card["about"][name] or tag("em", f"not known: {why}")
    label = card["label"]
    if label:
        positive = "" if label["positive"] is None else f"; the positive class is {class_text(label['positive'])}"
        yield "Predicts", join((named(label["name"]), positive))
    registered = card["registered"]
    if registered:
        by = f"{moment(registered['at'])} UTC by {shortened(registered['by'])}"
        why = f" ({registered['reason']})" if registered["reason"] else ""
        yield "Registered", f"{by}; {registered['state']}{why}"
    guard = card["guard"]
    if guard:
        yield (
            "Guard",
            f"a value out of range: {guard['out_of_range']}; an unknown category: {guard['unknown_category']}; at most "
            f"{guard['max_rows']:,} rows and {guard['max_body']:,} bytes a request",
        )


def _input(feature: Mapping[str, Any]) -> Sequence[Content]:
    size = "" if feature["size"] is None else f", {feature['size']:,} values"
    return (
        named(feature["name"]),
        f"{feature['type']}{size}",
        _allowed(feature),
        "yes" if feature["nullable"] else "no",
    )


def _allowed(feature: Mapping[str, Any]) -> Content:
    if feature["categories"] is not None:
        rest = feature["distinct_categories"] - len(feature["categories"])
        more = f" and {rest:,} more" if rest else ""
        return shortened(", ".join(map(str, feature["categories"])) + more, 300)
    low, high = feature["min"], feature["max"]
    if low is None and high is None:
        return "any value"
    if low is None or high is None:
        return f"at most {number(high)}" if low is None else f"at least {number(low)}"
    return f"{number(low)} to {number(high)}"


def _unknown(card: Card, *parts: str) -> Iterator[Html]:
    for entry in card["unknown"]:
        if entry["part"] in parts:
            yield note(f"Not known ({entry['part']}): {entry['why']}.")


def _all_unknown(card: Card) -> Html:
    if not card["unknown"]:
        return tag("p", "Nothing that a card asks for is missing.")
    rows = [(named(entry["part"]), entry["why"]) for entry in card["unknown"]]
    return table("Nothing is filled in for these", ("part", "why"), rows, words=2)
