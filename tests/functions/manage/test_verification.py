"""Verification beside writers, of chains that began before revisions were told, and what is a note only."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from functions.adapters.data_lake import DataLake
from functions.adapters.monitoring_registry import MonitoringRegistry
from functions.adapters.registry_store import Change, Item, Key, audited, evidence_key, lease_key, model_key
from functions.adapters.sealed_heads import SealedHeads
from functions.adapters.signatures import Signatures
from functions.domain.audit import START, Act, StoredEntry, Written
from functions.domain.audit_items import LastWritten
from functions.domain.canonical_json import canonical_json, digest_of
from functions.manage.audit import MOST_LOOKED_AT, AuditLog, Wanted
from functions.manage.verification import MOST_FINDINGS, Verification, verify
from tests.contract.fake_kms import KEY, FakeKms
from tests.contract.fake_locked_bucket import FakeLockedBucket
from tests.contract.fake_s3 import FakeS3
from tests.contract.fake_table import FakeTable
from tests.functions.manage.audited_life import ARTIFACTS, AUDIT, AuditedLife
from tests.functions.snapshot.worlds import MODEL, settings


def lived(table: FakeTable | None = None) -> AuditedLife:
    life = AuditedLife(table or FakeTable(), FakeS3(), FakeLockedBucket())
    life.live(1)
    return life


class BusyTable(FakeTable):
    """Somebody writes at the moments at which it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.write: Callable[[], None] = lambda: None
        self.left = 0

    def entries(self, after: int = 0) -> Iterator[StoredEntry]:
        yield from super().entries(after)
        self._maybe()

    def scan(self) -> Iterator[Item]:
        self._maybe()
        yield from super().scan()
        self._maybe()

    def _maybe(self) -> None:
        if self.left:
            self.left -= 1
            self.write()


@pytest.mark.parametrize("writes", [1, 2, 3, 4])
def test_what_is_written_meanwhile_is_no_tampering(writes: int) -> None:
    table = BusyTable()
    life = lived(table)
    days = iter(range(1, 100))

    def change() -> None:
        slices = tuple(f"s{next(days)}" for _ in range(2))
        MonitoringRegistry(table).configure(replace(settings(), about={"owner": slices[0]}), "deployment", life.now)

    table.write, table.left = change, writes
    before = table.head().number
    found = life.verify()
    assert found.findings == []
    assert found.entries == before + writes


def test_an_item_that_was_changed_is_found_beside_writers_too() -> None:
    table = BusyTable()
    life = lived(table)
    key = model_key(MODEL)
    table.items[key] = replace(table.items[key], document={**table.items[key].document, "live": 99})

    def change() -> None:
        MonitoringRegistry(table).configure(settings({}, {}), "deployment", life.now)

    table.write, table.left = change, 2
    assert any(f"{key} was changed" in finding for finding in life.verify().findings)


def test_hours_without_a_seal_are_a_note_and_no_finding() -> None:
    life = lived()
    life.at = life.at.replace(hour=20)
    life.seal()
    found = life.verify()
    assert found.sound
    assert found.notes == ["no head was sealed between 2013-03-01T01:00:00Z and 2013-03-01T21:00:00Z"]


def test_what_is_not_audited_is_not_held_against_the_chain() -> None:
    life = lived()
    assert isinstance(life.store, FakeTable)
    life.store.commit([Change(evidence_key(MODEL, 1), {"v": 1}, 0)], [])
    life.store.commit([Change(Key(f"MODEL#{MODEL}", "EVALUATION#2013-03-01T00:00:00Z"), {"v": 1}, 0)], [])
    assert life.verify().findings == []
    assert not audited(lease_key(MODEL))
    assert audited(Key("MODELS", "LEASE"))
    assert audited(Key(f"MODEL#{MODEL}", "LEASE2"))
    assert audited(Key("SETTINGS", "EVALUATION#1"))


def entry_of_version_1(number: int, previous: str, digest: str) -> StoredEntry:
    document = {"v": 1, "number": number, "previous": previous, "action": "live.moved", "model": MODEL, "actor": "ann"}
    body = canonical_json({**document, "time": "", "details": {}, "items": {str(model_key(MODEL)): digest}})
    return StoredEntry(number, body, digest_of(body))


def test_a_chain_that_began_without_revisions_is_verified_by_its_digests() -> None:
    table = FakeTable()
    table.commit([Change(model_key(MODEL), {"v": 1}, 0)], [])  # as it was done before: a change without an act
    table.commit([Change(model_key(MODEL), {"v": 1, "n": 1}, 1)], [])
    table.chain = [entry_of_version_1(1, START.digest, digest_of(canonical_json({"v": 1, "n": 1})))]
    table.first_indexed = 2
    table.commit([Change(model_key(MODEL), {"v": 1, "n": 2}, 2)], [Act("live.moved", MODEL, "ann", "")])
    found = verify(
        table, SealedHeads(FakeLockedBucket(), AUDIT), DataLake(FakeS3(), ARTIFACTS), Signatures(FakeKms(), KEY).verify
    )
    assert (found.findings, found.entries, found.items) == ([], 2, 1)
    table.items[model_key(MODEL)] = replace(table.items[model_key(MODEL)], document={"v": 1, "n": 1})
    findings = verify(
        table, SealedHeads(FakeLockedBucket(), AUDIT), DataLake(FakeS3(), ARTIFACTS), Signatures(FakeKms(), KEY).verify
    ).findings
    assert findings == [f"{model_key(MODEL)} was changed since entry 2 wrote it"]


