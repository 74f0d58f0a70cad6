"""When each schedule has fired last, in a file: a line for each change, the newest counts, rewritten when it is long.

To replace a file at each firing would take longer than the rest of it.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

LINES = 10_000


@dataclass(slots=True)
class LastRun:
    """A schedule's expression, the second that it counts from, its last due time and what went wrong then."""

    expression: str
    begin_s: int
    fired_s: int | None = None
    error: str | None = None

    @property
    def base_s(self) -> int:
        """What the next due time comes after."""
        return self.begin_s if self.fired_s is None else max(self.begin_s, self.fired_s)


class LastRuns:
    """Runs by the schedule's ARN. A change is in the file when `keep` or `forget` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._lines = 0
        self._runs: dict[str, LastRun] = {}
        for line in path.read_text().splitlines() if path.exists() else ():
            try:
                read = json.loads(line)
            except ValueError:
                break  # a kill cut it off: it was not acted on
            self._take(read["arn"], None if read["run"] is None else LastRun(**read["run"]))
        self._rewrite()

    def __getitem__(self, arn: str) -> LastRun:
        return self._runs[arn]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._runs))

    def get(self, arn: str) -> LastRun | None:
        return self._runs.get(arn)

    def keep(self, arn: str, run: LastRun) -> None:
        """The run of a schedule from now on."""
        self._take(arn, run)
        self._append(arn)

    def forget(self, arn: str) -> None:
        """The schedule is gone."""
        if arn in self._runs:
            self._take(arn, None)
            self._append(arn)

    def _take(self, arn: str, run: LastRun | None) -> None:
        if run is None:
            self._runs.pop(arn, None)
        else:
            self._runs[arn] = run

    def _append(self, arn: str) -> None:
        if self._file is None or self._lines >= LINES:
            self._rewrite()
            return
        os.write(self._file, self._line(arn))
        self._lines += 1

    def _rewrite(self) -> None:
        scratch = self._path.with_suffix(".new")
        scratch.write_bytes(b"".join(map(self._line, self._runs)))
        scratch.replace(self._path)
        if self._file is not None:
            os.close(self._file)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        self._lines = len(self._runs)

    def _line(self, arn: str) -> bytes:
        run = self._runs.get(arn)
        return json.dumps({"arn": arn, "run": asdict(run) if run else None}).encode() + b"\n"
