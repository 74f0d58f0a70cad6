"""Whether a role lets a service do one thing: by its trust policy, its inline and its managed policies, as in moto.

Judged where a rule or a schedule starts a state machine: there a role is what a resource policy is for a function.
Conditions on the caller's account and ARN are judged; a statement with any other condition does not apply.
"""

import fnmatch
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.local.moto_app import Moto

Statement = Mapping[str, Any]
EXACT = frozenset({"StringEquals"})
LIKE = frozenset({"StringLike", "ArnEquals", "ArnLike"})  # IAM gives ArnEquals the wildcards of ArnLike


@dataclass(frozen=True, slots=True)
class Caller:
    """An AWS service, on behalf of whom it asks."""

    service: str
    account: str
    source_arn: str

    def holds(self, condition: Mapping[str, Mapping[str, Any]]) -> bool:
        known = {"aws:sourceaccount": self.account, "aws:sourcearn": self.source_arn}
        for operator, wanted in condition.items():
            for key, values in wanted.items():
                value = known.get(key.lower())
                if value is None or operator not in EXACT | LIKE:
                    return False
                if not any(_like(value, one) if operator in LIKE else value == one for one in _several(values)):
                    return False
        return True


def refusal(moto: Moto, account: str, role_arn: str, caller: Caller, action: str, on: str) -> str | None:
    """Why the role does not let the caller do `action` on the resource `on`; None where it does."""
    with moto.lock:
        iam = moto.backend("iam", account, "aws")
        role = next((one for one in iam.get_roles() if one.arn == role_arn), None)
        if role is None:
            return f"there is no role {role_arn}"
        trust = _statements(role.assume_role_policy_document)
        documents = [*role.policies.values(), *map(_document, role.managed_policies.values())]
        rights = [statement for document in documents for statement in _statements(document)]
    assumable = [one for one in trust if "sts:AssumeRole" in _several(one["Action"]) and _trusts(one, caller.service)]
    if not _allows(assumable, caller):
        return f"{role_arn} does not let {caller.service} for {caller.source_arn} assume it"
    about = [one for one in rights if _does(one, action) and _is_on(one, on)]
    if not _allows(about, caller):
        return f"{role_arn} does not let {action} on {on}"
    return None


def _document(managed_policy: Any) -> str:
    """The version that counts."""
    return next(str(one.document) for one in managed_policy.versions if one.is_default)


def _allows(statements: Iterable[Statement], caller: Caller) -> bool:
    allowed = False
    for one in statements:
        if one["Effect"] == "Deny" and (not one.get("Condition") or caller.holds(one["Condition"])):
            return False
        allowed = allowed or (one["Effect"] == "Allow" and caller.holds(one.get("Condition") or {}))
    return allowed


def _trusts(statement: Statement, service: str) -> bool:
    principal = statement.get("Principal") or {}
    return principal == "*" or service in _several(principal.get("Service") or [])


def _is_on(statement: Statement, resource: str) -> bool:
    return any(_like(resource, pattern) for pattern in _several(statement.get("Resource") or []))


def _does(statement: Statement, action: str) -> bool:
    return any(_like(action.lower(), pattern.lower()) for pattern in _several(statement.get("Action") or []))


def _statements(document: Any) -> list[Statement]:
    read = json.loads(document) if isinstance(document, str) else document
    return [read["Statement"]] if isinstance(read["Statement"], dict) else list(read["Statement"])


def _several(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _like(value: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))
