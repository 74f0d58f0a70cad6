"""The folder that holds a local cloud's state, and the lock that keeps it one cloud's own."""

import fcntl
import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from functions.domain.errors import ConflictError


class StateFolder:
    """Paths below the state folder. `hold()` makes it this process's own until it ends, however it ends."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._lock_file: IO[str] | None = None

    def hold(self) -> None:
        """Raises ConflictError when another local cloud uses the folder."""
        self.root.mkdir(parents=True, exist_ok=True)
        self._lock_file = (self.root / "cloud.lock").open("a+")
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock_file.seek(0)
            holder = self._lock_file.read().strip() or "unknown"
            self._lock_file.close()
            raise ConflictError(
                f"another local cloud (process {holder}) works on {self.root}: stop it with `trimtab down`, "
                "or give this one a state folder of its own"
            ) from None
        self._lock_file.seek(0)
        self._lock_file.truncate()
        self._lock_file.write(str(os.getpid()))
        self._lock_file.flush()

    def announce(self, gateway: str, endpoint: str) -> None:
        """Say in cloud.json that the cloud runs and where."""
        started = datetime.now(UTC).isoformat(timespec="seconds")
        about = {"pid": os.getpid(), "gateway": gateway, "endpoint": endpoint, "started": started}
        write_json(self.root / "cloud.json", about)

    def retract(self) -> None:
        """The cloud does not run (any more)."""
        (self.root / "cloud.json").unlink(missing_ok=True)

    def folder(self, *names: str) -> Path:
        """A folder below the state folder, made if it is missing."""
        path = self.root.joinpath(*names)
        path.mkdir(parents=True, exist_ok=True)
        return path


def write_json(path: Path, value: Any) -> None:
    """Replace a file by `value` at once: whoever reads it, even after a kill, finds the old or the new text whole."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}.new")
    scratch.write_text(json.dumps(value, sort_keys=True, separators=(",", ":")))
    scratch.replace(path)


def read_json(path: Path) -> Any | None:
    """What `write_json` wrote, or None."""
    with suppress(FileNotFoundError):
        return json.loads(path.read_text())
    return None
