"""The hours of a model's table in S3: fetched to the disk, and each replaced by one conditional write."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from functions.adapters.data_lake import DataLake, Found
from functions.compact.recent_hours import RecentHours
from functions.domain.errors import ConflictError
from functions.domain.log_table import hour_key

READERS = 8
_CONTENT_TYPE = "application/vnd.apache.parquet"


@dataclass(frozen=True, slots=True)
class HourFile:
    """An hour's object at `path`, as it was when it was read, or `remembered` from when this environment wrote it."""

    path: Path
    etag: str
    remembered: bool


class HourObjects:
    """One model's hours, by their number since 1970; their files lie in `folder`, named by that number."""

    def __init__(self, lake: DataLake, model: str, folder: Path, recent: RecentHours) -> None:
        self._lake, self._model, self._folder, self._recent = lake, model, folder, recent

    def fetch(self, hours: Iterable[int]) -> dict[int, HourFile]:
        """The hours that are there.

        Raises:
            UnavailableError: S3 did not answer.
        """
        wanted = sorted(hours)
        if len(wanted) == 1:
            found = [self._fetch(wanted[0])]
        else:
            with ThreadPoolExecutor(READERS) as readers:
                found = list(readers.map(self._fetch, wanted))
        return {hour: file for hour, file in zip(wanted, found, strict=True) if file is not None}

    def replace(self, hour: int, path: Path | None, fetched: Mapping[int, HourFile]) -> bool:
        """Write an hour's new content in place of what was fetched; False if that is not what lies there any more.

        What has not changed (`path` is None) is not written; where it was only remembered, it must be read to be sure.

        Raises:
            UnavailableError: S3 did not take it.
        """
        key, before = self._key(hour), fetched.get(hour)
        self._recent.forget(key)
        if path is None:
            return before is None or not before.remembered
        body = path.read_bytes()
        try:
            etag = self._lake.put_if(key, body, None if before is None else before.etag, _CONTENT_TYPE)
        except ConflictError:
            return False
        self._recent.keep(key, Found(body, etag))
        return True

    def _fetch(self, hour: int) -> HourFile | None:
        key = self._key(hour)
        remembered = self._recent.find(key)
        found = remembered or self._lake.get(key)
        if found is None:
            return None
        path = self._folder / f"{hour}.parquet"
        path.write_bytes(found.body)
        return HourFile(path, found.etag, remembered is not None)

    def _key(self, hour: int) -> str:
        return hour_key(self._model, datetime.fromtimestamp(hour * 3_600, UTC))
