"""Checks the signature of an exported version offline: no AWS is asked, the public key came with the file."""

import hashlib

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from functions.domain.bundle import PUBLIC_KEY, SIGNATURE, Bundle
from functions.domain.errors import CorruptArtifactError
from functions.domain.release_artifact import MANIFEST
from functions.domain.signature import Signature, signed_message


def verified_signer(bundle: Bundle) -> str:
    """The fingerprint of the key that signed the version's manifest, model and number.

    Whether that key is anybody's whom one trusts is another question: `known_signers` answers it.

    Raises:
        CorruptArtifactError: the key is none, or the signature is not that key's over this version.
    """
    key = _public_key(bundle.public_key)
    signature = Signature.from_bytes(bundle.signature)
    message = signed_message(bundle.model, bundle.version, bundle.artifact.files[MANIFEST])
    try:
        key.verify(signature.value, message, ECDSA(SHA256()))
    except InvalidSignature:
        raise CorruptArtifactError(
            f"{SIGNATURE} in it is not the key's over version {bundle.version} of {bundle.model}: "
            "one of the two was changed; ask for the file again"
        ) from None
    return _fingerprint(key)


def fingerprint(pem: bytes) -> str:
    """`SHA256:` and the SHA-256 of the key's SubjectPublicKeyInfo in DER, in hex.

    As `openssl pkey -pubin -in KEY.pem -outform DER | sha256sum` prints it.

    Raises:
        CorruptArtifactError: it is no public key, or of another kind than registration signs with.
    """
    return _fingerprint(_public_key(pem))


def _public_key(pem: bytes) -> EllipticCurvePublicKey:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CorruptArtifactError(f"{PUBLIC_KEY} is no public key in PEM: {error}") from None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise CorruptArtifactError(f"{PUBLIC_KEY} is no key on the curve P-256, by which versions are signed")
    return key


def _fingerprint(key: EllipticCurvePublicKey) -> str:
    return "SHA256:" + hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
