"""The loop on streams that it was never tuned to: `python -m bench.streams [--seed N] [--json]`, some 20 minutes.

Each goes the way of a person's own file: `trimtab new` with its defaults, then `trimtab replay` in a local cloud. Exits
with 1 if a bar does not hold: the loop is never worse than the frozen first model by more than 0.5 %, and on streams
that drift within 5 % of refits on the calendar, with no more retrainings than those.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.prepare import BUILD, ROOT
from bench.stream_files import DRIFTING, LABEL, TIME, stream_files
from functions.domain.errors import UnavailableError

SEED = 7_000
WORST_TO_FROZEN, WORST_TO_CALENDAR = 0.005, 0.05
COPIED = ("app.py", "cdk.json", "requirements.txt", "pyproject.toml", "functions", "infra", "trimtab")
CALENDAR = "30d"


@dataclass(frozen=True, slots=True)
class Lived:
    """What a stream's replay said: the judged metric by line (lower is better), and what was done for it."""

    stream: str
    drifts: bool
    metric: str
    frozen: float
    calendar: float
    loop: float
    calendar_retrainings: int
    retrainings: int
    refused: int
    rollouts: int
    rollbacks: int
    quarantined: int
    rows: int
    seconds: float

    @property
    def faults(self) -> list[str]:
        """Which bars it misses."""
        found = []
        if self.loop > self.frozen * (1 + WORST_TO_FROZEN):
            found.append(f"more than {WORST_TO_FROZEN:.1%} worse than the frozen model")
        if self.drifts and self.loop > self.calendar * (1 + WORST_TO_CALENDAR):
            found.append(f"more than {WORST_TO_CALENDAR:.0%} worse than the calendar")
        if self.drifts and self.retrainings > self.calendar_retrainings:
            found.append("more retrainings than the calendar")
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description="The loop on streams that drift, and on one that does not.")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the streams (default {SEED})")
    parser.add_argument("--only", action="append", help="a stream's name; may be given again")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of a table")
    options = parser.parse_args()
    progress = Console(stderr=True)
    files = stream_files(options.seed, lambda text: progress.print(text))
    checkout = _checkout(BUILD / "bench-streams" / "checkout")
    found = []
    for name, path in files.items():
        if not options.only or name in options.only:
            progress.print(f"living through {name}")
            found.append(lived(checkout, name, path))
    if options.json:
        json.dump([asdict(one) | {"faults": one.faults} for one in found], sys.stdout)
    else:
        Console().print(_table(found))
    sys.exit(1 if any(one.faults for one in found) else 0)


def lived(checkout: Path, name: str, path: Path) -> Lived:
    """Make a model of a file and live through it.

    Raises:
        UnavailableError: a command failed; with what it said.
    """
    shutil.rmtree(checkout / "models" / name, ignore_errors=True)
    _trimtab(checkout, "new", name, "--from", str(path), "--label", LABEL)
    said = _trimtab(checkout, "replay", name, "--from", str(path), "--time", TIME, "--calendar", CALENDAR, "--json")
    done = json.loads(said)
    metric = done["metric"]
    counts = ("calendar_retrainings", "retrainings", "refused", "rollouts", "rollbacks", "quarantined", "seconds")
    return Lived(
        stream=name,
        drifts=name in DRIFTING,
        metric=metric["name"],
        frozen=metric["frozen"],
        calendar=metric["calendar"],
        loop=metric["loop"],
        rows=done["rows_sent"],
        **{count: done[count] for count in counts},
    )


def _checkout(folder: Path) -> Path:
    """A copy of the project with no model in it, so that models of streams are not among the project's own."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.rmtree(folder / name, ignore_errors=True)
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    (folder / "models").mkdir(exist_ok=True)
    return folder


def _trimtab(checkout: Path, *arguments: str) -> str:
    environment = {**os.environ, "TRIMTAB_PORT": "0"}
    environment.pop("TRIMTAB_STATE", None)
    command = [sys.executable, "-m", "trimtab.cli", *arguments]
    ran = subprocess.run(command, cwd=checkout, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if ran.returncode:
        raise UnavailableError(f"trimtab {' '.join(arguments)} failed")
    return ran.stdout


def _table(found: Sequence[Lived]) -> Table:
    table = Table("stream", "drifts", "frozen", "calendar", "loop", "over frozen", "over calendar", "retrainings",
                  "calendar's", "refused", "rolled back", "rows", "seconds", "bars")  # fmt: skip
    for one in found:
        losses = [f"{loss:.4f}" for loss in (one.frozen, one.calendar, one.loop)]
        gains = [f"{1 - one.loop / other:+.1%}" for other in (one.frozen, one.calendar)]
        counts = (one.retrainings, one.calendar_retrainings, one.refused, one.rollbacks, f"{one.rows:,}")
        said = "; ".join(one.faults) or "held"
        table.add_row(one.stream, "yes" if one.drifts else "no", *losses, *gains, *map(str, counts),
                      f"{one.seconds:.0f}", said)  # fmt: skip
    return table


if __name__ == "__main__":
    main()
