"""A window of predictions and a reference, made of real flights, as each contender reads them.

Rows are flights drawn with a seed, a little noise on their numbers; scores follow from the features, labels from the
scores. Ours lie as `compact` writes them, an hour a file; the peers' in one Parquet file each.
"""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from functions.adapters.model_folder import FolderCode, load_settings
from functions.adapters.table_rows import connect
from functions.domain.dataset import Dataset
from functions.domain.log_table import ROW_GROUP_ROWS, feature_column, quoted
from functions.domain.model_config import ModelConfig
from functions.domain.windows import Window
from functions.evaluate.first_window import first_window_reference
from functions.evaluate.window_rows import open_views
from functions.retrain.dataset import load_dataset

MODEL_FOLDER = Path(__file__).parent.parent / "models" / "flights"
START = datetime(2013, 3, 1, tzinfo=UTC)
DAYS = 7
REFERENCE_ROWS = 100_000
END = START + timedelta(days=DAYS)


def flights() -> Dataset:
    """All flights of the example."""
    return load_dataset(FolderCode(MODEL_FOLDER), load_settings(MODEL_FOLDER))


def write_data(folder: Path, rows: int) -> None:
    """Fill the folder: ours in `table/`, `reference.json` and `config.json`, the peers' in the other files."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    data = flights()
    texts = [f.name for f in data.features if f.type == "string"]
    numbers = [f.name for f in data.features if f.type != "string"]
    (folder / "columns.json").write_text(json.dumps({"texts": texts, "numbers": numbers}))
    (folder / "config.json").write_text(json.dumps(config().to_document()))
    with duckdb.connect(config={"threads": 2, "memory_limit": "4GB"}) as con:
        con.register("flown", dict(data.columns))
        con.execute("create table pool as select *, row_number() over () - 1 as number from flown")
        pool = con.execute("select count(*) from pool").fetchone()
        for name, count, seed in (("reference", REFERENCE_ROWS, 1), ("drawn", rows, 2)):
            _draw(con, name, count, pool[0] if pool else 0, [*texts, *numbers], seed)
        con.execute(f"copy (select * exclude (number) from reference) to '{folder}/reference.parquet'")
        half = "select * exclude (number, label), case when number % 2 = 0 then label end as label from drawn"
        con.execute(f"copy ({half}) to '{folder}/window.parquet'")
        _write_hours(con, "drawn", folder / "table", rows, [*texts, *numbers], labelled_one_in=2)
        _write_hours(con, "reference", folder / "before", REFERENCE_ROWS, [*texts, *numbers], labelled_one_in=1)
    _write_reference(folder)


def config() -> ModelConfig:
    """The example's deployed settings."""
    return load_settings(MODEL_FOLDER).config


def _write_reference(folder: Path) -> None:
    """Freeze the reference's digests with the product's own code, as for a model whose first window it is."""
    span = Window(START, END)
    files = sorted((folder / "before").glob("*.parquet"))
    with connect(2, 4_000, folder / "spill") as con:
        open_views(con, files, config(), span, span)
        reference = first_window_reference(con, config(), span, "1")
    if reference is None:
        raise ValueError("the reference's rows make no reference")
    (folder / "reference.json").write_bytes(reference.to_bytes())


def _draw(con: duckdb.DuckDBPyConnection, name: str, rows: int, pool: int, features: list[str], seed: int) -> None:
    """Rows of the pool as the seed mixes them; the score follows from weather and hour, the label from the score."""
    chance = (
        "1 / (1 + exp(-(-1.6 + 0.0012 * departure_minute + 0.6 * least(coalesce(precipitation, 0), 1)"
        " - 0.08 * (coalesce(visibility, 10) - 9) + 0.8 * (random_part - 0.5))))"
    )
    con.execute(
        f"""create table "{name}" as
        with drawn as (
            select i as number, (hash(i * 17 + {seed}) % 1000003) / 1000003.0 as random_part,
                (hash(i * 13 + {seed}) % 1000003) / 1000003.0 as luck, pool.* exclude (number)
            from range({rows}) r(i) join pool on pool.number = hash(i * 31 + {seed}) % {pool}
        ), scored as (select *, ({chance})::float::double as score from drawn)
        select number, {", ".join(features)}, score, (score >= 0.5)::int as prediction, (luck < score)::int as label
        from scored"""
    )


def _write_hours(
    con: duckdb.DuckDBPyConnection, name: str, folder: Path, rows: int, features: list[str], labelled_one_in: int
) -> None:
    """Rows spread evenly over the window, an hour a file in the layout of the log table."""
    folder.mkdir(parents=True)
    inputs = ", ".join(f'"{feature}" as "{feature_column(feature)}"' for feature in features)
    hours, known = DAYS * 24, f"number % {labelled_one_in} = 0"
    con.execute(
        f"""create or replace view log as select 'b-' || number as id,
            timestamp '{START:%Y-%m-%d}' + to_milliseconds(number * {DAYS * 86_400_000} // {rows}) as time,
            '1' as version, 2 as release, 0 as row, 'bench' as client, 'api' as source,
            900 + (hash(number) % 400)::bigint as latency_us, []::varchar[] as flags,
            case prediction when 1 then 'true' else 'false' end as prediction, score,
            case when {known} then case label when 1 then 'true' else 'false' end end as label,
            case when {known} then time + interval 5 hours end as observed_at,
            case when {known} then time + interval 6 hours end as labelled_at,
            false as label_conflict, {inputs}, number * {hours} // {rows} as hour
        from {quoted(name)}"""
    )
    for hour in range(hours):
        con.execute(
            f"copy (select * exclude (hour) from log where hour = {hour} order by time) "
            f"to '{folder}/{hour:03}.parquet' (format parquet, compression zstd, row_group_size {ROW_GROUP_ROWS})"
        )
