"""Who signed a request: the name that the audit says, and the person that the two-person rule counts.

Both come from the ARN that API Gateway verified, never from a request's body. docs/decisions/one-person.md says why a
person is what is told here, and errs on the side of taking two names for one.
"""

import re
from dataclasses import dataclass
from unicodedata import normalize

from functions.domain.errors import InvalidRequestError

# Roles of people, which infra/access_policies.py makes: trimtab-<stage>-<role>, whose trust policy binds the session's
# name to the IAM user's. Exactly these: who made a role of a longer name may have let sessions choose theirs.
PEOPLES_ROLES = ("viewer", "data-scientist", "approver", "auditor")

_ARN = re.compile(r"arn:aws[a-z-]*:(?P<service>iam|sts)::\d{12}:(?P<resource>.+)", re.DOTALL)
_PEOPLES_ROLE = re.compile(rf"trimtab-[a-z][a-z0-9]*-(?:{'|'.join(PEOPLES_ROLES)})")
_PIPELINES_ROLE = re.compile(r"trimtab-[a-z][a-z0-9]*-deployer")
_IDENTITY_CENTER = "AWSReservedSSO_"


@dataclass(frozen=True, slots=True)
class Caller:
    """`name` is what the audit says; `person` is the same for all callers that are one person, None for nobody."""

    arn: str
    name: str
    person: str | None


def caller_of(user_arn: str) -> Caller:
    """The caller whose ARN API Gateway verified (`requestContext.identity.userArn`).

    Raises:
        InvalidRequestError: it is no ARN of IAM or STS.
    """
    match = _ARN.fullmatch(user_arn)
    if match is None:
        raise InvalidRequestError(f"the caller {user_arn!r} is no identity of IAM: sign the request with AWS keys")
    kind, _, rest = match["resource"].partition("/")
    if match["service"] == "iam" and kind == "root" and not rest:
        return Caller(user_arn, "root", "root")
    if match["service"] == "iam" and kind == "user" and rest:
        name = rest.rpartition("/")[2]  # what stands before is the user's path
        return Caller(user_arn, name, person_named(name))
    if match["service"] == "sts" and kind == "assumed-role" and "/" in rest:
        return Caller(user_arn, rest, person_named(rest))
    return Caller(user_arn, match["resource"], None)


def person_named(name: str) -> str | None:
    """The person behind a caller's `name` as the audit has it: a user's, which has no slash in it, or role/session."""
    role, slash, session = name.partition("/")
    if not slash:
        return person_of(name)
    return person_of(session) if _is_a_persons(role) else None


def is_pipeline(name: str) -> bool:
    """Whether a caller's `name` is a session of CI's own role, which no person can assume (infra/deployer.py)."""
    return _PIPELINES_ROLE.fullmatch(name.partition("/")[0]) is not None and "/" in name


def person_of(name: str) -> str | None:
    """The person behind a name, in one spelling for all that AWS takes for other names.

    Compatible characters are taken for the plain ones (Unicode's NFKC), cases for one, of an e-mail address only what
    stands before "@" and "+", and separators are left out. None where nothing is left, or a letter that no name of IAM
    may have: that one only looks like another.
    """
    plain = normalize("NFKC", normalize("NFKC", name).casefold())
    local = plain.partition("@")[0].partition("+")[0]
    letters = "".join(character for character in local if character.isalnum())
    return letters if letters and letters.isascii() else None


def _is_a_persons(role: str) -> bool:
    """Whether who assumes a role cannot choose the session's name."""
    return role.startswith(_IDENTITY_CENTER) or _PEOPLES_ROLE.fullmatch(role) is not None
