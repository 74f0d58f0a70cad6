"""What is wrong with which rows of a request: a bad row is named and left out, and the others are taken."""

from typing import Any, Final

from functions.domain.findings import Findings

MOST_PER_ROW: Final = 5
MOST_CHARACTERS: Final = 300  # of a row's error: 10,000 of them fit an answer


class RowErrors:
    """Problems by row; a row with a problem is bad."""

    def __init__(self) -> None:
        self._found: dict[int, list[str]] = {}

    def add(self, row: int, text: str) -> None:
        self._found.setdefault(row, []).append(text)

    def __contains__(self, row: int) -> bool:
        return row in self._found

    def __len__(self) -> int:
        return len(self._found)

    def listed(self) -> list[dict[str, Any]]:
        """`{"row", "error"}` for each bad row, in the rows' order."""
        return [{"row": row, "error": _text(texts)} for row, texts in sorted(self._found.items())]


class RowFindings(Findings):
    """Findings of columns whose i-th value is that of row `rows[i]`: problems become those rows' errors."""

    __slots__ = ("_errors", "_rows")

    def __init__(self, errors: RowErrors, rows: list[int]) -> None:
        super().__init__()
        self._errors = errors
        self._rows = rows

    def value_problem(self, row: int, name: str, what: str, feature: str) -> None:
        self._errors.add(self._rows[row], f"{name}: {what}")


def _text(texts: list[str]) -> str:
    more = len(texts) - MOST_PER_ROW
    text = "; ".join(texts[:MOST_PER_ROW])
    if len(text) > MOST_CHARACTERS:
        text = text[:MOST_CHARACTERS] + "…"
    return f"{text}; and {more} more" if more > 0 else text
