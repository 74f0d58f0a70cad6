"""Signatures by one asymmetric key of KMS, whose private half never leaves it."""

from typing import Any

import boto3
from botocore.config import Config

from functions.adapters.aws_errors import translated
from functions.domain.errors import CorruptArtifactError
from functions.domain.signature import ALGORITHM, Signature

# What KMS answers instead of "no" where the signature is not this key's, or no signature at all.
_REFUSED = {"KMSInvalidSignatureException": CorruptArtifactError}


def kms_client() -> Any:
    """A KMS client with this adapter's timeouts and retries."""
    retries = {"mode": "standard", "total_max_attempts": 4}
    return boto3.client("kms", config=Config(connect_timeout=3, read_timeout=10, retries=retries))


class Signatures:
    """Signs with a key, where its policy lets us, and verifies with that key alone, whatever a signature names."""

    def __init__(self, client: Any, key: str) -> None:
        self._client = client
        self.key = key

    def sign(self, message: bytes) -> Signature:
        """Sign at most 4,096 bytes.

        Raises:
            UnavailableError: KMS did not sign: it does not answer, or we may not.
        """
        with translated(f"sign with {self.key}"):
            answer = self._client.sign(KeyId=self.key, Message=message, MessageType="RAW", SigningAlgorithm=ALGORITHM)
        return Signature(self.key, bytes(answer["Signature"]))

    def verify(self, message: bytes, signature: Signature) -> None:
        """Hold a signature against what it should be of.

        Raises:
            CorruptArtifactError: it is another key's, or of another message.
            UnavailableError: KMS did not answer.
        """
        if signature.key != self.key:
            raise CorruptArtifactError(f"the signature is of key {signature.key}, and only {self.key} is trusted")
        with translated(f"verify a signature of {self.key}", _REFUSED):
            answer = self._client.verify(
                KeyId=self.key,
                Message=message,
                MessageType="RAW",
                Signature=signature.value,
                SigningAlgorithm=ALGORITHM,
            )
        if answer["SignatureValid"] is not True:
            raise CorruptArtifactError(f"the signature is not that of {self.key} over these bytes")

    def public_key(self) -> bytes:
        """The public half, as DER (SubjectPublicKeyInfo), for whoever verifies without KMS.

        Raises:
            UnavailableError: KMS did not answer.
        """
        with translated(f"read the public key of {self.key}"):
            return bytes(self._client.get_public_key(KeyId=self.key)["PublicKey"])
