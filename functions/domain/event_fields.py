"""Fields of the events that functions are invoked with: read, checked, and named where they are wrong."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from functions.domain.errors import InvalidRequestError

_MODEL = re.compile(r"[a-z][a-z0-9-]{0,62}")


def moment_of(event: Mapping[str, Any], name: str = "time") -> datetime:
    """The moment, in UTC, that a field of an event names.

    Raises:
        InvalidRequestError: the field is missing, no moment, or without a zone.
    """
    text = text_of(event, name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidRequestError(f"{name} {text!r} is not of the form 2013-03-01T00:00:00Z") from None
    if moment.tzinfo is None:
        raise InvalidRequestError(f"{name} {text!r} names no zone: write 2013-03-01T00:00:00Z")
    return moment.astimezone(UTC)


def text_of(event: Mapping[str, Any], name: str) -> str:
    """A field of an event that must be text.

    Raises:
        InvalidRequestError: it is missing, empty or of another type.
    """
    value = event.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidRequestError(f"{name} must be text, not {value!r}")
    return value


def model_of(event: Mapping[str, Any]) -> str:
    """The model that an event is about.

    Raises:
        InvalidRequestError: it is missing, or no model's name.
    """
    model = text_of(event, "model")
    if not _MODEL.fullmatch(model):
        raise InvalidRequestError(f"model must be a model's name, not {model!r}")
    return model


def release_of(event: Mapping[str, Any], name: str = "release", of: str = "release") -> int:
    """A field of an event that is the number of a release, or of a version.

    Raises:
        InvalidRequestError: it is missing, or no such number.
    """
    value = event.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidRequestError(f"{name} must be a {of}'s number, not {value!r}")
    return value
