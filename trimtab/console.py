"""How commands speak: progress and notes on standard error, results on standard output."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

notes = Console(stderr=True, highlight=False, soft_wrap=True)
results = Console(highlight=False, soft_wrap=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Show that something is at work, and how long it took once it is done."""
    begun = perf_counter()
    with notes.status(f"{what} ..."):
        yield
    notes.print(f"[green]✓[/green] {what} [dim]{perf_counter() - begun:.1f} s[/dim]")


def note(text: str) -> None:
    """A line for the person, which no program reads."""
    notes.print(text, markup=False)


def printable(text: str) -> str:
    """Text from data, which a terminal must not take for commands of its own; lines stay lines."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in text)


def print_json(value: Any) -> None:
    """The result for a program."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def print_table(title: str, columns: list[str], rows: list[list[Any]]) -> None:
    """The result for a person."""
    results.print(table_of(title, columns, rows))


def table_of(title: str, columns: list[str], rows: list[list[Any]]) -> Table:
    """A table; numbers to the right."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim")
    for index, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[index], int | float) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    return table
