"""Values as SQL writes them, where a query cannot take them as parameters."""

from collections.abc import Iterable


def text_literal(text: str) -> str:
    """A text in SQL's quotes."""
    return "'" + text.replace("'", "''") + "'"


def text_list(texts: Iterable[str]) -> str:
    """A list of texts, typed so even when it is empty."""
    return f"[{', '.join(map(text_literal, texts))}]::VARCHAR[]"
