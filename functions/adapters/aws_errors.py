"""botocore's errors in our own words: the one place where they are translated."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from functions.domain.errors import TrimtabError, UnavailableError


@contextmanager
def translated(doing: str, known: Mapping[str, type[TrimtabError]] | None = None) -> Iterator[None]:
    """Raise the error that `known` has for an AWS error code; any other is an UnavailableError.

    `doing` says what was asked, e.g. "publish version 3 of flights"; it opens the error's text.
    """
    try:
        yield
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        kind = (known or {}).get(code, UnavailableError)
        raise kind(f"{doing}: {error.operation_name} answered {code}: {message}") from error
    except BotoCoreError as error:
        raise UnavailableError(f"{doing}: {error}") from error
