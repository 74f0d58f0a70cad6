"""docs/log-table.md says the table's columns as they are, and its queries run on a table that `compact` made."""

import re
from pathlib import Path

import duckdb
import pytest

from functions.domain.log_table import COLUMNS, model_prefix
from tests.functions.compact.world import HOUR, MODEL, NOON, World, ids_of, labels, prediction

PAGE = (Path(__file__).parents[2] / "docs" / "log-table.md").read_text()
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


def test_every_column_is_on_the_page_with_its_type_in_the_tables_order() -> None:
    shown = re.findall(r"^\| `([a-z_]+)` \| (\S.*?) \|", PAGE, re.MULTILINE)
    types = {name: "STRUCT[]" if kind.startswith("STRUCT") else kind for name, kind in COLUMNS.items()}
    assert shown == list(types.items())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table as `aws s3 sync` leaves it on the disk, of two hours; a label in it was corrected."""
    world, place = World(), tmp_path_factory.mktemp("table")
    records = [prediction(NOON + hour * HOUR, rows=3) for hour in range(2)]
    world.arrive("predictions", *records)
    (first, *others), last = ids_of(records[0]), ids_of(records[1])
    world.arrive("labels", labels((first, False)), labels((first, True), observed_at=NOON + 2 * HOUR))
    world.arrive("labels", labels(*((id, True) for id in [*others, *last])))
    world.compact()
    for key, body in world.hours().items():
        path = place / "flights" / key.removeprefix(model_prefix(MODEL))
        path.parent.mkdir(parents=True)
        path.write_bytes(body)
    return place


@pytest.mark.parametrize(("number", "first_row", "rows"), [(0, ("1", 6, 1.0), 1), (1, None, 2), (2, None, 2)])
def test_each_query_of_the_page_answers(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, first_row: tuple[object, ...] | None, rows: int
) -> None:
    monkeypatch.chdir(folder)
    with duckdb.connect() as con:
        found = con.execute(QUERIES[number]).fetchall()
    assert len(found) == rows
    assert first_row in (None, found[0])


def test_the_page_has_no_query_that_is_not_tried() -> None:
    assert len(QUERIES) == 3
