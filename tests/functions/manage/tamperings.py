"""Ways to tamper with a stage. Each takes one step of a forger's, and says by which names it must be found.

The forger knows how hashes are made: what is changed gets the hash that belongs to it. What he cannot do is to change
what was sealed, or the digests that other entries hold.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from functions.adapters.registry_store import Key, Stored, audited
from functions.adapters.signatures import Signatures
from functions.domain.audit import Act, Head, StoredEntry, chain
from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.sealed_head import PREFIX, SealedHead
from functions.domain.signature import signed_message
from tests.contract.fake_kms import KEY, FakeKms
from tests.functions.manage.audited_life import AUDIT, AuditedLife
from tests.functions.manage.hands import Hands
from tests.functions.snapshot.worlds import MODEL

Names = tuple[str, ...]  # a finding must hold one of them


@dataclass(frozen=True)
class Scene:
    """A stage before it is tampered with, the forger's hands, and chance."""

    life: AuditedLife
    hands: Hands
    draw: Random
    entries: Sequence[StoredEntry]
    items: Sequence[Stored]
    objects: dict[str, bytes]
    seals: Sequence[SealedHead]

    @property
    def entry(self) -> StoredEntry:
        return self.draw.choice(self.entries)

    @property
    def item(self) -> Stored:
        return self.draw.choice([item for item in self.items if audited(item.key)])


Way = Callable[[Scene], Names]


def change_entry(scene: Scene) -> Names:
    entry = scene.entry
    body = _altered(scene, entry.body)
    digest = scene.draw.choice([entry.digest, digest_of(body)])
    scene.hands.put_entry(replace(entry, body=body, digest=digest))
    return _about(scene, entry.number)


def delete_entry(scene: Scene) -> Names:
    number = scene.entry.number
    scene.hands.drop_entry(number)
    return (f"entry {number} is missing",)


def swap_entries(scene: Scene) -> Names:
    one, other = scene.draw.sample(list(scene.entries), 2)
    scene.hands.put_entry(replace(one, number=other.number))
    scene.hands.put_entry(replace(other, number=one.number))
    return (f"entry {one.number} says that it is entry {other.number}",)


def insert_entry(scene: Scene) -> Names:
    """A forged entry takes a place; all that come after it move on by one, with their own numbers in their hands."""
    at = scene.draw.randrange(len(scene.entries))
    before = scene.entries[at - 1] if at else None
    head = Head(0, "0" * 64) if before is None else Head(before.number, before.digest)
    (forged,) = chain(head, [Act("live.moved", MODEL, "mallory", "2013-03-01T00:00:00Z")], {})
    for entry in scene.entries[at:]:
        body = canonical_json({**json.loads(entry.body), "number": entry.number + 1})
        scene.hands.put_entry(StoredEntry(entry.number + 1, body, digest_of(body), entry.about))
    scene.hands.put_entry(forged)
    return tuple(f"entry {number} " for number in range(at + 1, len(scene.entries) + 2))


def replay_entry(scene: Scene) -> Names:
    """An old entry once more, at the end."""
    number = len(scene.entries) + 1
    scene.hands.put_entry(replace(scene.entry, number=number))
    return (f"entry {number} says that it is entry", f"the chain goes on to {number}")


def truncate_chain(scene: Scene) -> Names:
    """The last entries are gone, and the head is put back to the one before them."""
    kept = scene.draw.randrange(len(scene.entries))
    for entry in scene.entries[kept:]:
        scene.hands.drop_entry(entry.number)
    scene.hands.put_head(Head(kept, scene.entries[kept - 1].digest) if kept else None)
    sealed = [seal.key for seal in scene.seals if seal.number > kept]
    return (*sealed, *_last_written(scene, kept))


def cut_entries_off(scene: Scene) -> Names:
    kept = scene.draw.randrange(len(scene.entries))
    for entry in scene.entries[kept:]:
        scene.hands.drop_entry(entry.number)
    scene.hands.put_head(Head(len(scene.entries), scene.entries[-1].digest))  # as it was
    return (f"{kept + 1} is missing at the end", f"entries {kept + 1} to {len(scene.entries)} are missing at the end")


def rewrite_chain(scene: Scene) -> Names:
    """An entry that was sealed is another one, and all after it are made anew to follow it, up to the head."""
    at = scene.draw.randrange(scene.seals[-1].number)
    head = Head(at, scene.entries[at - 1].digest if at else "0" * 64)
    for entry in scene.entries[at:]:
        document = {**json.loads(entry.body), "previous": head.digest}
        if entry.number == at + 1:
            document["actor"] = "mallory"
        body = canonical_json(document)
        head = Head(entry.number, digest_of(body))
        scene.hands.put_entry(replace(entry, body=body, digest=head.digest))
    scene.hands.put_head(head)
    return tuple(seal.key for seal in scene.seals if seal.number > at)


