"""What was swapped after it was registered is refused before anything is published, whatever it is."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from functions.adapters.registry_store import Change, version_key
from functions.domain.errors import CorruptArtifactError
from functions.domain.release_artifact import layer_zip
from functions.domain.release_function import is_bootstrap
from functions.domain.signature import Signature
from tests.contract.fake_kms import KEY, FakeKms
from tests.functions.roll_out.commanded import looks, passes_the_gate, three_served
from tests.functions.roll_out.trained import MODEL, prefix_of, trained
from tests.functions.roll_out.worlds import BUCKET, FakeWorld, live, moto_world

FIRST, SECOND = trained(1), trained(2)
DIGESTS = ("artifact_digest", "contract_digest", "onnx_digest")
Tampering = Callable[[FakeWorld], None]


def key(name: str, version: int = 1) -> tuple[str, str]:
    return BUCKET, f"artifacts/model={MODEL}/version={version}/{name}"


def approved() -> FakeWorld:
    """Two versions are registered, signed and approved; none of them is published yet."""
    world = FakeWorld(three_served())
    for seed, artifact in ((1, FIRST), (2, SECOND)):
        world.upload(artifact)
        passes_the_gate(world.tools(), seed, 0)
    world.tools().registering.register(MODEL, prefix_of(FIRST), "ann", "ann", "2013-03-01T01:00:00Z")
    return world


def changed(name: str) -> Tampering:
    def tamper(world: FakeWorld) -> None:
        body = world.s3.objects[key(name)]
        world.s3.objects[key(name)] = body[:-1] + bytes([body[-1] ^ 1])

    return tamper


def in_the_registry(world: FakeWorld, changes: Mapping[str, str]) -> None:
    """The version's document is written anew, as who may write the table can."""
    stored = world.table.read(version_key(MODEL, 1))
    assert stored is not None
    world.table.commit([Change(stored.key, {**stored.document, **changes}, stored.revision)], [])


def the_other_versions_files(world: FakeWorld) -> None:
    """Version 2's artifact in version 1's place, consistent in itself; the registry names it too."""
    for name, body in SECOND.files.items():
        world.s3.objects[key(name)] = body
    world.s3.objects[key("layer.zip")] = layer_zip(SECOND)
    in_the_registry(world, dict(zip(DIGESTS, (SECOND.digest, SECOND.contract_digest, SECOND.onnx_digest), strict=True)))


def the_other_versions_files_and_signature(world: FakeWorld) -> None:
    the_other_versions_files(world)
    world.s3.objects[key("signature.json")] = world.s3.objects[key("signature.json", 2)]


def signed_by_another_key(world: FakeWorld) -> None:
    message = f"trimtab {MODEL} version 1\n".encode() + FIRST.files["manifest.json"]
    other = "arn:aws:kms:us-east-1:999999999999:key/theirs"
    value = FakeKms(other).sign(other, message, "RAW", "ECDSA_SHA_256")["Signature"]
    world.s3.objects[key("signature.json")] = Signature(other, value).to_bytes()


def signed_by_another_key_in_our_keys_name(world: FakeWorld) -> None:
    message = f"trimtab {MODEL} version 1\n".encode() + FIRST.files["manifest.json"]
    value = FakeKms().sign(KEY, message, "RAW", "ECDSA_SHA_256")["Signature"]
    world.s3.objects[key("signature.json")] = Signature(KEY, value).to_bytes()


def not_signed(world: FakeWorld) -> None:
    del world.s3.objects[key("signature.json")]


def the_other_layer(world: FakeWorld) -> None:
    world.s3.objects[key("layer.zip")] = layer_zip(SECOND)


def another_manifest(world: FakeWorld) -> None:
    """The same digests, spelt with other white space."""
    document = json.loads(FIRST.files["manifest.json"])
    world.s3.objects[key("manifest.json")] = json.dumps(document, indent=1).encode()


