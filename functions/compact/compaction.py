"""One compaction: merges what is new into the hours of the table. Safe to run twice, beside itself, to die anywhere.

Merging is idempotent and knows no order, and each hour is replaced by one conditional write. The ledger is written
after the hours: who dies before that does the same again, and changes nothing by it.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from functions.adapters.data_lake import DataLake
from functions.adapters.function_log import Logs
from functions.adapters.metric_line import metric_line
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.compact.arrivals import Arrivals, RawObject, batches, find_arrivals
from functions.compact.contracts import Contracts
from functions.compact.hour_merge import Merged, merge_hours
from functions.compact.hour_objects import HourObjects
from functions.compact.intake import Intake
from functions.compact.ledger import LOOK_BACK, Ledger
from functions.compact.ledger_object import LedgerObject
from functions.compact.raw_objects import read_into
from functions.compact.recent_hours import RecentHours
from functions.compact.request import CompactRequest
from functions.compact.rescue import Found, rescue
from functions.compact.set_aside import keep
from functions.compact.sheets import HOUR_MS
from functions.compact.totals import Totals
from functions.domain.model_config import ModelConfig
from functions.domain.names import Names, RecordKind

MARGIN_S = 120.0  # a batch is begun only if there is that much time for it


@dataclass(frozen=True, slots=True)
class Tools:
    """The stores, and a connection to DuckDB that one compaction at a time uses. `pause` sleeps."""

    monitoring: MonitoringRegistry
    lake: DataLake
    contracts: Contracts
    logs: Logs
    names: Names
    con: duckdb.DuckDBPyConnection
    scratch: Path
    pause: Callable[[float], None]
    recent: RecentHours = field(default_factory=RecentHours)
    say: Callable[[str], None] = field(default=lambda line: print(line, file=sys.stdout, flush=True))


def compact(request: CompactRequest, tools: Tools, seconds_left: Callable[[], float]) -> dict[str, Any]:
    """Merge what is new of a model; what was done, in numbers.

    Where the time runs out, what was merged stays, `complete` is false in the answer, and the next run goes on.

    Raises:
        NotFoundError: the model was never deployed.
        CorruptArtifactError: the ledger is of a schema version that this code does not know.
        ConflictError: other runs kept changing the same hours.
        UnavailableError: AWS did not answer.
    """
    config = tools.monitoring.config(request.model)
    ledgers = LedgerObject(tools.lake, request.model)
    stored = ledgers.read()
    arrivals = find_arrivals(tools.lake, request.model, stored.ledger, request.since)
    logged = rescue(tools.logs, _functions(config, tools.names), stored.ledger, _since_ms(request))
    totals, work = Totals(rescued=len(logged.found)), _batches(arrivals, logged.found)
    unread: Sequence[RawObject] = ()
    for number, (objects, found) in enumerate(work):
        if number and seconds_left() < MARGIN_S:
            unread = [raw for batch, _ in work[number:] for raw in batch]
            break
        merged = _merge(config, tools, objects, found, totals)
        last = number == len(work) - 1
        ledger = _entered(stored.ledger, objects, merged, arrivals.swept if last else {}, logged.rescued)
        stored = ledgers.write(ledger, stored)
    if not work:
        stored = ledgers.write(_entered(stored.ledger, [], None, arrivals.swept, logged.rescued), stored)
    return _answer(request, tools, totals, stored.ledger, unread)


def _functions(config: ModelConfig, names: Names) -> list[str]:
    """The functions whose logs may hold the model's records."""
    verbs = ("ingest",) if config.external else ("predict", "ingest")
    return [names.function(verb, config.model) for verb in verbs]


def _since_ms(request: CompactRequest) -> int | None:
    return None if request.since is None else round(request.since.timestamp() * 1000)


def _batches(arrivals: Arrivals, found: list[Found]) -> list[tuple[list[RawObject], list[Found]]]:
    """What is read at once; what was found in logs goes with the first."""
    work: list[tuple[list[RawObject], list[Found]]] = [(batch, []) for batch in batches(arrivals.objects)]
    if found and not work:
        return [([], found)]
    return [(batch, found if number == 0 else []) for number, (batch, _) in enumerate(work)]


def _merge(
    config: ModelConfig, tools: Tools, objects: Sequence[RawObject], found: Iterable[Found], totals: Totals
) -> Merged:
    """Read one batch, merge it, and keep what could not be read."""
    intake = Intake(config, tools.contracts)
    read_into(intake, tools.lake, config.model, objects)
    for logged in found:
        if logged.error is None:
            intake.take(logged.kind, f"log-{logged.source}", [logged.line])
        else:
            intake.refuse(logged.kind, f"log-{logged.source}", 1, logged.error, logged.line)
    keep(tools.lake, config.model, intake.set_aside)
    with TemporaryDirectory(dir=tools.scratch) as folder:
        hours = HourObjects(tools.lake, config.model, Path(folder), tools.recent)
        merged = merge_hours(tools.con, intake, hours, Path(folder), tools.pause)
    totals.objects += len(objects)
    totals.add(intake, merged)
    return merged


def _entered(
    ledger: Ledger,
    objects: Sequence[RawObject],
    merged: Merged | None,
    swept: Mapping[RecordKind, str],
    rescued: Mapping[str, Any],
) -> Ledger:
    """The ledger with what was done."""
    names: dict[RecordKind, list[str]] = defaultdict(list)
    for raw in objects:
        names[raw.kind].append(raw.name)
    kinds = {*ledger.arrived, *names, *(kind for kind, hour in swept.items() if hour)}
    arrived = {kind: ledger.of(kind).with_names(names[kind], swept.get(kind, "")) for kind in kinds}
    counts = {} if merged is None else {hour.hour: hour.after.unmatched for hour in merged.hours}
    unmatched = {hour: count for hour, count in {**ledger.unmatched, **counts}.items() if count}
    return Ledger(ledger.model, arrived, {**ledger.rescued, **rescued}, unmatched)


def _answer(
    request: CompactRequest, tools: Tools, totals: Totals, ledger: Ledger, unread: Sequence[RawObject]
) -> dict[str, Any]:
    oldest = round((request.at - LOOK_BACK).timestamp() * 1000) // HOUR_MS
    unmatched = sum(count for hour, count in ledger.unmatched.items() if hour < oldest)
    tools.say(metric_line(request.at_ms, {"model": request.model}, totals.metrics(unmatched)))
    document: dict[str, Any] = {"model": request.model, **totals.to_document(), "unmatched": unmatched}
    document["complete"] = not unread
    if unread and request.since is not None:
        document["since"] = _iso_hour(unread[0].name)  # where to ask for the rest from
    return document


def _iso_hour(name: str) -> str:
    year, month, day, hour = name.split("/")[:4]
    return f"{year}-{month}-{day}T{hour}:00:00Z"
