"""Create the `live` alias where there is none."""

from functions.domain.errors import ConflictError, InvalidRequestError
from functions.domain.release_function import Alias, Releases


def ensure_live(releases: Releases, function: str) -> Alias:
    """The function's `live` alias; where there is none, one on a version that is published for it.

    That version serves no model and answers "no release" until `roll_out` moves the alias.

    Raises:
        InvalidRequestError: no function is named.
        NotFoundError: there is no such function.
        ConflictError: the function was changed meanwhile.
        UnavailableError: Lambda did not answer.
    """
    if not function:
        raise InvalidRequestError("the custom resource's property FunctionName is missing")
    if alias := releases.alias(function):
        return alias
    latest = releases.latest(function)
    number = releases.publish(function, latest.revision, latest.code_sha256, "bootstrap: no release")
    try:
        return releases.create_alias(function, number)
    except ConflictError:
        if alias := releases.alias(function):  # CloudFormation asked twice, and the other one was faster
            return alias
        raise
