"""What a page is made of, read strictly: an element that is not closed where it should be is an error."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr"}


@dataclass
class Outline(HTMLParser):
    """Elements with their attributes in order, headings, and all text that a reader sees."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    text: str = ""
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    @classmethod
    def of(cls, page: str) -> "Outline":
        outline = cls()
        outline.feed(page)
        outline.close()
        if outline._open:
            raise AssertionError(f"never closed: {outline._open}")
        return outline

    def named(self, element: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == element]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len(dict(attrs)) != len(attrs):
            raise AssertionError(f"an attribute twice: {tag} {attrs}")
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append((int(tag[1]), ""))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            raise AssertionError(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            return
        self.text += data
        if any(name in {"h1", "h2", "h3", "h4"} for name in self._open):
            level, words = self.headings[-1]
            self.headings[-1] = (level, words + data)
