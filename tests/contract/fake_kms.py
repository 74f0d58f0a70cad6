"""KMS in memory: asymmetric keys that sign and verify, and refuse as KMS does."""

from typing import Any

from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY = "arn:aws:kms:us-east-1:123456789012:key/signs"
LONGEST = 4_096


class FakeKms:
    """Keys by ARN."""

    def __init__(self, *keys: str) -> None:
        self._keys = {key: ec.generate_private_key(ec.SECP256R1()) for key in keys or (KEY,)}

    def sign(
        self,
        KeyId: str,  # noqa: N803 - boto3's names
        Message: bytes,  # noqa: N803
        MessageType: str,  # noqa: N803
        SigningAlgorithm: str,  # noqa: N803
    ) -> dict[str, Any]:
        key = self._key("Sign", KeyId, Message, MessageType, SigningAlgorithm)
        return {"KeyId": KeyId, "Signature": key.sign(Message, ec.ECDSA(SHA256()))}

    def verify(
        self,
        KeyId: str,  # noqa: N803
        Message: bytes,  # noqa: N803
        MessageType: str,  # noqa: N803
        Signature: bytes,  # noqa: N803
        SigningAlgorithm: str,  # noqa: N803
    ) -> dict[str, Any]:
        key = self._key("Verify", KeyId, Message, MessageType, SigningAlgorithm)
        if not 1 <= len(Signature) <= 6_144:
            raise _refused("Verify", "ValidationException", "a signature has 1 to 6144 bytes")
        try:
            key.public_key().verify(Signature, Message, ec.ECDSA(SHA256()))
        except InvalidSignature:
            raise _refused("Verify", "KMSInvalidSignatureException", "it is not this message's") from None
        return {"KeyId": KeyId, "SignatureValid": True, "SigningAlgorithm": SigningAlgorithm}

    def get_public_key(self, KeyId: str) -> dict[str, Any]:  # noqa: N803
        if KeyId not in self._keys:
            raise _refused("GetPublicKey", "NotFoundException", f"there is no key {KeyId}")
        public = self._keys[KeyId].public_key()
        return {"KeyId": KeyId, "PublicKey": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)}

    def _key(self, operation: str, key: str, message: bytes, kind: str, algorithm: str) -> ec.EllipticCurvePrivateKey:
        if key not in self._keys:
            raise _refused(operation, "NotFoundException", f"there is no key {key}")
        if kind != "RAW" or algorithm != "ECDSA_SHA_256" or not 1 <= len(message) <= LONGEST:
            raise _refused(operation, "ValidationException", f"{kind}, {algorithm}, {len(message)} bytes")
        return self._keys[key]


def _refused(operation: str, code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
