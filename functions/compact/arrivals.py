"""Finds the raw objects that are not in the table yet, with few and short listings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from functions.adapters.data_lake import DataLake
from functions.compact.ledger import KINDS, Arrived, Ledger, arrival_hour, hour_name
from functions.domain.names import RecordKind

# A look for what is new begins this many known objects back: buffers of one hour are not delivered in order.
LOOKED_AT_AGAIN = 10
# One batch is read, merged and entered into the ledger before the next: it bounds memory, and what a death costs.
BATCH_BYTES = 4 * 1024 * 1024  # of gzip; records are some ten times that
BATCH_OBJECTS = 500


@dataclass(frozen=True, slots=True)
class RawObject:
    """`name` is what follows the kind's prefix; `size` is in bytes."""

    kind: RecordKind
    name: str
    size: int

    def key(self, model: str) -> str:
        return f"{raw_prefix(self.kind, model)}{self.name}"


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What is new, in the order of arrival, and up to which hour of each kind all was looked at."""

    objects: Sequence[RawObject]
    swept: dict[RecordKind, str]


def raw_prefix(kind: RecordKind, model: str) -> str:
    """Where Firehose puts a model's records of one kind."""
    return f"raw/{kind}/model={model}/"


def find_arrivals(lake: DataLake, model: str, ledger: Ledger, since: datetime | None = None) -> Arrivals:
    """The raw objects that the ledger does not know; with `since` all that arrived from that hour on.

    Raises:
        UnavailableError: S3 did not answer.
    """
    objects: list[RawObject] = []
    swept: dict[RecordKind, str] = {}
    for kind in KINDS:
        if since is not None:
            objects += _listed(lake, kind, model, hour_name(since))
            continue
        found, hour = _new(lake, kind, model, ledger.of(kind))
        objects += found
        if hour is not None:
            swept[kind] = hour
    objects.sort(key=lambda raw: (raw.name, raw.kind))
    return Arrivals(objects, swept)


def batches(objects: Sequence[RawObject]) -> Iterator[list[RawObject]]:
    """Neighbouring objects together, as many as are read at once. An object that is larger alone is one batch."""
    batch: list[RawObject] = []
    size = 0
    for raw in objects:
        if batch and (len(batch) == BATCH_OBJECTS or size + raw.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(raw)
        size += raw.size
    if batch:
        yield batch


def _new(lake: DataLake, kind: RecordKind, model: str, known: Arrived) -> tuple[list[RawObject], str | None]:
    """New objects of one kind; the hour is there if all were looked at from the ledger's floor on.

    Most runs look only at the end of the list. All is looked at once a newer hour has begun to arrive, and whenever
    the end holds nothing new: so what came late is found at the latest by the first run that has nothing else to do.
    """
    names = set(known.names)
    if len(known.names) > LOOKED_AT_AGAIN:
        end = [raw for raw in _listed(lake, kind, model, known.names[-LOOKED_AT_AGAIN]) if raw.name not in names]
        if end and arrival_hour(end[-1].name) <= known.swept:
            return end, None
    found = [raw for raw in _listed(lake, kind, model, known.floor) if raw.name not in names]
    newest = max([*known.names[-1:], *(raw.name for raw in found[-1:])], default="")
    return found, arrival_hour(newest)


def _listed(lake: DataLake, kind: RecordKind, model: str, after: str) -> Iterator[RawObject]:
    prefix = raw_prefix(kind, model)
    for listed in lake.list(prefix, after=prefix + after if after else ""):
        yield RawObject(kind, listed.key.removeprefix(prefix), listed.size)
