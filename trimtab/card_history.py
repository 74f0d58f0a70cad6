"""Of a card's page: lineage, approvals, its life in production, and the audit's entries about it."""

from collections.abc import Iterator, Mapping
from typing import Any

from functions.evaluate.page.layout import facts, folded, note, paragraph, table, table_in_parts
from functions.evaluate.page.markup import Content, Html, named, shortened, tag
from functions.evaluate.page.numbers import UNKNOWN, counted, measured, moment, number, share, with_interval
from functions.evaluate.page.time_chart import Mark, Point, Series, time_chart
from functions.evaluate.page.words import verdict_words
from trimtab.lineage_picture import picture
from trimtab.lineage_text import about_in_words

Card = Mapping[str, Any]
SHOWN = 15


def lineage(card: Card) -> Iterator[Html]:
    """The graph as a picture and as a table, then code, libraries and files by digest."""
    graph = card["lineage"]
    title = f"Lineage of {card['model']} version {card['version']}"
    yield tag(
        "div", picture(graph, title, alone=False), class_="picture", tabindex="0", role="region", aria_label=title
    )
    rows = [
        (node["kind"], node["label"], node["sha256"] or UNKNOWN, "; ".join(about_in_words({**node, "sha256": None})))
        for node in graph["nodes"]
    ]
    head = ("kind", "name", "SHA-256", "what is known")
    yield folded("The same as a table", table(title, head, [tuple(map(_cell, row)) for row in rows], words=4))
    made = card["made_by"]
    if made is not None:
        yield facts(_made(made))
        packages = [(named(name), version) for name, version in made["packages"].items()]
        yield folded("Libraries", table("Versions that it was fitted with", ("package", "version"), packages, words=2))
    if card["registered"]:
        signature = card["registered"]["signature"]
        signed = "not signed" if signature is None else f"{signature['algorithm']} by {signature['key']}"
        yield facts([("Manifest, SHA-256", tag("code", card["registered"]["artifact"])), ("Signature", signed)])
        files = [
            (named(file["name"]), tag("code", file["sha256"]), number(file["bytes"]))
            for file in card["registered"]["files"]
        ]
        caption = "Files of the artifact"
        yield folded(caption, table(caption, ("file", "SHA-256", "bytes"), files, words=2))


def _cell(value: str) -> Content:
    return shortened(value, 1_000)


def _made(made: Mapping[str, Any]) -> Iterator[tuple[Content, Content]]:
    training = made["training"]
    if training is not None:
        ended = f", ended {moment(training['ended_at'])}" if training["ended_at"] else ""
        yield (
            "Trained",
            f"{moment(training['started_at'])} UTC{ended}, by {shortened(training['actor'])} ({training['cause']})",
        )
    else:
        yield "Trained", "by hand"
    yield "Code, SHA-256", tag("code", made["code_sha256"] or UNKNOWN)
    yield "Code kept as", tag("code", made["archive"]) if made["archive"] else "not kept: it cannot be trained anew"
    yield "Python", made["python"]


def approvals(card: Card) -> Iterator[Html]:
    """Whose version it is, and who said that it may go live."""
    found = card["approvals"]
    if found is None:
        yield note("It is hosted elsewhere: nobody approves it here.")
        return
    person = f" ({shortened(found['person'])})" if found["person"] else ""
    evidence = f"; the evidence is of {moment(found['evidence_at'])} UTC" if found["evidence_at"] else ""
    yield paragraph(f"Author: {shortened(found['author'])}{person}{evidence}.")
    if not found["given"]:
        yield paragraph("No person has approved it.")
        return
    rows = [
        (f"{moment(one['time'])}", shortened(one["by"]), shortened(one["person"] or UNKNOWN), one["comment"] or "")
        for one in found["given"]
    ]
    yield table("Approvals", ("time (UTC)", "by", "person", "comment"), rows, words=4)


def service(card: Card) -> Iterator[Html]:
    """Windows in which it was live, with what came out, and its rollouts."""
    found = card["service"]
    if found is not None:
        yield facts(_in_short(found))
        yield _chart(found)
        rows = [_window(one) for one in reversed(found["last"])]
        head = ("window", "verdict", "predictions", "labelled", "judged metric (interval)", "drifted")
        yield table_in_parts("Windows judged while it was live, newest first", head, rows, SHOWN, "windows", words=2)
    if card["rollouts"]:
        begun = [_rollout(one) for one in reversed(card["rollouts"])]
        yield table("Rollouts", ("rollout", "began (UTC)", "ended as", "why"), begun, words=4)


def _in_short(found: Mapping[str, Any]) -> Iterator[tuple[Content, Content]]:
    yield "Judged", f"{counted(found['windows'], 'window')}, {moment(found['from'])} to {moment(found['to'])}"
    said = (f"{verdict_words(name).title} {count:,}" for name, count in found["verdicts"].items())
    yield "Verdicts", ", ".join(said)
    yield "Last judged", with_interval(found["judged"]) if found["judged"] else "no window had enough labels"


def _chart(found: Mapping[str, Any]) -> Html:
    empty = {"value": None, "low": None, "high": None}
    points = [
        Point(one["end"], **{**empty, **(one["judged"] or {})}, about=moment(one["end"])) for one in found["last"]
    ]
    marks = [
        Mark(one["end"], words.sign, words.kind, f"{moment(one['end'])}: {words.title}")
        for one in found["last"]
        for words in (verdict_words(one["verdict"]),)
    ]
    return time_chart("The judged metric while it was live", [Series("realised", points)], marks=marks)


def _window(one: Mapping[str, Any]) -> tuple[Content, ...]:
    words = verdict_words(one["verdict"])
    own = number(one["rows"]) if one["predictions"] is None else number(one["predictions"])
    judged = with_interval(one["judged"]) if one["judged"] else measured(None)
    drifted = f"{len(one['drifted']):,}" if one["drifted"] else "0"
    return (
        f"{moment(one['start'])} to {moment(one['end'])}",
        f"{words.sign} {words.title}",
        own if one["predictions"] is not None else f"{own} (of all versions)",
        number(one["labelled_rows"]),
        judged,
        drifted,
    )


def _rollout(one: Mapping[str, Any]) -> tuple[Content, ...]:
    shares = " → ".join(dict.fromkeys(share(line["weight"]) for line in one["history"]))
    against = "" if one["champion"] is None else f" beside release {one['champion']}"
    return (
        f"{one['number']}: release {one['release']}{against}",
        f"{moment(one['started_at'])} by {shortened(one['actor'])} ({one['cause']})",
        f"{one['state'].replace('_', ' ')}; shares {shares}",
        shortened(one["reason"] or "", 400),
    )


def audit(card: Card) -> Iterator[Html]:
    """Each act that is about this version."""
    if not card["audit"]:
        yield note("The audit chain has no entry about it.")
        return
    rows = [
        (
            number(entry["number"]),
            moment(entry["time"]),
            entry["action"],
            shortened(entry["actor"]),
            shortened("; ".join(about_in_words({"sha256": None, "about": entry["details"]})), 300),
            tag("code", entry["sha256"][:12]),
        )
        for entry in card["audit"]
    ]
    head = ("entry", "time (UTC)", "act", "by", "details", "hash")
    yield table_in_parts("What was done, oldest first", head, rows, 25, "entries", words=6)
