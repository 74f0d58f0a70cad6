"""What a version was learnt from: the files that are handed out, and that they are enough to train it anew."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.errors import ConflictError, CorruptArtifactError, NotFoundError, UnavailableError
from functions.domain.release_artifact import FILES, MANIFEST, listing, open_artifact
from functions.domain.snapshot_manifest import SnapshotManifest, TrainingFile, training_key
from tests.contract.served_bucket import as_it_is, served
from tests.functions.manage.client import Client, FakeUrls
from tests.functions.manage.test_reading import answered
from tests.functions.manage.worlds import ManagedWorld
from tests.functions.snapshot.worlds import ARTIFACTS, MODEL
from trimtab.kept_files import KeptFiles
from trimtab.management import ERRORS
from trimtab.reproduce import reproduce

AT = f"/training-data/{MODEL}"
PREFIX = f"artifacts/model={MODEL}/version=2/"


class Api:
    """The API as `trimtab/management.py` asks it, over a bucket that is served; pages of so many files."""

    def __init__(self, client: Client, base: str, limit: int = 50) -> None:
        self.client, self.base, self.limit, self.asked = client, base, limit, 0

    def get(self, path: str, **query: str | int | None) -> dict[str, Any]:
        self.asked += 1
        given = {name: str(value) for name, value in query.items() if value is not None}
        answer = self.client.get(path, **given, limit=str(self.limit))
        if answer.status != 200:
            raise ERRORS.get(answer.status, UnavailableError)(answer.error)
        document: dict[str, Any] = answer.json
        for item in document["items"]:
            item["url"] = item["url"].replace("https://bucket", self.base)
        return document


@pytest.fixture
def api(client: Client, world: ManagedWorld) -> Iterator[Api]:
    with served(world.s3, ARTIFACTS) as base:
        yield Api(client, base)


def registered(world: ManagedWorld, number: int = 2) -> str:
    return world.registry.version(MODEL, number).artifact_digest


def snapshot_of(world: ManagedWorld, number: int = 2) -> tuple[str, SnapshotManifest]:
    """A version's snapshot: its key, and what it says."""
    lineage = json.loads(world.s3.objects[ARTIFACTS, f"artifacts/model={MODEL}/version={number}/lineage.json"])
    key = training_key(MODEL, lineage["data"]["snapshot"], "json")
    return key, SnapshotManifest.from_bytes(world.s3.objects[ARTIFACTS, key])


def test_each_file_has_its_digest_and_a_url(client: Client, world: ManagedWorld) -> None:
    found = answered(client, "show_training_data", f"{AT}/2")
    assert (found["model"], found["version"], found["artifact"]) == (MODEL, 2, registered(world))
    listed = {item["key"]: item for item in found["items"]}
    key, manifest = snapshot_of(world)
    rows = [file.key for file in manifest.files]
    assert len(rows) > 1
    assert [PREFIX + name for name in (MANIFEST, *sorted(FILES))] == list(listed)[: len(FILES) + 1]
    assert list(listed)[-len(rows) :] == rows
    assert {key, manifest.golden.key if manifest.golden else None} & set(listed) == {key}, "golden rows teach nothing"
    for item in found["items"]:
        assert item["url"] == FakeUrls().get(item["key"])
        assert item["sha256"] == digest_of(world.s3.objects[ARTIFACTS, item["key"]])


