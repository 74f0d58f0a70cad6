"""HTML and SVG that cannot be broken by what stands in it: whatever is not markup already is escaped."""

import re
from collections.abc import Iterable
from functools import cache
from html import escape

# Characters of a value, of a sentence with values in it: what comes from data may be of any length.
LONGEST_TEXT, LONGEST_SENTENCE = 120, 1_000
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]")
_PLAIN = re.compile("[\n\t -!#-%(-;=?-~\xa0-\u1fff]*")  # most texts: nothing to escape
_VOID = frozenset({"meta", "link", "br", "hr"})


class Html(str):
    """Markup. Only this module makes it of text."""

    __slots__ = ()


Content = Html | str | int | float | None


def text(value: object) -> Html:
    """A value as text: escaped, without characters that control or turn what is around them."""
    written = str(value)
    return Html(written if _PLAIN.fullmatch(written) else escape(_CONTROL.sub("\ufffd", written)))


def tag(element: str, *children: Content, **attributes: Content | bool) -> Html:
    """An element. Underscores in attributes become hyphens, `class_` is `class`; None and False are left out.

    >>> tag("p", "1 < 2", class_="note")
    '<p class="note">1 &lt; 2</p>'
    """
    opening = "".join(_attribute(name, value) for name, value in attributes.items())
    if element in _VOID:
        return Html(f"<{element}{opening}>")
    return Html(f"<{element}{opening}>{join(children)}</{element}>")


def join(parts: Iterable[Content], between: str = "") -> Html:
    """Parts one after the other; None is nothing."""
    return Html(between.join(p if isinstance(p, Html) else text(p) for p in parts if p is not None))


def shortened(value: object, most: int = LONGEST_TEXT) -> str:
    """At most so many characters of a value, an empty one made visible."""
    whole = str(value)
    if not whole.strip():
        return "(empty)" if not whole else "(blank)"
    return whole if len(whole) <= most else whole[: most - 1] + "…"


def named(value: object) -> Html:
    """A name or a value from data, set apart from the page's own words."""
    return tag("code", shortened(value))


def _attribute(name: str, value: Content | bool) -> str:
    if value is None or value is False:
        return ""
    name = _attribute_name(name)
    return f" {name}" if value is True else f' {name}="{text(value)}"'


@cache
def _attribute_name(name: str) -> str:
    return name.rstrip("_").replace("_", "-")