@pytest.mark.parametrize(
    ("revisions", "said"),
    [
        ((1, 2, 4), "entry 3 names a/b at revision 4, entry 2 left it at 2"),
        ((1, 2, 1), "entry 3 names a/b at revision 1, entry 2 left it at 2"),
        ((2,), "entry 1 names a/b at revision 2, none tells of it before"),
        ((0,), "entry 1 names a/b at revision 0, none tells of it before"),
        ((1, 1), "entry 2 names another a/b than entry 1 did, at the same revision"),
    ],
)
def test_entries_that_contradict_each_other_are_named(revisions: tuple[int, ...], said: str) -> None:
    written = LastWritten()
    for number, revision in enumerate(revisions, 1):
        written.take({"v": 2, "number": number}, {"a/b": Written(revision, digest_of(str(number)))})
    assert written.findings == [said]


def test_the_entries_of_one_transaction_name_an_item_alike() -> None:
    written = LastWritten()
    for number in (1, 2):
        written.take({"v": 2, "number": number}, {"a/b": Written(1, "same")})
    assert written.findings == []


def test_very_many_findings_are_counted_beyond_a_thousand() -> None:
    told = Verification(findings=[f"finding {n}" for n in range(MOST_FINDINGS + 7)]).to_document()
    assert (len(told["findings"]), told["more_findings"], told["sound"]) == (MOST_FINDINGS, 7, False)


def log_of(life: AuditedLife) -> AuditLog:
    return AuditLog(life.store, SealedHeads(life.locked, AUDIT), DataLake(life.s3, ARTIFACTS), life.key.verify)


def test_the_log_is_read_page_by_page() -> None:
    log = log_of(lived())
    first, after = log.page(0, 3, Wanted())
    assert ([entry["number"] for entry in first], after) == ([1, 2, 3], 3)
    rest, end = log.page(3, 200, Wanted())
    assert (rest[0]["number"], end) == (4, None)
    assert digest_of(first[0]["body"]) == first[0]["sha256"] == first[1]["previous"]


def test_the_log_is_filtered_by_model_actor_action_and_period() -> None:
    life = lived()
    log = log_of(life)
    every, _ = log.page(0, 200, Wanted())

    def numbers(wanted: Wanted) -> list[int]:
        return [entry["number"] for entry in log.page(0, 200, wanted)[0]]

    assert numbers(Wanted(model="loans")) == []
    assert numbers(Wanted(model=MODEL)) == [entry["number"] for entry in every]
    assert numbers(Wanted(actor="bea")) == [e["number"] for e in every if e["action"] == "version.approved"] != []
    assert numbers(Wanted(actor="bea", action="version.registered")) == []
    middle = life.at.replace(hour=0, minute=20)
    before, later = numbers(Wanted(end=middle)), numbers(Wanted(start=middle))
    assert before
    assert later
    assert before + later == [entry["number"] for entry in every]


def test_a_page_goes_through_so_much_of_the_chain_and_then_says_where_to_go_on() -> None:
    table = FakeTable()
    act, other = (Act("live.moved", model, "ann", "2013-03-01T00:00:00Z") for model in ("loans", MODEL))
    table.commit([Change(model_key("loans"), {"v": 1}, 0)], [act] * (MOST_LOOKED_AT + 5))
    table.commit([], [other])
    log = AuditLog(
        table, SealedHeads(FakeLockedBucket(), AUDIT), DataLake(FakeS3(), ARTIFACTS), Signatures(FakeKms(), KEY).verify
    )
    assert log.page(0, 50, Wanted(actor="bea")) == ([], MOST_LOOKED_AT)
    assert log.page(MOST_LOOKED_AT, 50, Wanted(actor="bea")) == ([], None)
    (found,), end = log.page(0, 50, Wanted(model=MODEL))
    assert (found["number"], end) == (MOST_LOOKED_AT + 6, None)  # a model's are not looked for among all others
    table.first_indexed = MOST_LOOKED_AT + 6
    assert log.page(0, 50, Wanted(model=MODEL)) == ([], MOST_LOOKED_AT)


def test_the_log_says_whether_all_of_it_holds() -> None:
    life = lived()
    told = log_of(life).verify()
    assert (told["complete"], told["sound"], told["findings"]) == (True, True, [])
    assert told["entries"] == life.store.head().number
