"""Who signs requests here: the account itself, users with keys in moto's IAM, and each function as its role."""

import hashlib
import threading
from dataclasses import dataclass
from typing import Any

from trimtab.local.moto_app import Moto

ACCOUNT_SECRET = "local"  # noqa: S105 - the local cloud's, no secret


@dataclass(frozen=True, slots=True)
class Key:
    """A key pair and the ARN of whoever it stands for."""

    id: str
    secret: str
    principal: str
    token: str = ""


class Credentials:
    """Issues keys to functions and finds keys by their id."""

    def __init__(self, account: str, moto: Moto) -> None:
        self._account, self._moto = account, moto
        self._issued: dict[str, Key] = {}
        self._lock = threading.Lock()

    def issue(self, role_arn: str, session: str) -> Key:
        """The temporary credentials of a role's session: the same for the same role and session."""
        digest = hashlib.sha256(f"{role_arn}\0{session}".encode()).hexdigest()
        assumed = role_arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + f"/{session}"
        key = Key("ASIA" + digest[:16].upper(), digest[16:56], assumed, token=digest)
        with self._lock:
            self._issued[key.id] = key
        return key

    def find(self, key_id: str) -> Key | None:
        """The key of that id, or None."""
        if key_id == self._account:
            return Key(key_id, ACCOUNT_SECRET, f"arn:aws:iam::{self._account}:root")
        with self._lock:
            if key_id in self._issued:
                return self._issued[key_id]
        backend: Any = self._moto.backend("iam", self._account, "global")
        with self._moto.lock:
            for user in backend.users.values():
                for key in user.access_keys:
                    if key.access_key_id == key_id and key.status == "Active":
                        return Key(key_id, key.secret_access_key, user.arn)
        return None