TAMPERINGS: list[tuple[Tampering, str]] = [
    (changed("model.onnx"), r"model\.onnx of flights was changed"),
    (changed("contract.json"), r"contract\.json of flights was changed"),
    (changed("reference.json"), r"reference\.json of flights was changed"),
    (changed("lineage.json"), r"lineage\.json of flights was changed"),
    (changed("witness.json"), r"witness\.json of flights was changed"),
    (changed("layer.zip"), r"layer\.zip was changed"),
    (changed("manifest.json"), r"signature\.json of version 1 of flights does not fit its manifest"),
    (changed("signature.json"), r"signature\.json is not well-formed"),
    (another_manifest, r"does not fit its manifest"),
    (the_other_layer, r"layer\.zip was changed: it is not the layer of version 1"),
    (the_other_versions_files, r"does not fit its manifest"),
    (the_other_versions_files_and_signature, r"does not fit its manifest"),
    (signed_by_another_key, r"only .*key/signs is trusted"),
    (signed_by_another_key_in_our_keys_name, r"does not fit its manifest"),
    (not_signed, r"version 1 of flights is not signed: deploy it again"),
    (lambda world: in_the_registry(world, {"artifact_digest": SECOND.digest}), r"manifest\.json of flights has not"),
    (lambda world: in_the_registry(world, {"contract_digest": SECOND.contract_digest}), "with other digests than"),
    (lambda world: in_the_registry(world, {"onnx_digest": SECOND.onnx_digest}), "with other digests than"),
]


@pytest.mark.parametrize(("tamper", "words"), TAMPERINGS, ids=[words for _, words in TAMPERINGS])
def test_what_was_swapped_is_refused_before_anything_is_published(tamper: Tampering, words: str) -> None:
    world = approved()
    tamper(world)
    with pytest.raises(CorruptArtifactError, match=words):
        looks(world.tools(), 1)
    assert is_bootstrap(live(world.cloud))
    assert world.cloud.layers == {}
    assert world.tools().rollouts.releases(MODEL) == []


def test_what_was_not_swapped_is_published() -> None:
    world = approved()
    looks(world.tools(), 1)
    assert live(world.cloud).environment["CONTRACT_SHA256"] == FIRST.contract_digest


def test_a_layer_that_is_swapped_while_it_is_published_is_deleted_and_not_used() -> None:
    world = approved()

    class Swapped:
        """S3 between the check and Lambda's own reading."""

        def __getattr__(self, name: str) -> Any:
            def call(*args: Any) -> Any:
                if name == "publish_layer":
                    the_other_layer(world)
                return getattr(world.cloud, name)(*args)

            return call

    with pytest.raises(CorruptArtifactError, match="was changed while it was published"):
        looks(world.tools(lambda fake: Swapped() if fake is world.cloud else fake), 1)
    assert is_bootstrap(live(world.cloud))
    assert list(world.cloud.layers.values()) == [[None]]


def test_a_release_that_is_there_is_not_published_again_from_what_was_swapped() -> None:
    world = approved()
    looks(world.tools(), 1)
    before = live(world.cloud)
    changed("model.onnx")(world)
    world.change_code("code-2")
    with pytest.raises(CorruptArtifactError, match=r"model\.onnx"):
        looks(world.tools(), 2)
    assert live(world.cloud) == before


def test_an_unsigned_version_is_signed_when_it_is_deployed_again() -> None:
    world = approved()
    not_signed(world)
    world.tools().registering.register(MODEL, prefix_of(FIRST), "ann", "ann", "2013-03-01T02:00:00Z")
    looks(world.tools(), 3)
    assert live(world.cloud).environment["CONTRACT_SHA256"] == FIRST.contract_digest


def test_kms_as_moto_has_it_refuses_a_swapped_manifest() -> None:
    with moto_world(three_served()) as world:
        world.upload(FIRST)
        tools = world.tools()
        passes_the_gate(tools, 1, 0)
        document = json.loads(FIRST.files["manifest.json"])
        name = key("manifest.json")[1]
        world.s3.put_object(Bucket=BUCKET, Key=name, Body=json.dumps(document, indent=1).encode())
        with pytest.raises(CorruptArtifactError, match="does not fit its manifest"):
            looks(tools, 1)
        world.s3.put_object(Bucket=BUCKET, Key=name, Body=FIRST.files["manifest.json"])
        looks(tools, 2)
        assert live(tools.releases).environment["CONTRACT_SHA256"] == FIRST.contract_digest
