"""The log as a table: one row a prediction, in Parquet by model, day and hour of the prediction's time (UTC).

An hour is one object. A row is known by its `id`; its label lies in the row itself. A label whose prediction has not
come (yet) is a row without `time`. Features are columns `in_<name>`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from functions.domain.contract import Feature

# Column: DuckDB's type. All times are UTC with milliseconds.
COLUMNS: Mapping[str, str] = {
    "id": "VARCHAR",  # as the client got it
    "time": "TIMESTAMP_MS",  # when it was predicted; null: only a label has come
    "version": "VARCHAR",  # the model version's number, or the name that an observation gave
    "release": "INTEGER",  # null for an observation
    "row": "INTEGER",  # its place in the request: 0 is the request's first
    "client": "VARCHAR",  # who asked, or who sent the observation
    "source": "VARCHAR",  # api, smoke, observation
    "latency_us": "BIGINT",  # of the whole request
    "flags": "VARCHAR[]",  # out_of_range:FEATURE, unknown_category:FEATURE
    "prediction": "VARCHAR",  # the predicted class as `class_text` writes it; null for a regression
    "score": "DOUBLE",  # probability of the positive class (binary) or of `prediction` (multiclass); the value
    "probabilities": "MAP(VARCHAR, DOUBLE)",  # multiclass: by class
    "label": "VARCHAR",  # the true class; null: not known, or a regression
    "target": "DOUBLE",  # the true value of a regression; null: not known
    "observed_at": "TIMESTAMP_MS",  # when the truth was known
    "labelled_at": "TIMESTAMP_MS",  # when it arrived here
    "label_conflict": "BOOLEAN",  # two different labels claim the newest observed_at
    # every label that ever came for it, distinct, oldest first
    "labels": "STRUCT(label VARCHAR, target DOUBLE, observed_at TIMESTAMP_MS, labelled_at TIMESTAMP_MS,"
    " sender VARCHAR)[]",
}
FEATURE_PREFIX = "in_"
ROW_GROUP_ROWS = 122_880
_TYPES = {"float32": "FLOAT", "int64": "BIGINT", "string": "VARCHAR", "bool": "BOOLEAN"}


def feature_column(name: str) -> str:
    """The column of a feature."""
    return f"{FEATURE_PREFIX}{name}"


def feature_type(feature: Feature) -> str:
    """DuckDB's type of a feature's column: a list for a vector."""
    return _TYPES[feature.type] + ("" if feature.size is None else "[]")


def class_text(value: object) -> str:
    """A class as the table writes it: `true` and `false`, digits of an integer, or the text itself."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def quoted(column: str) -> str:
    """A column's name as SQL takes any."""
    escaped = column.replace('"', '""')
    return f'"{escaped}"'


def model_prefix(model: str) -> str:
    """Where a model's rows lie in the data bucket."""
    return f"table/predictions/model={model}/"


def hour_key(model: str, hour: datetime) -> str:
    """The object that holds one hour (UTC) of a model's predictions."""
    return f"{model_prefix(model)}dt={hour:%Y-%m-%d}/hour={hour:%H}/rows.parquet"


def hour_of(time_ms: int) -> datetime:
    """The hour (UTC) that a moment, in milliseconds since 1970, falls into."""
    return datetime.fromtimestamp(time_ms // 3_600_000 * 3_600, UTC)
