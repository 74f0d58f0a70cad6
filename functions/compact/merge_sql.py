"""The statements of a merge. Rows are known by hour and id; tables are temporary:

- `hours_before`: the rows that the hours' objects hold;
- `predictions_<n>` and `new_labels`: what has come;
- `touched`: the rows that something has come for;
- `predicted` and `labelled`: the two halves of these, each the union of what was there and what has come;
- `hours_after`: the rows that the objects are to hold.

Of two different predictions of one id, which should not be, the earlier one stays, or the first in the order of all
columns as text. Both halves are unions with one result for any order and any repetition of what comes; so is their
outer join.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from functions.compact.column_values import from_array
from functions.compact.feature_types import Types, spelling
from functions.compact.sheets import HOUR, LABEL, PREDICTION, Sheet
from functions.domain.log_table import COLUMNS, ROW_GROUP_ROWS, quoted

_LABEL_COLUMNS = [name for name in COLUMNS if name not in PREDICTION]
_EMPTY = f"[]::{COLUMNS['labels']}"


def staged(table: str, sheet: Sheet) -> str:
    """Copies the registered arrays `given` of a sheet into a table of the sheet's types."""
    columns = ", ".join(f"{from_array(quoted(name), kind)} as {quoted(name)}" for name, kind in sheet.types.items())
    return f"create or replace temp table {quoted(table)} as select {HOUR}, {columns} from given"


def before(files: Sequence[Path], there: Types, wanted: Types) -> str:
    """The rows of the files, each named by its hour; `there` are the types of their features, `wanted` those to be."""
    if not files:
        columns = ", ".join(f"null::{kind} as {quoted(name)}" for name, kind in {**COLUMNS, **wanted}.items())
        return f"create or replace temp table hours_before as select null::BIGINT as {HOUR}, {columns} where false"
    columns = ", ".join([*(f"{quoted(name)}::{kind} as {quoted(name)}" for name, kind in COLUMNS.items()),
                         *_features(there, wanted)])  # fmt: skip
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
    return (
        f"create or replace temp table hours_before as select parse_filename(filename, true)::BIGINT as {HOUR}, "
        f"{columns} from read_parquet([{listed}], filename = true, union_by_name = true, hive_partitioning = false)"
    )


def touched(tables: Iterable[str], hours: Sequence[int]) -> str:
    parts = [f"select {HOUR}, id from {quoted(table)} where {_in(hours)}" for table in [*tables, "new_labels"]]
    return f"create or replace temp table touched as {' union '.join(parts)}"


def predicted(tables: Iterable[tuple[str, Sheet]], hours: Sequence[int], wanted: Types) -> str:
    columns = [HOUR, *map(quoted, PREDICTION)]
    old = [*columns, *map(quoted, wanted)]
    parts = [f"select {', '.join(old)} from hours_before semi join touched using ({HOUR}, id) where time is not null"]
    for table, sheet in tables:
        new = ", ".join([*columns, *_features(sheet.features, wanted)])
        parts.append(f"select {new} from {quoted(table)} where {_in(hours)}")
    return f"create or replace temp table predicted as {' union all '.join(parts)}"


def predicted_more_than_once() -> str:
    return f"select 1 from predicted group by {HOUR}, id having count(*) > 1 limit 1"


def predicted_once(wanted: Types) -> str:
    """Keeps one row an id."""
    rest = ", ".join(f"{quoted(name)}::VARCHAR" for name in [*PREDICTION, *wanted] if name not in ("id", "time"))
    return (
        "create or replace temp table predicted as select * from predicted "
        f"qualify row_number() over (partition by {HOUR}, id order by time, {rest}) = 1"
    )


def labelled(hours: Sequence[int]) -> str:
    """All labels of each touched row: the same one is kept as it came first; the newest `observed_at` is the truth."""
    label = ", ".join(f"{name} := {name}" for name in LABEL if name != "id")
    old = f"""
        select {HOUR}, id, unnest(labels, recursive := true) from hours_before semi join touched using ({HOUR}, id)
        where len(labels) > 0"""
    new = f"select {HOUR}, {', '.join(LABEL)} from new_labels where {_in(hours)}"
    return f"""
        create or replace temp table labelled as
        with every as ({new} union all by name {old}),
        once as (
            select {HOUR}, id, label, target, observed_at, min(labelled_at) as labelled_at, sender
            from every group by {HOUR}, id, label, target, observed_at, sender
        ),
        listed as (
            select {HOUR}, id,
                list(struct_pack({label}) order by observed_at, labelled_at, label, target, sender) as labels,
                count(distinct coalesce(label, target::VARCHAR)) > 1 as differ
            from once group by {HOUR}, id
        )
        select {HOUR}, id, labels::{COLUMNS["labels"]} as labels, labels[-1].label as label,
            labels[-1].target as target, labels[-1].observed_at as observed_at, labels[-1].labelled_at as labelled_at,
            differ and len(list_distinct(list_transform(
                list_filter(labels, lambda l: l.observed_at = labels[-1].observed_at),
                lambda l: coalesce(l.label, l.target::VARCHAR)))) > 1 as label_conflict
        from listed"""


def after(wanted: Types) -> str:
    predictions = ", ".join(f"p.{quoted(name)}" for name in [*PREDICTION, *wanted] if name != "id")
    labels = ", ".join(f"l.{name}" for name in _LABEL_COLUMNS if name not in ("label_conflict", "labels"))
    return f"""
        create or replace temp table hours_after as
        select * from hours_before anti join touched using ({HOUR}, id)
        union all by name
        select coalesce(p.{HOUR}, l.{HOUR}) as {HOUR}, coalesce(p.id, l.id) as id, {predictions}, {labels},
            coalesce(l.label_conflict, false) as label_conflict, coalesce(l.labels, {_EMPTY}) as labels
        from predicted p full join labelled l on p.{HOUR} = l.{HOUR} and p.id = l.id
        order by {HOUR}, time, id"""


def counted(table: str, wanted: Types) -> str:
    """By hour: predictions, labels, labels without a prediction, and a digest of all rows whatever their order."""
    columns = ", ".join(quoted(name) for name in [*COLUMNS, *wanted])
    return (
        f"select {HOUR}, count(time), coalesce(sum(len(labels)), 0)::BIGINT, count(*) filter (time is null), "
        f"bit_xor(hash({columns})) from {table} group by {HOUR}"
    )


def written(hour: int, path: Path, wanted: Types) -> str:
    """Writes one hour's rows in the order that `after` gave them (the connection keeps it)."""
    columns = ", ".join(quoted(name) for name in [*COLUMNS, *wanted])
    return (
        f"copy (select {columns} from hours_after where {HOUR} = {hour}) to '{path}' "
        f"(format parquet, compression zstd, row_group_size {ROW_GROUP_ROWS})"
    )


def features_of(files: Sequence[Path]) -> str:
    """File, column and type of the files' features."""
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
    return f"select file_name, name, duckdb_type from parquet_schema([{listed}]) where starts_with(name, 'in_')"


def _features(there: Types, wanted: Types) -> list[str]:
    """The wanted feature columns out of those that are there, null where one is not."""
    spelt = spelling(there)
    found = ((name, kind, spelt.get(name.casefold())) for name, kind in wanted.items())
    return [f"{'null' if old is None else quoted(old)}::{kind} as {quoted(name)}" for name, kind, old in found]


def _in(hours: Sequence[int]) -> str:
    return f"{HOUR} in ({', '.join(map(str, hours))})"
