"""Reads an object by a URL that the management API signed."""

import urllib3

from functions.adapters.data_lake import Found
from functions.domain.errors import UnavailableError

TIMEOUT_S = 60.0


def download(name: str, url: str) -> Found | None:
    """The object, or None where there is none; `name` is what errors call it.

    Raises:
        UnavailableError: S3 did not answer, or no longer takes the URL, which is good for a quarter of an hour.
    """
    try:
        answer = urllib3.request("GET", url, timeout=TIMEOUT_S, retries=2)
    except urllib3.exceptions.HTTPError as error:
        raise UnavailableError(f"{name} cannot be read: {error}") from error
    if answer.status == 404:
        return None
    if answer.status != 200:
        raise UnavailableError(f"{name} cannot be read: S3 answered {answer.status}: run the command again")
    return Found(answer.data, answer.headers.get("ETag", ""))
