"""Keys that sign in the local cloud: what one signed before a restart is valid after it."""

from pathlib import Path
from typing import Any

import pytest

from functions.adapters.signatures import Signatures
from functions.domain.errors import CorruptArtifactError
from functions.domain.signature import Signature
from tests.contract.local.cloud import LocalCloud, running
from tests.contract.local.template import write_assembly
from trimtab.local.signing_keys import private_key

ALIAS = "alias/trimtab-local-registration"


def resources(description: str = "Signs") -> dict[str, Any]:
    properties: dict[str, Any] = {
        "Description": description,
        "KeySpec": "ECC_NIST_P256",
        "KeyUsage": "SIGN_VERIFY",
        "KeyPolicy": {},
        "PendingWindowInDays": 7,
        "Tags": [{"Key": "stage", "Value": "local"}],
    }
    alias = {"AliasName": ALIAS, "TargetKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}
    return {
        "Key": {"Type": "AWS::KMS::Key", "Properties": properties},
        "Alias": {"Type": "AWS::KMS::Alias", "Properties": alias},
    }


def signatures(cloud: LocalCloud) -> Signatures:
    client = cloud.client("kms")
    return Signatures(client, client.describe_key(KeyId=ALIAS)["KeyMetadata"]["Arn"])


def test_what_was_signed_before_a_kill_is_valid_after_it_and_nothing_else_is(tmp_path: Path) -> None:
    assembly = write_assembly(tmp_path / "assembly", resources())
    with running(tmp_path / "state", assembly) as cloud:
        before = signatures(cloud)
        signature, public = before.sign(b"a manifest"), before.public_key()
        cloud.kill()
    with running(tmp_path / "state", assembly) as cloud:
        after = signatures(cloud)
        assert (after.key, after.public_key()) == (before.key, public)
        after.verify(b"a manifest", signature)
        with pytest.raises(CorruptArtifactError):
            after.verify(b"another manifest", signature)
        described = cloud.client("kms").describe_key(KeyId=ALIAS)["KeyMetadata"]
        assert (described["KeySpec"], described["KeyUsage"], described["Description"]) == (
            "ECC_NIST_P256", "SIGN_VERIFY", "Signs",
        )  # fmt: skip
        changed = write_assembly(tmp_path / "changed", resources("Signs versions"))
        assert cloud.control("deploy", {"assembly": str(changed)})[0] == 200
        assert signatures(cloud).public_key() == public, "another description is no other key"
        assert cloud.client("kms").describe_key(KeyId=ALIAS)["KeyMetadata"]["Description"] == "Signs versions"
        assert len(cloud.client("kms").list_keys()["Keys"]) == 1
        other = after.sign(b"a manifest")
    with running(tmp_path / "other", assembly) as cloud:
        stranger = signatures(cloud)
        with pytest.raises(CorruptArtifactError):
            stranger.verify(b"a manifest", Signature(stranger.key, other.value))


def test_another_secret_or_number_is_another_key() -> None:
    keys = [private_key(secret, number) for secret in (b"a" * 32, b"b" * 32) for number in (0, 1, 2**256 - 1)]
    assert len({key.private_numbers().private_value for key in keys}) == 6
    again = private_key(b"a" * 32, 1)
    assert again.private_numbers() == keys[1].private_numbers()