def test_it_is_read_page_by_page_in_the_same_order(client: Client) -> None:
    whole = answered(client, "show_training_data", f"{AT}/2")
    keys, after = list[str](), dict[str, str]()
    while True:
        page = answered(client, "show_training_data", f"{AT}/2", limit="3", **after)
        assert 0 < len(page["items"]) <= 3
        keys += [item["key"] for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert keys == [item["key"] for item in whole["items"]]
    assert client.get(f"{AT}/2", after="bm90IG9uZSBvZiB0aGVt").status == 400


def test_a_version_is_trained_anew_from_what_the_api_hands_out(api: Api, world: ManagedWorld) -> None:
    api.limit = 4
    kept = KeptFiles(api, MODEL, 2)
    assert api.asked == 1
    found = reproduce(kept, MODEL, 2, kept.artifact, None, lambda _: None)
    assert found.registered == found.reproduced == registered(world)
    assert found.identical
    assert api.asked > 2


def test_what_was_changed_on_the_way_is_not_trained_on(client: Client, world: ManagedWorld) -> None:
    rows = world.s3.objects[ARTIFACTS, snapshot_of(world)[1].files[-1].key]
    with served(world.s3, ARTIFACTS, lambda body: (200, body + b"x") if body == rows else as_it_is(body)) as base:
        kept = KeptFiles(Api(client, base), MODEL, 2)
        with pytest.raises(CorruptArtifactError, match="is not what its digest says"):
            reproduce(kept, MODEL, 2, kept.artifact, None, lambda _: None)


def test_a_url_that_is_no_longer_good_says_so(client: Client, world: ManagedWorld) -> None:
    with served(world.s3, ARTIFACTS, lambda body: (403, b"expired")) as base:
        kept = KeptFiles(Api(client, base), MODEL, 2)
        with pytest.raises(UnavailableError, match="S3 answered 403: run the command again"):
            kept.get(PREFIX + MANIFEST)


def test_what_is_not_the_versions_or_is_gone_is_not_there(api: Api, world: ManagedWorld) -> None:
    kept = KeptFiles(api, MODEL, 2)
    assert kept.get(f"artifacts/model={MODEL}/version=1/{MANIFEST}") is None
    key = snapshot_of(world)[1].files[0].key
    del world.s3.objects[ARTIFACTS, key]
    assert kept.get(key) is None


def test_what_there_is_none_of_is_said(client: Client, world: ManagedWorld) -> None:
    assert client.get(f"{AT}/9").status == 404
    assert client.get("/training-data/nobody/1").status == 404
    key, _ = snapshot_of(world)
    del world.s3.objects[ARTIFACTS, key]
    answer = client.get(f"{AT}/2")
    assert (answer.status, key in answer.error) == (404, True)


@pytest.mark.parametrize("name", [MANIFEST, "lineage.json"])
def test_a_version_that_is_not_what_was_registered_is_not_handed_out(
    client: Client, world: ManagedWorld, name: str
) -> None:
    world.s3.objects[ARTIFACTS, PREFIX + name] += b" "
    answer = client.get(f"{AT}/2")
    assert (answer.status, name in answer.error) == (409, True)


def with_lineage(world: ManagedWorld, data: dict[str, Any] | None) -> int:
    """Register version 2's artifact with another `data` in its lineage; the number of that version."""
    files = {name: world.s3.objects[ARTIFACTS, PREFIX + name] for name in FILES}
    lineage = {**json.loads(files["lineage.json"]), "data": data}
    files["lineage.json"] = canonical_json(lineage).encode()
    files[MANIFEST] = listing(MODEL, files)
    return world.add(open_artifact(MODEL, digest_of(files[MANIFEST]), files))


def test_a_version_that_came_ready_made_says_so(client: Client, world: ManagedWorld, api: Api) -> None:
    number = with_lineage(world, None)
    with pytest.raises(ConflictError, match=f"small version {number} came ready-made"):
        KeptFiles(api, MODEL, number)
    assert client.get(f"{AT}/{number}").status == 409


@pytest.mark.parametrize(
    "file",
    [
        TrainingFile(f"artifacts/model=tides/version=1/{MANIFEST}", "a" * 64, 1, "log"),
        TrainingFile(training_key("tides", "a" * 64, "npz"), "a" * 64, 1, "first"),
    ],
)
def test_a_forged_snapshot_gets_nobody_another_models_files(
    client: Client, world: ManagedWorld, file: TrainingFile
) -> None:
    """Whoever may upload for one model may name any snapshot; URLs are signed for this model's files alone."""
    _, manifest = snapshot_of(world)
    document = {**json.loads(manifest.to_bytes())}
    document["files"].append({"key": file.key, "sha256": file.sha256, "rows": file.rows, "part": file.part})
    forged = canonical_json(document).encode()
    world.s3.objects[ARTIFACTS, training_key(MODEL, digest_of(forged), "json")] = forged
    number = with_lineage(world, {"snapshot": digest_of(forged)})
    answer = client.get(f"{AT}/{number}")
    assert answer.status == 409
    assert "which is no file of its own" in answer.error
    assert "?signed" not in answer.body.decode()


def test_a_version_of_a_model_elsewhere_has_none(client: Client, world: ManagedWorld) -> None:
    world.add_external()
    with pytest.raises(NotFoundError):
        world.registry.version("tides", 1)
    assert client.get("/training-data/tides/2024-02").status == 404
