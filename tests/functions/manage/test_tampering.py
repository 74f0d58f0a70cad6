"""The bar: 1,000 random tamperings of table, artifacts and sealed heads, each found and named."""

from collections.abc import Iterator
from copy import deepcopy
from random import Random

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from functions.adapters.registry_store import AUDIT_HEAD, Store
from functions.adapters.sealed_heads import SealedHeads
from functions.domain.audit import Head
from tests.contract.fake_locked_bucket import FakeLockedBucket
from tests.contract.fake_s3 import FakeS3
from tests.contract.fake_table import FakeTable
from tests.contract.test_registry_store import TABLE, moto_table
from tests.functions.manage import tamperings as ways
from tests.functions.manage.audited_life import ARTIFACTS, AUDIT, AuditedLife
from tests.functions.manage.hands import AwsHands, FakeHands, Hands
from tests.functions.manage.tamperings import OF_THE_SEALS, TAMPERINGS, Scene, Way

TIMES = 40  # of each of 27 ways: 1,080
VERSIONS = 3
# In moto, which is slower, each kind of hand once; what is sealed last.
IN_AWS = (
    ways.change_entry,
    ways.hide_entry,
    ways.truncate_chain,
    ways.forge_head,
    ways.delete_item,
    ways.insert_item,
    ways.replay_item,
    ways.swap_objects,
    ways.overwrite_seal,
    ways.delete_seal,
    ways.insert_seal,
)


def scene_of(life: AuditedLife, hands: Hands, seed: str, objects: dict[str, bytes]) -> Scene:
    items = [item.key for item in life.store.scan() if item.key.pk != "AUDIT"]
    stored = sorted((life.store.read(key) for key in items), key=lambda found: str(found and found.key))
    seals = [seal.head for seal in SealedHeads(life.locked, AUDIT).all() if seal.head]
    entries = list(life.store.entries())
    return Scene(life, hands, Random(seed), entries, [s for s in stored if s], objects, seals)


@pytest.fixture(scope="module")
def lived() -> AuditedLife:
    life = AuditedLife(FakeTable(), FakeS3(), FakeLockedBucket())
    life.live(VERSIONS)
    return life


def copied(life: AuditedLife) -> tuple[AuditedLife, FakeHands, dict[str, bytes]]:
    table, s3, locked = FakeTable(), FakeS3(), FakeLockedBucket()
    assert isinstance(life.store, FakeTable)
    table.items, table.chain = dict(life.store.items), list(life.store.chain)
    s3.objects, locked.objects = dict(life.s3.objects), deepcopy(life.locked.objects)
    copy = AuditedLife(table, s3, locked, life.key)
    copy.history = life.history
    return copy, FakeHands(table, s3), {key: body for (_, key), body in s3.objects.items()}


def test_an_untouched_stage_is_sound_and_all_of_it_was_looked_at(lived: AuditedLife) -> None:
    found = lived.verify()
    assert (found.findings, found.notes) == ([], [])
    assert found.sound
    assert (found.versions, found.heads) == (VERSIONS, VERSIONS)
    assert found.entries == lived.store.head().number > found.sealed_to > 0
    assert isinstance(lived.store, FakeTable)
    assert found.items == len(lived.store.items) - 4  # the lease, the outbox, the evidence of two rollouts


@pytest.mark.parametrize("way", TAMPERINGS, ids=lambda way: way.__name__)
def test_each_of_a_thousand_tamperings_is_found_and_named(lived: AuditedLife, way: Way) -> None:
    for seed in range(TIMES):
        life, hands, objects = copied(lived)
        names = way(scene_of(life, hands, f"{way.__name__} {seed}", objects))
        assert names, "a tampering says how it must be found"
        findings = life.verify().findings
        assert any(name in finding for name in names for finding in findings), (seed, names, findings)


def test_there_are_a_thousand_of_them() -> None:
    assert len(TAMPERINGS) * TIMES >= 1_000


@pytest.fixture(scope="module")
def in_aws() -> Iterator[tuple[AuditedLife, AwsHands]]:
    """A life in moto, whose bucket is locked as the template locks it."""
    with mock_aws():
        table: Store = moto_table()
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=ARTIFACTS)
        s3.create_bucket(Bucket=AUDIT, ObjectLockEnabledForBucket=True)
        retention = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
        s3.put_object_lock_configuration(
            Bucket=AUDIT, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention}
        )
        life = AuditedLife(table, s3, s3)
        life.live(2)
        yield life, AwsHands(boto3.client("dynamodb", region_name="us-east-1"), TABLE, s3)


def objects_of(life: AuditedLife) -> dict[str, bytes]:
    listed = life.s3.list_objects_v2(Bucket=ARTIFACTS)["Contents"]
    return {e["Key"]: life.s3.get_object(Bucket=ARTIFACTS, Key=e["Key"])["Body"].read() for e in listed}


def restore(life: AuditedLife, hands: Hands, before: Scene) -> None:
    """Put back what a tampering of table and artifacts changed."""
    entries = {entry.number: entry for entry in life.store.entries()}
    for number in entries.keys() - {entry.number for entry in before.entries}:
        hands.drop_entry(number)
    for entry in before.entries:
        if entries.get(entry.number) != entry:
            hands.put_entry(entry)
    for odd in {item.key for item in life.store.scan()} - {item.key for item in before.items} - {AUDIT_HEAD}:
        hands.drop_item(odd)
    for item in before.items:
        if life.store.read(item.key) != item:
            hands.put_item(item)
    objects = objects_of(life)
    for name in objects.keys() - before.objects.keys():
        hands.drop_object(name)
    for name, body in before.objects.items():
        if objects.get(name) != body:
            hands.put_object(name, body)
    hands.put_head(Head(before.entries[-1].number, before.entries[-1].digest))


@pytest.mark.parametrize("way", IN_AWS, ids=lambda way: way.__name__)
def test_in_aws_each_way_is_found_too(in_aws: tuple[AuditedLife, AwsHands], way: Way) -> None:
    life, hands = in_aws
    scene = scene_of(life, hands, way.__name__, objects_of(life))
    names = way(scene)
    findings = life.verify().findings
    assert any(name in finding for name in names for finding in findings), (names, findings)
    if way not in OF_THE_SEALS:  # what is sealed can't be put back
        restore(life, hands, scene)
        assert life.verify().findings == []


def test_what_is_sealed_cannot_be_removed(in_aws: tuple[AuditedLife, AwsHands]) -> None:
    life, _ = in_aws
    version = life.locked.list_object_versions(Bucket=AUDIT)["Versions"][0]
    with pytest.raises(ClientError, match="AccessDenied"):
        life.locked.delete_object(Bucket=AUDIT, Key=version["Key"], VersionId=version["VersionId"])
