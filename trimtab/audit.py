"""The audit from a person's machine: verified here, where nobody who may be audited has a hand in it; exported."""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Literal, TextIO

from functions.adapters.data_lake import DataLake
from functions.adapters.registry_table import RegistryTable
from functions.adapters.sealed_heads import SealedHeads
from functions.adapters.signatures import Signatures
from functions.domain.windows import iso
from functions.manage.verification import Progress, Verification, verify
from trimtab.management import Management
from trimtab.stage import Stage

Format = Literal["jsonl", "csv"]
PAGE = 200
COLUMNS = ("number", "time", "action", "model", "actor", "details", "items", "previous", "sha256")


def verify_stage(stage: Stage, tell: Progress) -> Verification:
    """Read all of a stage's table, heads and artifacts with the caller's own rights, and hold them together.

    Raises:
        NotFoundError: the stage is not deployed.
        UnavailableError: AWS did not answer, or the caller may not read.
    """
    store = RegistryTable(stage.client("dynamodb"), stage.names.registry_table)
    sealed = SealedHeads(stage.client("s3"), stage.names.audit_bucket)
    kms = stage.client("kms")
    key = kms.describe_key(KeyId=stage.names.signing_key)["KeyMetadata"]["Arn"]
    artifacts = DataLake(stage.client("s3"), stage.names.artifact_bucket)
    return verify(store, sealed, artifacts, Signatures(kms, key).verify, tell)


def entries(stage: Stage, start: datetime | None, end: datetime | None, model: str | None) -> Iterator[dict[str, Any]]:
    """The audit chain's entries of a period, oldest first, as the management API tells them."""
    period = {"start": None if start is None else iso(start), "end": None if end is None else iso(end)}
    return Management(stage).pages("/audit", limit=PAGE, model=model, **period)


def write(told: Iterable[dict[str, Any]], as_format: Format, file: TextIO) -> int:
    """Write entries; how many. JSON lines hold each entry's bytes too: who has them can verify its hash.

    CSV is for spreadsheets: `details` and `items` are JSON in one cell, and a cell never begins as a formula does.
    """
    rows, count = csv.writer(file, lineterminator="\n"), 0
    if as_format == "csv":
        rows.writerow(COLUMNS)
    for entry in told:
        if as_format == "csv":
            rows.writerow([_cell(entry.get(column)) for column in COLUMNS])
        else:
            file.write(json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n")
        count += 1
    return count


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict | list) else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
