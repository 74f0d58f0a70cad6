"""Private keys of moto's KMS that survive a restart.

moto's state is restored by making its calls again, with the random numbers that they had. Private keys are drawn
elsewhere, by `cryptography` from the system, and would be others each time: then no signature from before a restart
would be valid after it. So they are derived from the call's random numbers and from a secret of this cloud's own.
"""

import hmac
import os
from pathlib import Path
from typing import Any

from functions.domain.errors import MisconfiguredError
from functions.domain.names import LOCAL_ACCOUNT, LOCAL_REGION
from trimtab.local.http_message import Request
from trimtab.local.moto_app import Moto

KEY_SPEC = "ECC_NIST_P256"
_SECRET_BYTES = 32
_SCOPE = f"{LOCAL_ACCOUNT}/20130101/{LOCAL_REGION}/kms/aws4_request"
_LIST_KEYS = (
    ("Host", "127.0.0.1"),
    ("X-Amz-Target", "TrentService.ListKeys"),
    ("Content-Type", "application/x-amz-json-1.1"),
    ("Authorization", f"AWS4-HMAC-SHA256 Credential={_SCOPE}, SignedHeaders=host, Signature=0"),
)


class SigningKeys:
    """`folder` keeps the secret, readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "secret"

    def install(self, moto: Moto) -> None:
        """Have moto's KMS derive the keys of `KEY_SPEC`, before any call is made or made again.

        It is asked for something at once: what moto makes at a service's first call draws random numbers too, and
        where that call is one that is made again, they would be missing in the others'.
        """
        import moto.kms.models as kms_models
        import moto.kms.utils as kms_utils

        secret, drawn = self._secret(), kms_utils.generate_private_key

        def derived(key_spec: str) -> Any:
            key = drawn(key_spec)
            if key_spec == KEY_SPEC and isinstance(key, kms_utils.ECDSAPrivateKey):
                key.private_key = private_key(secret, moto.random_bits(256))
            return key

        setattr(kms_models, "generate_private_key", derived)  # noqa: B010 - not a name that it exports
        moto.call(Request("POST", "/", list(_LIST_KEYS), b"{}"))

    def _secret(self) -> bytes:
        if not self._path.exists():
            scratch = self._path.with_suffix(".new")
            scratch.unlink(missing_ok=True)
            with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(os.urandom(_SECRET_BYTES))
            scratch.replace(self._path)
        secret = self._path.read_bytes()
        if len(secret) != _SECRET_BYTES:
            raise MisconfiguredError(f"{self._path} is not what it was: no signature of this cloud can be verified")
        return secret


def private_key(secret: bytes, number: int) -> Any:
    """The private key of a number: an integer from 1 to the order of the curve P-256, less one."""
    from cryptography.hazmat.primitives.asymmetric import ec

    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SEC 2, secp256r1: n
    seed = hmac.digest(secret, number.to_bytes(32, "big"), "sha512")
    return ec.derive_private_key(int.from_bytes(seed, "big") % (order - 1) + 1, ec.SECP256R1())
