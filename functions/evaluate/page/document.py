"""A whole page in one file: its head, and a policy by which nothing of it is fetched or run."""

from functions.evaluate.page.markup import Html, join, tag

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def document(title: str, style: str, body: Html) -> str:
    """The page's text, light and dark, for any width."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="generator", content="Trimtab"),
        tag("title", title),
        tag("link", rel="icon", href="data:,"),
        tag("style", Html(style)),
    )
    page = join((Html("<!DOCTYPE html>\n"), tag("html", head, body, lang="en")))
    return page.encode("utf-8", "replace").decode()  # half a surrogate pair in a value is not text
