"""Who signs requests here: the account itself, users with keys in moto's IAM, functions as their roles, and sessions.

An assumed session's keys end with it, at the latest with the local cloud: whoever wants another one asks again.
"""

import hashlib
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from trimtab.local.moto_app import Moto

ACCOUNT_SECRET = "local"  # noqa: S105 - the local cloud's, no secret
MOST_SESSIONS = 10_000


@dataclass(frozen=True, slots=True)
class Key:
    """A key pair and the ARN of whoever it stands for: the account, one of its users, or a session of the role `role`.

    `principal_id` is what IAM calls the principal's unique id, `expires` when a session ends.
    """

    id: str
    secret: str
    principal: str
    token: str = ""
    user: str = ""
    role: str = ""
    principal_id: str = ""
    expires: datetime | None = None

    @property
    def is_root(self) -> bool:
        """Whether it is the account's own, which may do all."""
        return not self.user and not self.role


class Credentials:
    """Issues keys to functions and to whoever assumes a role, and finds keys by their id."""

    def __init__(self, account: str, moto: Moto) -> None:
        self._account, self._moto = account, moto
        self._issued: dict[str, Key] = {}
        self._sessions: dict[str, Key] = {}
        self._lock = threading.Lock()

    def issue(self, role_arn: str, session: str) -> Key:
        """The temporary credentials of a function's role: the same for the same role and session."""
        digest = hashlib.sha256(f"{role_arn}\0{session}".encode()).hexdigest()
        key = Key("ASIA" + digest[:16].upper(), digest[16:56], _assumed(role_arn, session), token=digest, role=role_arn)
        with self._lock:
            self._issued[key.id] = key
        return key

    def assume(self, role_arn: str, role_id: str, session: str, expires: datetime) -> Key:
        """New credentials of a role's session, good until `expires`."""
        digest = secrets.token_hex(32)
        key = Key(
            "ASIA" + digest[:16].upper(), digest[16:56], _assumed(role_arn, session), token=secrets.token_hex(64),
            role=role_arn, principal_id=f"{role_id}:{session}", expires=expires,
        )  # fmt: skip
        now = datetime.now(UTC)
        with self._lock:
            if len(self._sessions) >= MOST_SESSIONS:
                self._sessions = {
                    old.id: old for old in self._sessions.values() if old.expires is None or old.expires > now
                }
            self._sessions[key.id] = key
        return key

    def find(self, key_id: str) -> Key | None:
        """The key of that id, or None."""
        if key_id == self._account:
            return Key(key_id, ACCOUNT_SECRET, f"arn:aws:iam::{self._account}:root", principal_id=self._account)
        with self._lock:
            if known := self._issued.get(key_id) or self._sessions.get(key_id):
                return known
        backend: Any = self._moto.backend("iam", self._account, "aws")
        with self._moto.lock:
            for user in backend.users.values():
                for key in user.access_keys:
                    if key.access_key_id == key_id and key.status == "Active":
                        return Key(key_id, key.secret_access_key, user.arn, user=user.name, principal_id=user.id)
        return None


def _assumed(role_arn: str, session: str) -> str:
    """The ARN of a role's session: a role's path is no part of it."""
    prefix, _, role = role_arn.partition(":role/")
    return f"{prefix.replace(':iam:', ':sts:')}:assumed-role/{role.rpartition('/')[2]}/{session}"