def hide_entry(scene: Scene) -> Names:
    """An entry that is whole, and that nobody finds who looks for its model's."""
    entry = scene.entry
    scene.hands.put_entry(replace(entry, about=scene.draw.choice([None, "", "-", "another"])))
    return (f"entry {entry.number} is not in the index", f"entry {entry.number} is about '{MODEL}', and in the index")


def forge_head(scene: Scene) -> Names:
    number, digest = len(scene.entries), scene.entries[-1].digest
    forged = [
        None,
        Head(number + 3, digest),
        Head(number, digest_of("another")),
        Head(number - 1, scene.entries[-2].digest),
    ]
    scene.hands.put_head(scene.draw.choice(forged))
    return ("the head stands at entry", "the head's hash is not that of", "missing at the end")


def change_item(scene: Scene) -> Names:
    item = scene.item
    document = json.loads(_altered(scene, canonical_json(item.document)))
    scene.hands.put_item(replace(item, document=document))
    return (f"{item.key} was changed since entry",)


def change_revision(scene: Scene) -> Names:
    item = scene.item
    scene.hands.put_item(replace(item, revision=item.revision + scene.draw.choice([-1, 1, 7])))
    return (f"{item.key} is of revision",)


def delete_item(scene: Scene) -> Names:
    key = scene.item.key
    scene.hands.drop_item(key)
    return (f"{key} is gone: entry",)


def insert_item(scene: Scene) -> Names:
    """A document that nobody wrote: of another number, of another model, or of a kind that there is not."""
    item = scene.item
    pk = scene.draw.choice([item.key.pk, "MODEL#ghost", "MODELS", "AUDIT", "SETTINGS"])
    key = Key(pk, f"{item.key.sk}-{scene.draw.randrange(100)}")
    scene.hands.put_item(Stored(key, 1, item.document))
    return (f"{key} is in the table, and no entry names it",)


def replay_item(scene: Scene) -> Names:
    """An item as it was once."""
    changed = [states for states in scene.life.history.values() if len(states) > 1 and audited(states[0].key)]
    states = scene.draw.choice(changed)
    scene.hands.put_item(scene.draw.choice(states[:-1]))
    return (f"{states[0].key} was changed since entry", f"{states[0].key} is of revision")


def swap_items(scene: Scene) -> Names:
    one = scene.item
    other = scene.draw.choice([item for item in scene.items if audited(item.key) and item.document != one.document])
    scene.hands.put_item(replace(one, key=other.key))
    scene.hands.put_item(replace(other, key=one.key))
    return (f"{one.key} was changed since entry",)


def change_object(scene: Scene) -> Names:
    key = scene.draw.choice(sorted(scene.objects))
    body = bytearray(scene.objects[key])
    body[scene.draw.randrange(len(body))] ^= 1 + scene.draw.randrange(255)
    scene.hands.put_object(key, bytes(body))
    return (f"{key} was changed",)


def truncate_object(scene: Scene) -> Names:
    key = scene.draw.choice(sorted(scene.objects))
    scene.hands.put_object(key, scene.objects[key][: scene.draw.randrange(len(scene.objects[key]))])
    return (f"{key} was changed",)


def delete_object(scene: Scene) -> Names:
    key = scene.draw.choice(sorted(scene.objects))
    scene.hands.drop_object(key)
    return (f"{key} is gone",)


def insert_object(scene: Scene) -> Names:
    """An object beside a version's files, or of a version that nobody registered."""
    known = scene.draw.choice(sorted(scene.objects))
    key = scene.draw.choice([f"{known}.new", known.replace("version=", "version=9"), "artifacts/readme"])
    scene.hands.put_object(key, scene.objects[known])
    return (f"{key} is none of the files", f"{key} belongs to no version")


def swap_objects(scene: Scene) -> Names:
    one = scene.draw.choice(sorted(scene.objects))
    other = scene.draw.choice([key for key in sorted(scene.objects) if scene.objects[key] != scene.objects[one]])
    scene.hands.put_object(one, scene.objects[other])
    scene.hands.put_object(other, scene.objects[one])
    return (f"{one} was changed", f"{other} was changed")  # a manifest that is another says nothing of its files


def replay_version(scene: Scene) -> Names:
    """An older version's files, its manifest included, under a newer one's number: each fits the others."""
    prefix = f"artifacts/model={MODEL}/version="
    older, newer = f"{prefix}1/", f"{prefix}2/"
    for key, body in scene.objects.items():
        if key.startswith(older):
            scene.hands.put_object(key.replace(older, newer), body)
    return (f"{newer}manifest.json was changed",)


