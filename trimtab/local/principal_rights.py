"""What the policies in moto's IAM let a user or a role's session do; the account's own key may do all."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.local.credentials import Key
from trimtab.local.iam_policy import Asked, Decision, Policy, decide, read_policy
from trimtab.local.journal import Journal
from trimtab.local.moto_app import Moto


@dataclass(frozen=True, slots=True)
class Rights:
    """A principal's policies and its permissions boundary."""

    policies: tuple[Policy, ...]
    boundary: Policy | None = None

    def decide(self, asked: Asked) -> Decision:
        return decide(self.policies, asked, self.boundary)


class PrincipalRights:
    """`decide` is asked for every signed request: what it read is kept until any AWS call changes something."""

    def __init__(self, moto: Moto, journal: Journal, account: str) -> None:
        self._moto, self._journal, self._account = moto, journal, account
        self._known: dict[tuple[str, str], Rights] = {}
        self._as_of = -1

    def decide(self, key: Key, action: str, resource: str, more: Mapping[str, str] | None = None) -> Decision:
        """What IAM says; `more` are condition keys of the service asked, by their names.

        Raises:
            MisconfiguredError: one of the policies has what is not known here.
        """
        if key.is_root:
            return "allowed"
        return self.of(key).decide(Asked(action, resource, context_of(key, self._account, more)))

    def of(self, key: Key) -> Rights:
        """A user's or a session's rights: none where the user or the role is gone.

        Raises:
            MisconfiguredError: one of the policies has what is not known here.
        """
        with self._moto.lock:
            if self._as_of != self._journal.position:
                self._known, self._as_of = {}, self._journal.position
            place = (key.user, key.role)
            if place not in self._known:
                self._known[place] = self._read(key)
            return self._known[place]

    def documents_of_role(self, arn: str) -> list[Any]:
        """A role's policies as they are written; none where it is gone."""
        with self._moto.lock:
            iam = self._moto.backend("iam", self._account, "aws")
            role = next((one for one in iam.get_roles() if one.arn == arn), None)
            documents = [] if role is None else documents_of(role)
        return [json.loads(document) if isinstance(document, str) else document for document in documents]

    def _read(self, key: Key) -> Rights:
        iam = self._moto.backend("iam", self._account, "aws")
        holders: list[Any]
        boundary: str | None = None
        if key.user:
            user = iam.users.get(key.user)
            groups = [group for group in iam.groups.values() if user in group.users] if user is not None else []
            holders = [] if user is None else [user, *groups]
        else:
            role = next((one for one in iam.get_roles() if one.arn == key.role), None)
            holders = [] if role is None else [role]
            boundary = None if role is None else role.permissions_boundary_arn
        documents = [document for holder in holders for document in documents_of(holder)]
        return Rights(
            tuple(read_policy(document) for document in documents),
            read_policy(_default(iam.managed_policies[boundary])) if boundary else None,
        )


def context_of(key: Key, account: str, more: Mapping[str, str] | None = None) -> dict[str, tuple[str, ...]]:
    """The condition keys that tell who asks, and `more`."""
    known = {
        "aws:PrincipalAccount": account,
        "aws:PrincipalArn": key.role or key.principal,
        "aws:PrincipalType": "User" if key.user else "AssumedRole" if key.role else "Account",
        "aws:userid": key.principal_id,
        **({"aws:username": key.user} if key.user else {}),
        **(more or {}),
    }
    return {name.lower(): (value,) for name, value in known.items() if value}


def documents_of(holder: Any) -> list[str]:
    """A user's, a group's or a role's own policies and those that are attached to it."""
    return [*holder.policies.values(), *map(_default, holder.managed_policies.values())]


def _default(policy: Any) -> str:
    """The version of a managed policy that counts."""
    return next(str(version.document) for version in policy.versions if version.is_default)
