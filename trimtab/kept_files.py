"""The files of a version and of what it was learnt from, read by URLs that the management API signs."""

from typing import Any

from functions.adapters.data_lake import Found
from trimtab.management import Reading, part
from trimtab.signed_download import download


class KeptFiles:
    """Of one version, by their keys, as a bucket has them. What it gives is checked by whoever reads it.

    `artifact` is the digest of the version, as it is registered. A page of URLs is only asked for when a file of it is
    wanted: of a year's files the last would be signed too early for a slow line.

    Raises:
        NotFoundError, AccessDeniedError, ConflictError, CorruptArtifactError: as the management API says.
        UnavailableError: AWS did not answer.
    """

    def __init__(self, management: Reading, model: str, version: int) -> None:
        self._management = management
        self._path = f"/training-data/{part(model)}/{version}"
        self._urls: dict[str, str] = {}
        self._after: str | None = None
        self.artifact = str(self._next_page()["artifact"])

    def get(self, key: str) -> Found | None:
        """A file, or None where the version has none of that key, or it is gone.

        Raises:
            UnavailableError: AWS did not answer.
        """
        while key not in self._urls and self._after is not None:
            self._next_page()
        url = self._urls.get(key)
        return None if url is None else download(key, url)

    def _next_page(self) -> dict[str, Any]:
        page = self._management.get(self._path, after=self._after)
        self._urls.update((item["key"], item["url"]) for item in page["items"])
        self._after = page["next"]
        return page
