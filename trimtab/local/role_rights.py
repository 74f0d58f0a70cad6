"""Whether a role lets a service do one thing: by its trust policy, its inline and its managed policies, as in moto.

Judged where a rule or a schedule starts a state machine: there a role is what a resource policy is for a function.
What may be asked of the caller in a condition is its account and its ARN.
"""

from dataclasses import dataclass

from trimtab.local.iam_policy import Asked, judge, read_policy, several
from trimtab.local.moto_app import Moto
from trimtab.local.principal_rights import documents_of


@dataclass(frozen=True, slots=True)
class Caller:
    """An AWS service, on behalf of whom it asks."""

    service: str
    account: str
    source_arn: str

    @property
    def context(self) -> dict[str, tuple[str, ...]]:
        return {"aws:sourceaccount": (self.account,), "aws:sourcearn": (self.source_arn,)}


def refusal(moto: Moto, account: str, role_arn: str, caller: Caller, action: str, on: str) -> str | None:
    """Why the role does not let the caller do `action` on the resource `on`; None where it does.

    Raises:
        MisconfiguredError: one of its policies has what is not known here.
    """
    with moto.lock:
        iam = moto.backend("iam", account, "aws")
        role = next((one for one in iam.get_roles() if one.arn == role_arn), None)
        if role is None:
            return f"there is no role {role_arn}"
        trust = read_policy(role.assume_role_policy_document)
        rights = [read_policy(document) for document in documents_of(role)]
    for_service = tuple(one for one in trust if one.principal == "*" or caller.service in _services(one.principal))
    if judge([for_service], Asked("sts:AssumeRole", role_arn, caller.context)) != "allowed":
        return f"{role_arn} does not let {caller.service} for {caller.source_arn} assume it"
    if judge(rights, Asked(action, on, caller.context)) != "allowed":
        return f"{role_arn} does not let {action} on {on}"
    return None


def _services(principal: object) -> tuple[str, ...]:
    return several(principal.get("Service", ())) if isinstance(principal, dict) else ()
