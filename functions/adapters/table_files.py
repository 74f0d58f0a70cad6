"""Brings a window's hours of the table to this function's disk, and keeps them there for the next run."""

import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from functions.adapters.data_lake import DataLake, Listed
from functions.domain.errors import UnavailableError
from functions.domain.log_table import hour_key, model_prefix
from functions.domain.windows import Window

READERS = 8
MOMENT = timedelta.resolution  # windows are half-open


class TableFiles:
    """Files of the data bucket in `folder`, each under a name of its key and ETag: one that changed is another file."""

    def __init__(self, lake: DataLake, folder: Path) -> None:
        self._lake = lake
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def of(self, model: str, windows: Iterable[Window]) -> list[Path]:
        """The files of all hours that the windows touch, in the order of their hours; what is not needed is removed.

        Raises:
            UnavailableError: S3 did not answer, or the disk does not hold the window.
        """
        wanted = {self._path(listed): listed for listed in self._listed(model, windows)}
        for path in self._folder.iterdir():
            if path not in wanted:
                path.unlink()
        missing = {path: listed for path, listed in wanted.items() if not path.is_file()}
        self._check_room(missing.values())
        with ThreadPoolExecutor(READERS) as readers:
            fetched = list(readers.map(self._fetch, missing, missing.values()))
        gone = {path for path in fetched if path is not None}
        return [path for path in wanted if path not in gone]

    def _listed(self, model: str, windows: Iterable[Window]) -> Iterator[Listed]:
        """The hours that are there, in one listing; keys of hours sort as the hours do."""
        spans = [(hour_key(model, w.start), hour_key(model, w.end - MOMENT)) for w in windows if w.start < w.end]
        if not spans:
            return
        first, last = min(first for first, _ in spans), max(last for _, last in spans)
        for listed in self._lake.list(model_prefix(model), after=first[:-1]):
            if listed.key > last:
                return
            if any(start <= listed.key <= end for start, end in spans):
                yield listed

    def _path(self, listed: Listed) -> Path:
        return self._folder / f"{sha256(f'{listed.key}\0{listed.etag}'.encode()).hexdigest()[:32]}.parquet"

    def _fetch(self, path: Path, listed: Listed) -> Path | None:
        """Fetch one file; its path if it is gone, which no hour of the table ever is by itself."""
        found = self._lake.get(listed.key)
        if found is None:
            return path
        scratch = path.with_suffix(".new")
        scratch.write_bytes(found.body)
        scratch.replace(path)
        return None

    def _check_room(self, missing: Iterable[Listed]) -> None:
        needed, free = sum(listed.size for listed in missing), shutil.disk_usage(self._folder).free
        if needed > free:
            raise UnavailableError(
                f"the window's files take {needed / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free on the function's "
                "disk: give it more ephemeral storage, or model.toml a shorter window"
            )
