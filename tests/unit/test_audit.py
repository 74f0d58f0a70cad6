"""The audit chain: whatever is done to it behind its back is found and named."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.audit import START, Act, Head, StoredEntry, Written, chain, items_of, verify
from functions.domain.canonical_json import canonical_json, digest_of

WRITTEN = {"MODELS/flights": Written(3, "ab")}
DETAILS = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.none(), max_size=3)
ACTS = st.builds(
    Act,
    action=st.sampled_from(["version.registered", "release.tested", "live.moved"]),
    model=st.sampled_from(["flights", "loans"]),
    actor=st.text(min_size=1, max_size=8),
    time=st.just("2013-03-01T00:00:00Z"),
    details=DETAILS,
)
CHAINS = st.lists(ACTS, min_size=1, max_size=12).map(lambda acts: chain(START, acts, WRITTEN))


def head_of(entries: list[StoredEntry]) -> Head:
    return Head(entries[-1].number, entries[-1].digest)


@given(CHAINS)
def test_an_untouched_chain_has_no_findings(entries: list[StoredEntry]) -> None:
    assert verify(entries, head_of(entries)) == []
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))


@given(CHAINS, st.lists(ACTS, min_size=1, max_size=3))
def test_a_chain_goes_on_from_its_head(entries: list[StoredEntry], acts: list[Act]) -> None:
    longer = entries + chain(head_of(entries), acts, {})
    assert verify(longer, head_of(longer)) == []


@given(CHAINS, st.data())
def test_a_changed_entry_is_named(entries: list[StoredEntry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entries) - 1))
    document = json.loads(entries[at].body) | {"actor": "somebody who was not there"}
    tampered = [*entries]
    tampered[at] = replace(entries[at], body=json.dumps(document))
    assert any(f"entry {at + 1} was changed" in finding for finding in verify(tampered, head_of(entries)))


@given(CHAINS, st.data())
def test_a_changed_entry_with_its_own_hash_made_to_match_is_found(
    entries: list[StoredEntry], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(entries) - 1))
    before = Head(at, entries[at - 1].digest) if at else START
    forged = chain(before, [Act("live.moved", "flights", "mallory", "2013-03-01T00:00:00Z")], {})[0]
    findings = verify([*entries[:at], forged, *entries[at + 1 :]], head_of(entries))
    words = (
        "the head's hash is not that" if at == len(entries) - 1 else f"entry {at + 2} does not follow entry {at + 1}"
    )
    assert any(words in finding for finding in findings)


@given(CHAINS, st.data())
def test_a_removed_entry_is_named(entries: list[StoredEntry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entries) - 1))
    findings = verify(entries[:at] + entries[at + 1 :], head_of(entries))
    assert any(finding.startswith(f"entry {at + 1} is missing") for finding in findings)


@given(CHAINS, st.data())
def test_a_chain_that_was_cut_off_is_found(entries: list[StoredEntry], data: st.DataObject) -> None:
    kept = data.draw(st.integers(0, len(entries) - 1))
    (finding,) = verify(entries[:kept], head_of(entries))
    assert "missing at the end" in finding


@given(CHAINS.filter(lambda entries: len(entries) > 1), st.data())
def test_two_exchanged_entries_are_found(entries: list[StoredEntry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entries) - 2))
    one, two = entries[at], entries[at + 1]
    exchanged = [*entries[:at], replace(two, number=at + 1), replace(one, number=at + 2), *entries[at + 2 :]]
    findings = verify(exchanged, head_of(entries))
    assert any(finding == f"entry {at + 1} says that it is entry {at + 2}" for finding in findings)


@given(CHAINS)
def test_an_entry_that_was_put_in_is_found(entries: list[StoredEntry]) -> None:
    extra = chain(head_of(entries), [Act("live.moved", "flights", "mallory", "2013-03-01T00:00:00Z")], {})
    (finding,) = verify(entries + extra, head_of(entries))
    assert f"the chain goes on to {len(entries) + 1}" in finding


@given(CHAINS)
def test_a_head_that_was_put_back_is_found(entries: list[StoredEntry]) -> None:
    assert verify(entries, START) != []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("no json", "entry 1 is no audit entry"),
        ("[]", "entry 1 is no audit entry"),
        ('{"v":3,"number":1,"previous":""}', "entry 1 is of schema version 3"),
    ],
)
def test_what_is_no_entry_is_named(body: str, words: str) -> None:
    entry = StoredEntry(1, body, digest_of(body))
    assert any(words in finding for finding in verify([entry], Head(1, entry.digest)))


def test_an_entry_names_the_items_that_were_written_with_it() -> None:
    (entry,) = chain(START, [Act("live.moved", "flights", "ann", "2013-03-01T00:00:00Z")], WRITTEN)
    assert items_of(json.loads(entry.body)) == WRITTEN


def test_an_entry_of_schema_version_1_is_still_read() -> None:
    document = {"v": 1, "number": 1, "previous": START.digest, "action": "live.moved", "model": "flights"}
    body = canonical_json({**document, "actor": "ann", "time": "", "details": {}, "items": {"MODELS/flights": "ab"}})
    assert verify([StoredEntry(1, body, digest_of(body))], Head(1, digest_of(body))) == []
    assert items_of(json.loads(body)) == {"MODELS/flights": Written(None, "ab")}
