"""Read back what was logged: a model's prediction records, from S3 and, where Firehose had failed, from its own log.

And what became of them: the rows of the table that `compact` makes.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from functions.domain.log_table import model_prefix
from functions.domain.logged_record import recover
from functions.domain.prediction_id import prediction_id
from functions.domain.prediction_record import PredictionRecord, parse
from trimtab.stage import Stage


def delivered_records(stage: Stage, model: str) -> Iterator[PredictionRecord]:
    """Every prediction record of a model that has reached S3, in the order of its objects' keys."""
    s3, bucket = stage.client("s3"), stage.names.data_bucket
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"raw/predictions/model={model}/")
    for entry in chain.from_iterable(page.get("Contents", []) for page in pages):
        body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
        yield from map(parse, gzip.decompress(body).splitlines())


def rescued_records(stage: Stage, model: str) -> Iterator[PredictionRecord]:
    """Every record that `predict` wrote to its own log because Firehose did not acknowledge it."""
    group = f"/aws/lambda/{stage.names.function('predict', model)}"
    pages = (
        stage.client("logs")
        .get_paginator("filter_log_events")
        .paginate(logGroupName=group, filterPattern="TRIMTAB_RECORD")
    )
    events = chain.from_iterable(page["events"] for page in pages)
    return (parse(found.line) for found in recover(event["message"] for event in events))


def prediction_ids(record: PredictionRecord) -> list[str]:
    """The ids of the rows of a record, as the clients got them."""
    rows = len(next(iter(record["inputs"].values())))
    first = record["first_row"]
    return [prediction_id(record["request_id"], row) for row in range(first, first + rows)]


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of the table in short. `label` is the class, or a regression's value as text; `predicted` is false where
    only a label has come."""

    id: str
    predicted: bool
    label: str | None


def table_rows(stage: Stage, model: str) -> list[TableRow]:
    """Every row of a model's table, an hour after the other, as often as it is there."""
    s3, bucket = stage.client("s3"), stage.names.data_bucket
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=model_prefix(model))
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    with TemporaryDirectory() as folder, duckdb.connect() as con:
        rows: list[TableRow] = []
        for number, key in enumerate(keys):
            path = Path(folder) / f"{number}.parquet"
            path.write_bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
            query = "select id, time is not null, coalesce(label, target::VARCHAR) from read_parquet(?)"
            rows += (TableRow(*row) for row in con.execute(query, [str(path)]).fetchall())
        return rows
