"""The pieces that all sections are built of: section, table, facts, note, what is folded away."""

from collections.abc import Iterable, Sequence

from functions.evaluate.page.markup import Content, Html, join, tag

Row = Sequence[Content]


def section(anchor: str, title: str, *content: Content) -> Html:
    return tag(
        "section", tag("h2", title, id=f"{anchor}-title"), *content, id=anchor, aria_labelledby=f"{anchor}-title"
    )


def part(title: str, *content: Content) -> Html:
    """A part of a section."""
    return tag("div", tag("h3", title), *content, class_="part")


def paragraph(*content: Content) -> Html:
    return tag("p", *content)


def note(*content: Content) -> Html:
    """Why something is not there, or how to take it."""
    return tag("p", *content, class_="note")


def facts(pairs: Iterable[tuple[Content, Content]]) -> Html:
    """Terms with what they are; what is None is left out."""
    return tag(
        "dl",
        *(tag("div", tag("dt", term), tag("dd", value)) for term, value in pairs if value is not None),
        class_="facts",
    )


def table(caption: str, head: Row, rows: Iterable[Row], words: int = 1) -> Html:
    """A table that scrolls in itself where the screen is narrow. After the first `words` columns, which are text, come
    numbers.
    """
    return tag(
        "div",
        tag(
            "table",
            tag("caption", tag("span", caption)),
            tag(
                "thead",
                tag("tr", *(tag("th", cell, scope="col", class_=_kind(i, words)) for i, cell in enumerate(head))),
            ),
            tag("tbody", *(_row(row, words) for row in rows)),
        ),
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label=caption,
    )


def table_in_parts(caption: str, head: Row, rows: Sequence[Row], shown: int, of: str, words: int = 1) -> Html:
    """A table of the first rows, the others folded away below it. `of` says what the rows are, in the plural."""
    first = table(caption, head, rows[:shown], words)
    if len(rows) <= shown:
        return first
    rest = len(rows) - shown
    return join((first, folded(f"{rest:,} more {of}", table(f"{caption}, continued", head, rows[shown:], words))))


def folded(summary: Content, *content: Content) -> Html:
    return tag("details", tag("summary", summary), *content)


def badge(words: str, kind: str) -> Html:
    return tag("span", words, class_=f"badge {kind}")


def _row(row: Row, words: int) -> Html:
    first = tag("th", row[0], scope="row")
    return tag("tr", first, *(tag("td", cell, class_=_kind(i, words)) for i, cell in enumerate(row[1:], start=1)))


def _kind(index: int, words: int) -> str | None:
    return None if index < words else "n"
