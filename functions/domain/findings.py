"""What validation finds in one request: problems, for which it is rejected, and flags, with which a row is answered."""

from typing import Any

from functions.domain.errors import InvalidValuesError

REPORTED = 5
SHOWN_CHARACTERS = 60


class Findings:
    """Collects the problems of a whole request, so that a client learns of more than one at a time."""

    __slots__ = ("_count", "_features", "_problems", "flags")

    def __init__(self) -> None:
        self._problems: list[str] = []
        self._count = 0
        self._features: dict[str, int] = {}
        self.flags: dict[int, list[str]] = {}

    def problem(self, where: str, what: str, feature: str | None = None) -> None:
        """Note that the request cannot be answered; `where` names the place, `what` also what to do.

        `feature` is the one that the problem is about, where it is about one.
        """
        self._count += 1
        if feature is not None:
            self._features[feature] = self._features.get(feature, 0) + 1
        if len(self._problems) < REPORTED:
            self._problems.append(f"{where}: {what}")

    def value_problem(self, row: int, name: str, what: str, feature: str) -> None:
        """Note that a row's value cannot be taken; `name` is the feature's, or that of one value of a vector."""
        self.problem(f"row {row}, {name}", what, feature)

    def flag(self, row: int, flag: str) -> None:
        """Note that a row is unlike the training data, and is answered all the same."""
        flags = self.flags.setdefault(row, [])
        if flag not in flags:
            flags.append(flag)

    def raise_problems(self) -> None:
        """Reject the request if there is a problem.

        Raises:
            InvalidValuesError: with the first few problems and the number of the others.
        """
        if self._count:
            more = self._count - len(self._problems)
            text = "; ".join(self._problems)
            raise InvalidValuesError(f"{text}; and {more} more" if more else text, self._features)

    def flags_by_row(self, rows: int) -> list[list[str]]:
        """One list of flags a row, or no list at all where nothing is flagged."""
        if not self.flags:
            return []
        return [self.flags.get(row, []) for row in range(rows)]


def shown(value: Any) -> str:
    """A client's value in an error's text: short, on one line, and never the whole of something large."""
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return repr(value if len(value) <= SHOWN_CHARACTERS else value[:SHOWN_CHARACTERS] + "…")
    return repr(value)
