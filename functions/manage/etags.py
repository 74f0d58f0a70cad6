"""What a model or a version is known by as it was read, so that a change can say what it was decided on."""

import re

from functions.adapters.registry_store import model_key, version_key
from functions.domain.errors import ConflictError, InvalidRequestError
from functions.manage.request import ManageRequest
from functions.manage.tools import Tools

_GIVEN = re.compile(r'"?([mv][0-9]{1,12})"?')


def model_etag(revision: int) -> str:
    """`m` and the registry's revision of the model's record; `m0` before it has one."""
    return f"m{revision}"


def version_etag(revision: int) -> str:
    """`v` and the registry's revision of the version."""
    return f"v{revision}"


def etag_of_model(tools: Tools, model: str) -> str:
    stored = tools.store.read(model_key(model))
    return model_etag(0 if stored is None else stored.revision)


def demand(request: ManageRequest, tools: Tools, version: int | None = None) -> None:
    """Hold the request's If-Match, if it has one, to what is there now: the model, or one of its versions.

    What happens between this look and the change is the registry's matter: its own revisions and leases guard that.

    Raises:
        ConflictError: it has changed since; the text names both.
        InvalidRequestError: it is no ETag of ours.
    """
    given = request.if_match
    if given is None or given.strip() == "*":
        return
    match = _GIVEN.fullmatch(given.strip())
    if match is None or (version is None and match[1].startswith("v")):
        of = "the model" if version is None else "the version, or of the model"
        raise InvalidRequestError(f"If-Match must be the ETag of {of}, not {given[:80]!r}")
    model = request.model
    if match[1].startswith("m"):
        what, now = model, etag_of_model(tools, model)
    else:
        stored = tools.store.read(version_key(model, version or 0))
        what, now = f"{model} version {version}", version_etag(0 if stored is None else stored.revision)
    if now != match[1]:
        raise ConflictError(f"{what} was changed meanwhile: it is {now} and not {match[1]}; look again, then decide")


def revision_demanded(request: ManageRequest) -> int | None:
    """The version's revision that the request's If-Match names, for a change that the registry makes only then."""
    match = _GIVEN.fullmatch((request.if_match or "").strip())
    return int(match[1][1:]) if match is not None and match[1].startswith("v") else None
