"""The streams that the loop is tried on, each a CSV file made once by River in its own environment."""

from collections.abc import Callable, Mapping
from pathlib import Path

from bench.peer_environment import peer_environment, run
from bench.prepare import BUILD, ROOT

ROWS = 24_000  # 240 days
DRIFTING = ("sea", "hyperplane", "agrawal", "sine")
STEADY = ("steady",)
LABEL, TIME = "truth", "time"


def stream_files(seed: int, report: Callable[[str], None], rows: int = ROWS) -> Mapping[str, Path]:
    """Each stream's file by its name.

    Raises:
        UnavailableError: River could not be installed, or did not run.
    """
    folder = BUILD / "bench-streams" / f"{seed}-{rows}"
    names = (*DRIFTING, *STEADY)
    if not all((folder / f"{name}.csv").is_file() for name in names):
        river = peer_environment("river", ROOT / "bench" / "requirements-river.txt", report)
        folder.mkdir(parents=True, exist_ok=True)
        report(f"making streams of seed {seed}")
        generator = ROOT / "bench" / "peers" / "river_streams.py"
        run([str(river.python), str(generator), str(folder), str(seed), str(rows), *names])
    return {name: folder / f"{name}.csv" for name in names}
