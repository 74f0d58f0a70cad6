"""Where the registry's documents lie: their keys, their revisions, and what a store of them must do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from functions.domain.audit import Act, Head, StoredEntry, Written
from functions.domain.canonical_json import canonical_json, digest_of


@dataclass(frozen=True, slots=True)
class Key:
    pk: str
    sk: str

    def __str__(self) -> str:
        return f"{self.pk}/{self.sk}"


@dataclass(frozen=True, slots=True)
class Stored:
    """A document with its revision: 1 when it was written first."""

    key: Key
    revision: int
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """A document's next content; `revision` is the one that it was made from, 0 for a new document."""

    key: Key
    document: Mapping[str, Any]
    revision: int


@dataclass(frozen=True, slots=True)
class Item:
    """An item as the audit sees it, whoever wrote it: `written` is None where it is none of the registry's form."""

    key: Key
    written: Written | None


@dataclass(frozen=True, slots=True)
class Hold:
    """A lease that must still be of this revision for a change to be made."""

    key: Key
    revision: int


class Store(Protocol):
    """Documents with a revision and an audit chain; `RegistryTable` says what each call does and raises."""

    def read(self, key: Key) -> Stored | None: ...
    def read_all(self, pk: str, prefix: str = "") -> list[Stored]: ...
    def read_last(self, pk: str, prefix: str, most: int, before: str = "") -> list[Stored]: ...
    def commit(self, changes: Sequence[Change], acts: Sequence[Act], hold: Hold | None = None) -> None: ...
    def head(self) -> Head: ...
    def entries(self, after: int = 0) -> Iterator[StoredEntry]: ...
    def entries_about(self, model: str, after: int = 0) -> Iterator[StoredEntry]: ...
    def indexed_from(self) -> int: ...
    def scan(self) -> Iterator[Item]: ...
    def item(self, key: Key) -> Item | None: ...


MODELS, AUDIT, STAGE = "MODELS", "AUDIT", "STAGE"
AUDIT_HEAD = Key(AUDIT, "HEAD")
VERSIONS, RELEASES, EVALUATIONS = "VERSION#", "RELEASE#", "EVALUATION#"
ROLLOUTS = "ROLLOUT#"
TRAININGS, QUARANTINE_RELEASES = "TRAINING#", "QUARANTINE_RELEASE#"
EVIDENCE = "EVIDENCE#"
_UNTOLD = (EVALUATIONS, EVIDENCE)


def model_key(model: str) -> Key:
    return Key(MODELS, model)


def version_key(model: str, number: int) -> Key:
    return Key(f"MODEL#{model}", f"{VERSIONS}{number:08d}")


def artifact_key(model: str, digest: str) -> Key:
    return Key(f"MODEL#{model}", f"ARTIFACT#{digest}")


def release_key(model: str, number: int) -> Key:
    return Key(f"MODEL#{model}", f"{RELEASES}{number:08d}")


def rollout_key(model: str, number: int) -> Key:
    return Key(f"MODEL#{model}", f"{ROLLOUTS}{number:08d}")


def evidence_key(model: str, rollout: int) -> Key:
    """What the gate last said of a rollout under way, and what it waits for: written each minute, and not audited."""
    return Key(f"MODEL#{model}", f"{EVIDENCE}{rollout:08d}")


def rollback_key(model: str, cause: str) -> Key:
    """`cause` is a digest of what made live go back: one cause is one rollback."""
    return Key(f"MODEL#{model}", f"ROLLBACK#{cause}")


def outbox_key(model: str) -> Key:
    """Events that were decided on and not published yet."""
    return Key(f"MODEL#{model}", "OUTBOX")


def pair_key(model: str, version: int, code_digest: str) -> Key:
    return Key(f"MODEL#{model}", f"PAIR#{version:08d}#{code_digest}")


def lease_key(model: str) -> Key:
    return Key(f"MODEL#{model}", "LEASE")


def config_key(model: str) -> Key:
    return Key(f"MODEL#{model}", "CONFIG")


def training_key(model: str, started_at: str, execution: str) -> Key:
    """`started_at` is ISO 8601 in UTC, so that keys sort by time."""
    return Key(f"MODEL#{model}", f"{TRAININGS}{started_at}#{execution}")


def training_lock_key(model: str) -> Key:
    """The one execution that may train now."""
    return Key(f"MODEL#{model}", "TRAINING")


def quarantine_release_key(model: str, digest: str) -> Key:
    return Key(f"MODEL#{model}", f"{QUARANTINE_RELEASES}{digest}")


def evaluation_key(model: str, window_end: str) -> Key:
    """`window_end` is ISO 8601 in UTC, so that keys sort by time."""
    return Key(f"MODEL#{model}", f"{EVALUATIONS}{window_end}")


def access_key(model: str) -> Key:
    """Digests of the policies that a deployment made: of one model, or with "" of the stage."""
    return Key(f"MODEL#{model}" if model else STAGE, "ACCESS")


def audited(key: Key) -> bool:
    """Whether every change of this document is told by an entry of the audit chain; so is what nobody knows of.

    Not told: who works on a model at this moment, events that wait to be published, what evaluations found, and what a
    rollout under way waits for. docs/audit.md says why.
    """
    return not (key.pk.startswith("MODEL#") and (key.sk in ("LEASE", "OUTBOX") or key.sk.startswith(_UNTOLD)))


def written_items(changes: Sequence[Change]) -> dict[str, Written]:
    """What an audit entry says of the documents that were written with it."""
    return {
        str(change.key): Written(change.revision + 1, digest_of(canonical_json(change.document))) for change in changes
    }
