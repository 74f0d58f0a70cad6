"""Lists a page at a time: `limit` items and a cursor to what comes after them."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any

from functions.adapters.registry_store import Store, Stored
from functions.domain.errors import InvalidRequestError
from functions.manage.request import ManageRequest

MOST, DEFAULT = 200, 50
_LONGEST = 400

Page = dict[str, Any]


def limit_of(request: ManageRequest) -> int:
    """How many items a page shall have.

    Raises:
        InvalidRequestError: `limit` is no number from 1 to 200.
    """
    text = request.query.get("limit")
    if text is None:
        return DEFAULT
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= MOST and len(text) < 4):
        raise InvalidRequestError(f"limit must be a number from 1 to {MOST}")
    return int(text)


def after_of(request: ManageRequest) -> str:
    """Where the page before ended; empty for the first.

    Raises:
        InvalidRequestError: `after` is no cursor of ours.
    """
    text = request.query.get("after")
    if text is None:
        return ""
    try:
        if len(text) > _LONGEST:
            raise ValueError
        place = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)).decode("ascii")
    except (ValueError, binascii.Error):
        place = ""
    if not place or not place.isprintable():
        raise InvalidRequestError("after must be the `next` of the page before, as it was given")
    return place


def cursor(place: str) -> str:
    """A place as clients get it, who shall make nothing of it."""
    return urlsafe_b64encode(place.encode()).decode().rstrip("=")


def page(items: Sequence[Any], last: str | None) -> Page:
    """The answer to a list; `last` is where it ended, None where nothing follows."""
    return {"items": list(items), "next": None if last is None else cursor(last)}


def newest_first(request: ManageRequest, store: Store, prefix: str, shown: Callable[[Stored], dict[str, Any]]) -> Page:
    """A page of a model's documents of one kind, the newest of them first."""
    limit = limit_of(request)
    found = store.read_last(f"MODEL#{request.model}", prefix, limit + 1, after_of(request))
    kept = found[-limit:][::-1]
    last = kept[-1].key.sk.removeprefix(prefix) if len(found) > limit else None
    return page([shown(stored) for stored in kept], last)
