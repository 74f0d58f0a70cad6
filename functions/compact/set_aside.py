"""Keeps what could not be read, with the reason, beside the table."""

import json
from collections import defaultdict
from collections.abc import Iterable

from functions.adapters.data_lake import DataLake
from functions.compact.intake import SetAside
from functions.domain.names import RecordKind


def keep(lake: DataLake, model: str, records: Iterable[SetAside]) -> None:
    """Write one object of JSON lines for each raw object that had such records; the same ones give the same object.

    Raises:
        UnavailableError: S3 did not take it.
    """
    by_source: dict[tuple[RecordKind, str], list[SetAside]] = defaultdict(list)
    for record in records:
        by_source[record.kind, record.source].append(record)
    for (kind, source), found in by_source.items():
        lines = [json.dumps(record.to_document()) + "\n" for record in sorted(found, key=lambda r: r.line)]
        lake.put(rejected_key(kind, model, source), "".join(lines).encode(), "application/x-ndjson")


def rejected_key(kind: RecordKind, model: str, source: str) -> str:
    """Where the records of one raw object, or of one log event, lie that were set aside."""
    return f"rejected/{kind}/model={model}/{source.rpartition('/')[2]}.jsonl"
