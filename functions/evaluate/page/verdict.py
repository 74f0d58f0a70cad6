"""The top of the page: what to do, and why."""

from collections.abc import Iterator, Mapping
from typing import Any

from functions.evaluate.page.layout import facts, folded
from functions.evaluate.page.markup import LONGEST_SENTENCE, Content, Html, join, named, shortened, tag
from functions.evaluate.page.numbers import moment, number, share
from functions.evaluate.page.words import NUMBERS, RULES, SHARES, verdict_words

Section = Mapping[str, Any]


def verdict(report: Section) -> Html:
    """The verdict in words, and each rule that spoke with the numbers behind it."""
    found = report["verdict"]
    said = verdict_words(found["verdict"])
    pending = found["finding"] != found["verdict"]
    return tag(
        "section",
        tag(
            "div",
            tag(
                "p",
                tag("span", said.sign, aria_hidden="true"),
                " ",
                tag("strong", said.title, ", for now" if pending else None),
                class_="said",
            ),
            tag("p", said.meaning, *_pending(found)),
            class_=f"verdict {'pending' if pending else said.kind}",
        ),
        tag("h2", "Why", class_="why"),
        tag("ol", *map(_reason, found["reasons"]), class_="reasons"),
        id="verdict",
        aria_label="Verdict",
    )


def _pending(found: Section) -> Iterator[Content]:
    """What this window says by itself, where more is needed to act on it."""
    if found["finding"] == found["verdict"]:
        return
    alone = verdict_words(found["finding"]).title.lower()
    yield f" This window alone says: {alone}."
    if found["consecutive"] < found["needed"]:
        yield f" It is number {found['consecutive']} of the {found['needed']} in a row that it takes."
    if found["cooling_down_until"] is not None:
        yield f" The same was said not long ago; it is not said again before {moment(found['cooling_down_until'])} UTC."


def _reason(reason: Section) -> Html:
    rule = reason["rule"]
    return tag(
        "li",
        tag("strong", RULES.get(rule, rule)),
        tag("p", sentence(shortened(reason["text"], LONGEST_SENTENCE))),
        folded("the numbers", facts(_numbers(reason["numbers"]))) if reason["numbers"] else None,
    )


def _numbers(numbers: Section) -> Iterator[tuple[Content, Content]]:
    for name, value in numbers.items():
        if isinstance(value, Mapping):  # by column
            inner = (f"{NUMBERS.get(key, key)} {_number(key, item)}" for key, item in value.items())
            yield named(name), join(inner, ", ")
        else:
            yield NUMBERS.get(name, name), _number(name, value)


def _number(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    return share(value) if name in SHARES else number(value)


def sentence(words: str) -> str:
    """Words with a capital and a full stop."""
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!", "?")) else ".")
