"""Signatures: what a key signed it verifies, and nothing else; the same tests for the fake and for moto's KMS."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from moto import mock_aws

from functions.adapters.signatures import Signatures, kms_client
from functions.domain.errors import CorruptArtifactError, UnavailableError
from functions.domain.signature import Signature, signed_message
from tests.contract.fake_kms import KEY, FakeKms

OTHER = KEY + "-other"
MANIFEST = b'{"files":{},"model":"flights","v":2}'
MESSAGE = signed_message("flights", 3, MANIFEST)


@pytest.fixture(params=["fake", "moto"])
def keys(request: pytest.FixtureRequest) -> Iterator[tuple[Any, str, str]]:
    """A client and two keys of it."""
    if request.param == "fake":
        yield FakeKms(KEY, OTHER), KEY, OTHER
        return
    with mock_aws():
        client = boto3.client("kms", region_name="us-east-1")
        made = [client.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY") for _ in range(2)]
        first, second = (key["KeyMetadata"]["Arn"] for key in made)
        yield client, first, second


def test_what_a_key_signed_it_verifies(keys: tuple[Any, str, str]) -> None:
    client, key, _ = keys
    signature = Signatures(client, key).sign(MESSAGE)
    assert signature.key == key
    Signatures(client, key).verify(MESSAGE, Signature.from_bytes(signature.to_bytes()))


@pytest.mark.parametrize(
    "message",
    [
        signed_message("flights", 4, MANIFEST),
        signed_message("loans", 3, MANIFEST),
        signed_message("flights", 3, MANIFEST + b" "),
        MANIFEST,
    ],
)
def test_a_signature_of_another_model_version_or_manifest_is_refused(
    keys: tuple[Any, str, str], message: bytes
) -> None:
    client, key, _ = keys
    signatures = Signatures(client, key)
    with pytest.raises(CorruptArtifactError, match=r"KMSInvalidSignatureException|not that of"):
        signatures.verify(message, signatures.sign(MESSAGE))


def test_a_signature_of_another_key_is_refused_whichever_key_it_names(keys: tuple[Any, str, str]) -> None:
    client, key, other = keys
    foreign = Signatures(client, other).sign(MESSAGE)
    with pytest.raises(CorruptArtifactError, match=f"only {key} is trusted"):
        Signatures(client, key).verify(MESSAGE, foreign)
    with pytest.raises(CorruptArtifactError, match=r"KMSInvalidSignatureException|not that of"):
        Signatures(client, key).verify(MESSAGE, Signature(key, foreign.value))


def test_the_public_key_verifies_without_kms(keys: tuple[Any, str, str]) -> None:
    client, key, _ = keys
    signatures = Signatures(client, key)
    public, value = load_der_public_key(signatures.public_key()), signatures.sign(MESSAGE).value
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(value, MESSAGE, ec.ECDSA(SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(value, MESSAGE + b" ", ec.ECDSA(SHA256()))


def test_a_key_that_is_not_there_is_an_error_of_the_service(keys: tuple[Any, str, str]) -> None:
    client, key, _ = keys
    gone = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    with pytest.raises(UnavailableError, match="NotFoundException"):
        Signatures(client, gone).sign(MESSAGE)
    with pytest.raises(UnavailableError, match="NotFoundException"):
        Signatures(client, gone).verify(MESSAGE, Signature(gone, Signatures(client, key).sign(MESSAGE).value))


@pytest.mark.parametrize("call", ["sign", "verify"])
def test_a_refusal_by_a_policy_is_no_verdict_on_the_signature(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client = kms_client()
    signatures = Signatures(client, KEY)
    asked = {"sign": (MESSAGE,), "verify": (MESSAGE, Signature(KEY, b"x"))}[call]
    with Stubber(client) as stub:
        stub.add_client_error(call, "AccessDeniedException")
        with pytest.raises(UnavailableError, match="AccessDeniedException"):
            getattr(signatures, call)(*asked)


def test_an_answer_that_is_not_yes_is_a_no() -> None:
    unsure = SimpleNamespace(verify=lambda **_: {"SignatureValid": False})
    with pytest.raises(CorruptArtifactError, match="not that of"):
        Signatures(unsure, KEY).verify(MESSAGE, Signature(KEY, b"x"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not well-formed"),
        (b"[]", "not well-formed"),
        (b"[" * 100_000, "not well-formed"),
        (b'{"v":1,"algorithm":"ECDSA_SHA_256","key":"k","signature":"?"}', "not well-formed"),
        (b'{"v":2,"algorithm":"ECDSA_SHA_256","key":"k","signature":"eA=="}', "schema version 2"),
        (b'{"v":1,"algorithm":"none","key":"k","signature":"eA=="}', "algorithm 'none'"),
        (b'{"v":1,"algorithm":"ECDSA_SHA_256","key":7,"signature":"eA=="}', "schema version 1"),
    ],
)
def test_a_document_that_is_no_signature_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(CorruptArtifactError, match=words):
        Signature.from_bytes(body)


def test_a_manifest_that_kms_would_not_take_is_refused_in_words() -> None:
    with pytest.raises(CorruptArtifactError, match=r"manifest\.json of flights has 5,000 bytes"):
        signed_message("flights", 1, b" " * 5_000)