def overwrite_seal(scene: Scene) -> Names:
    """Another head over a sealed one: the lock keeps the first, and shows that there is a second."""
    seal = scene.draw.choice(scene.seals)
    _put_seal(scene, seal.key, replace(seal, digest=digest_of("another")).to_bytes())
    return (f"{seal.key} was written 2 times",)


def delete_seal(scene: Scene) -> Names:
    key = scene.draw.choice(scene.seals).key
    scene.life.locked.delete_object(Bucket=AUDIT, Key=key)
    return (f"{key} was deleted",)


def insert_seal(scene: Scene) -> Names:
    """A head in an hour that has none: of an entry that was never written, cut short, or none at all."""
    seal = replace(scene.seals[-1], time=f"2013-03-2{scene.draw.randrange(10)}T05:00:00Z")
    body = scene.draw.choice(
        [
            replace(seal, digest=digest_of("another")).to_bytes(),
            replace(seal, number=len(scene.entries) + 5).to_bytes(),
            seal.to_bytes()[: scene.draw.randrange(150)],
            b"[]",
        ]
    )
    _put_seal(scene, seal.key, body)
    return (seal.key,)


def replay_seal(scene: Scene) -> Names:
    """An old head in a later hour, as it was or with that hour's time."""
    old = scene.seals[0]
    later = replace(old, time="2013-03-20T05:00:00Z")
    _put_seal(scene, later.key, scene.draw.choice([old, later]).to_bytes())
    return (later.key,)


def swap_seals(scene: Scene) -> Names:
    one, other = scene.draw.sample(list(scene.seals), 2)
    _put_seal(scene, one.key, other.to_bytes())
    _put_seal(scene, other.key, one.to_bytes())
    return (f"{one.key} was written 2 times",)


def sign_by_another_key(scene: Scene) -> Names:
    """A version's manifest, signed by a key of the forger's own under the name of the true one."""
    version = 1 + scene.draw.randrange(len(scene.seals))
    prefix = f"artifacts/model={MODEL}/version={version}/"
    message = signed_message(MODEL, version, scene.objects[f"{prefix}manifest.json"])
    forged = Signatures(FakeKms(), KEY).sign(message)
    scene.hands.put_object(f"{prefix}signature.json", forged.to_bytes())
    return (f"{prefix}signature.json was changed",)


OF_THE_CHAIN = (
    change_entry,
    delete_entry,
    swap_entries,
    insert_entry,
    replay_entry,
    truncate_chain,
    cut_entries_off,
    rewrite_chain,
    hide_entry,
    forge_head,
)
OF_THE_ITEMS = (change_item, change_revision, delete_item, insert_item, replay_item, swap_items)
OF_THE_ARTIFACTS = (
    change_object,
    truncate_object,
    delete_object,
    insert_object,
    swap_objects,
    replay_version,
    sign_by_another_key,
)
OF_THE_SEALS = (overwrite_seal, delete_seal, insert_seal, replay_seal, swap_seals)
TAMPERINGS: tuple[Way, ...] = (*OF_THE_CHAIN, *OF_THE_ITEMS, *OF_THE_ARTIFACTS, *OF_THE_SEALS)


def _put_seal(scene: Scene, key: str, body: bytes) -> None:
    scene.life.locked.put_object(Bucket=AUDIT, Key=key, Body=body, ChecksumAlgorithm="SHA256")
    assert key.startswith(PREFIX)


def _about(scene: Scene, number: int) -> Names:
    """How an entry is called that does not hold: itself, the one after it, or the head."""
    last = number == len(scene.entries)
    end = f"the head's hash is not that of entry {number}" if last else f"entry {number + 1} does not follow"
    return (
        f"entry {number} was changed",
        f"entry {number} says",
        f"entry {number} is no",
        f"entry {number} is of",
        end,
    )


def _last_written(scene: Scene, kept: int) -> Names:
    """The items that an entry after the first `kept` ones wrote."""
    later = (json.loads(entry.body)["items"] for entry in scene.entries[kept:])
    return tuple({key for items in later for key in items})


def _altered(scene: Scene, text: str) -> str:
    """A document with one of its fields changed."""
    document: dict[str, Any] = json.loads(text)
    name = scene.draw.choice(sorted(document))
    value = document[name]
    other: Any = {"forged": True}
    if isinstance(value, str):
        other = scene.draw.choice(["mallory", value + " ", value[:-1]]) if value else "mallory"
    elif isinstance(value, bool):
        other = not value
    elif isinstance(value, int | float):
        other = value + scene.draw.choice([-1, 1, 100])
    document[name] = other
    return canonical_json(document)
