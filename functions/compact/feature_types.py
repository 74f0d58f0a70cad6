"""Of which types an hour's feature columns are, whatever the types were that its rows came with.

A model's features may change their type, appear or go. Where rows of one hour have a feature as different types, its
column is text: each value as its own type writes it. So no value is lost, in whatever order records come, and a reader
casts to the type that it wants. DuckDB knows no upper and lower case in a column's name: the first spelling in the
order of characters stands for all.
"""

from collections.abc import Iterable, Mapping

from functions.compact.column_values import TEXT

Types = Mapping[str, str]


def joined(types: Iterable[Types]) -> dict[str, str]:
    """The columns, in order, that hold the rows of all of these."""
    found: dict[str, tuple[str, str]] = {}
    for columns in types:
        for name, kind in columns.items():
            spelt, before = found.get(name.casefold(), (name, kind))
            found[name.casefold()] = min(name, spelt), kind if kind == before else TEXT
    return dict(found[folded] for folded in sorted(found))


def spelling(types: Types) -> dict[str, str]:
    """The column's name in `types` by its name without upper case."""
    return {name.casefold(): name for name in types}
