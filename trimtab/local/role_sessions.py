"""AWS STS: who assumes a role, whether its trust policy and the caller's own let it, and who a caller is."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from trimtab.local.aws_call import signing_key_id
from trimtab.local.aws_protocol import AwsError, ParsedCall, read_call
from trimtab.local.credentials import Credentials, Key
from trimtab.local.gateway_responses import Refusal
from trimtab.local.http_message import Request, Response
from trimtab.local.iam_auth import signed_by
from trimtab.local.iam_policy import Asked, Decision, Policy, decide, judge, read_policy, several
from trimtab.local.moto_app import Moto
from trimtab.local.principal_rights import PrincipalRights, context_of

ASSUME_ROLE, WHO_AM_I = "AssumeRole", "GetCallerIdentity"
TAKEN = frozenset({"RoleArn", "RoleSessionName", "DurationSeconds", "ExternalId"})
SESSION_NAME = re.compile(r"^[\w+=,.@-]{2,64}$", re.ASCII)
SHORTEST_S, LONGEST_S, USUAL_S = 900, 43_200, 3_600
SERVICE = "sts"


class RoleSessions:
    """`answer` takes the two calls; the others of STS are left to moto."""

    def __init__(self, moto: Moto, credentials: Credentials, rights: PrincipalRights, account: str) -> None:
        self._moto, self._credentials, self._rights, self._account = moto, credentials, rights, account

    def answer(self, operation: str, request: Request) -> Response | None:
        """The answer; None for what moto answers."""
        if operation == WHO_AM_I:
            return self._who_am_i(request)
        if operation != ASSUME_ROLE:
            return None
        call = read_call(SERVICE, operation, request)
        try:
            return call.answer(self._assume(request, call.asked))
        except AwsError as error:
            return call.refuse(error)

    def _who_am_i(self, request: Request) -> Response | None:
        key = self._credentials.find(signing_key_id(request) or "")
        if key is None:
            return None
        call: ParsedCall = read_call(SERVICE, WHO_AM_I, request)
        return call.answer({"UserId": key.principal_id, "Account": self._account, "Arn": key.principal})

    def _assume(self, request: Request, asked: Mapping[str, Any]) -> dict[str, Any]:
        key = self._signer(request)
        session, seconds = _checked(asked)
        role = self._role(str(asked["RoleArn"]))
        if key.is_root:
            raise AwsError("AccessDenied", "Roles may not be assumed by root accounts.")
        if role is None or self._decide(key, role, asked) != "allowed":
            raise AwsError(
                "AccessDenied",
                f"User: {key.principal} is not authorized to perform: sts:AssumeRole on resource: {asked['RoleArn']}",
            )
        expires = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
        made = self._credentials.assume(role.arn, role.id, session, expires)
        return {
            "Credentials": {
                "AccessKeyId": made.id, "SecretAccessKey": made.secret, "SessionToken": made.token,
                "Expiration": expires,
            },
            "AssumedRoleUser": {"AssumedRoleId": made.principal_id, "Arn": made.principal},
            "PackedPolicySize": 0,
        }  # fmt: skip

    def _signer(self, request: Request) -> Key:
        try:
            return signed_by(request, self._credentials.find, datetime.now(UTC), SERVICE)
        except Refusal as refused:
            raise AwsError(refused.error_type.removesuffix("Exception"), refused.message) from refused

    def _role(self, arn: str) -> Any | None:
        with self._moto.lock:
            roles = self._moto.backend("iam", self._account, "aws").get_roles()
            return next((role for role in roles if role.arn == arn), None)

    def _decide(self, key: Key, role: Any, asked: Mapping[str, Any]) -> Decision:
        """By IAM's rules within one account: a trust policy that names the caller is enough by itself; one that names
        the account leaves it to the caller's own policies. Each of them may deny."""
        more = {
            "sts:RoleSessionName": str(asked["RoleSessionName"]),
            "sts:ExternalId": str(asked.get("ExternalId", "")),
        }
        wanted = Asked("sts:AssumeRole", role.arn, context_of(key, self._account, more))
        trust = read_policy(role.assume_role_policy_document)
        rights = self._rights.of(key)
        own = decide(rights.policies, wanted, rights.boundary)
        by_account = judge([self._naming(trust, {"*", self._account, f"arn:aws:iam::{self._account}:root"})], wanted)
        by_name = judge([self._naming(trust, {key.principal, key.role or key.principal})], wanted)
        if "denied" in (own, by_account, by_name):
            return "denied"
        return "allowed" if by_name == "allowed" or (by_account == "allowed" and own == "allowed") else "not allowed"

    @staticmethod
    def _naming(trust: Policy, names: set[str]) -> Policy:
        """The statements of a trust policy whose principal is one of `names`."""
        return tuple(
            statement
            for statement in trust
            if names & set(["*"] if statement.principal == "*" else several((statement.principal or {}).get("AWS", ())))
        )


def _checked(asked: Mapping[str, Any]) -> tuple[str, int]:
    """The session's name and how many seconds it lasts."""
    if unknown := set(asked) - TAKEN:
        raise AwsError("ValidationError", f"the local cloud assumes roles without {', '.join(sorted(unknown))}")
    session, seconds = str(asked.get("RoleSessionName", "")), int(asked.get("DurationSeconds", USUAL_S))
    if not SESSION_NAME.match(session):
        raise AwsError("ValidationError", f"roleSessionName {session[:80]!r} must match {SESSION_NAME.pattern}")
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise AwsError("ValidationError", f"durationSeconds {seconds} must be {SHORTEST_S} to {LONGEST_S}")
    return session, seconds
