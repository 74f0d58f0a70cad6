"""The ledger: which raw objects and logged records are in the table already, so that a run reads only what is new.

It is an optimisation and nothing else: to merge a record twice changes nothing. So a run that dies before it writes
the ledger loses no more than its time, and of two ledgers that were written beside each other the union is right.

Raw objects are named by what follows `raw/<kind>/model=M/`, which begins with the hour of their arrival:
`2013/03/01/05/trimtab-…`. Firehose tries for 24 hours to deliver, so an object may appear that long after others with
later names. Names are kept for as long and a little more; what appears later still is found by `since` alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast, get_args

from functions.domain.errors import CorruptArtifactError
from functions.domain.names import RecordKind

SCHEMA_VERSION = 1
LOOK_BACK = timedelta(hours=26)
KINDS: tuple[RecordKind, ...] = get_args(RecordKind)
_HOUR = "%Y/%m/%d/%H"
_HOUR_LENGTH = 13


def arrival_hour(name: str) -> str:
    """The hour in a raw object's name, `2013/03/01/05`."""
    return name[:_HOUR_LENGTH]


def hour_name(moment: datetime) -> str:
    """How the names of objects begin that arrived in the hour of `moment`."""
    return moment.astimezone(UTC).strftime(_HOUR)


@dataclass(frozen=True, slots=True)
class Arrived:
    """Of one kind: the names of all objects from `floor` on that are in the table, in their order.

    `swept` is the newest hour of arrival at which all names from `floor` on were looked at.
    """

    names: tuple[str, ...] = ()
    swept: str = ""

    @property
    def floor(self) -> str:
        """Where to look from for what came late."""
        return floor_below(self.names[-1]) if self.names else ""

    def with_names(self, names: Iterable[str], swept: str) -> "Arrived":
        together = sorted({*self.names, *names})
        floor = floor_below(together[-1]) if together else ""
        return Arrived(tuple(name for name in together if name >= floor), max(self.swept, swept))


@dataclass(frozen=True, slots=True)
class Rescued:
    """Of one function's log: all records of events before `cursor_ms` are in the table, and those of these events."""

    cursor_ms: int = 0
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """`unmatched` counts the labels without a prediction by the hour (since 1970) that they lie in."""

    model: str
    arrived: Mapping[RecordKind, Arrived] = field(default_factory=dict)
    rescued: Mapping[str, Rescued] = field(default_factory=dict)
    unmatched: Mapping[int, int] = field(default_factory=dict)

    def of(self, kind: RecordKind) -> Arrived:
        return self.arrived.get(kind, Arrived())

    def joined(self, other: "Ledger") -> "Ledger":
        """What two runs beside each other have done; of counts and of the log's cursors this one's are the later."""
        arrived = {kind: self.of(kind).with_names(other.of(kind).names, other.of(kind).swept) for kind in KINDS}
        rescued = {group: _further(self.rescued.get(group), found) for group, found in other.rescued.items()}
        counts = {**other.unmatched, **self.unmatched}
        return Ledger(
            self.model,
            {kind: found for kind, found in arrived.items() if found.names},
            {**self.rescued, **rescued},
            {hour: count for hour, count in counts.items() if count},
        )

    def to_document(self) -> dict[str, Any]:
        return {
            "v": SCHEMA_VERSION,
            "model": self.model,
            "arrived": {kind: {"names": list(a.names), "swept": a.swept} for kind, a in sorted(self.arrived.items())},
            "rescued": {
                group: {"cursor_ms": r.cursor_ms, "events": list(r.events)} for group, r in sorted(self.rescued.items())
            },
            "unmatched": {str(hour): count for hour, count in sorted(self.unmatched.items()) if count},
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Ledger":
        """Read a stored ledger.

        Raises:
            CorruptArtifactError: of a schema version that this code does not know.
        """
        if document.get("v") != SCHEMA_VERSION:
            raise CorruptArtifactError(
                f"a ledger of schema version {document.get('v')!r}; this code reads {SCHEMA_VERSION}: "
                "delete it, and all that lies in raw/ is read again"
            )
        return cls(
            model=document["model"],
            arrived={
                cast(RecordKind, kind): Arrived(tuple(found["names"]), found["swept"])
                for kind, found in document["arrived"].items()
            },
            rescued={
                group: Rescued(found["cursor_ms"], tuple(found["events"]))
                for group, found in document["rescued"].items()
            },
            unmatched={int(hour): count for hour, count in document["unmatched"].items()},
        )


def floor_below(newest: str) -> str:
    """The hour from which on objects may still appear beside one of that name."""
    try:
        arrived = datetime.strptime(arrival_hour(newest), _HOUR).replace(tzinfo=UTC)
    except ValueError:
        return ""  # not Firehose's: look at all there is
    return hour_name(arrived - LOOK_BACK)


def _further(mine: Rescued | None, other: Rescued) -> Rescued:
    if mine is None or other.cursor_ms > mine.cursor_ms:
        return other
    if other.cursor_ms < mine.cursor_ms:
        return mine
    return Rescued(mine.cursor_ms, tuple(sorted({*mine.events, *other.events})))
