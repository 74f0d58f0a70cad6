"""What is signed of a registered version, and the document that holds the signature.

A signature is over the manifest, and with it over the digest of every file; and over model and number, so that one
version's signed files cannot be put in another's place.
"""

import binascii
import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Final

from functions.domain.canonical_json import canonical_json
from functions.domain.errors import CorruptArtifactError

SIGNATURE: Final = "signature.json"
ALGORITHM: Final = "ECDSA_SHA_256"
SCHEMA_VERSION = 1
LONGEST = 4_096  # bytes that KMS takes as they are; a manifest with its five digests has some 600


@dataclass(frozen=True, slots=True)
class Signature:
    """`key` is the ARN of the KMS key, `value` the signature as KMS gives it: ASN.1 in DER."""

    key: str
    value: bytes

    def to_bytes(self) -> bytes:
        document = {"v": SCHEMA_VERSION, "key": self.key, "algorithm": ALGORITHM}
        return canonical_json({**document, "signature": b64encode(self.value).decode()}).encode()

    @classmethod
    def from_bytes(cls, body: bytes) -> "Signature":
        """Read signature.json.

        Raises:
            CorruptArtifactError: it is not well-formed, or of an algorithm or schema version that is unknown here.
        """
        try:
            document = json.loads(body)
            version, algorithm = document["v"], document["algorithm"]
            key, value = document["key"], b64decode(document["signature"], validate=True)
        except (ValueError, KeyError, TypeError, binascii.Error, RecursionError) as error:
            raise CorruptArtifactError(f"{SIGNATURE} is not well-formed: {error!r}") from error
        if version != SCHEMA_VERSION or algorithm != ALGORITHM or not isinstance(key, str):
            raise CorruptArtifactError(
                f"{SIGNATURE} is of schema version {version!r} and algorithm {algorithm!r}: "
                f"this code reads {SCHEMA_VERSION} and {ALGORITHM}"
            )
        return cls(key, value)


def signed_message(model: str, version: int, manifest: bytes) -> bytes:
    """The bytes that are signed.

    Raises:
        CorruptArtifactError: the manifest is longer than any that lists a model's files.
    """
    message = f"trimtab {model} version {version}\n".encode() + manifest
    if len(message) > LONGEST:
        raise CorruptArtifactError(f"manifest.json of {model} has {len(manifest):,} bytes: train the model again")
    return message
