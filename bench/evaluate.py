"""A whole evaluation beside Evidently's and NannyML's, from one run: `python -m bench.evaluate [--json] [--runs N]`."""

import argparse
import json
import os
import sys
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table

from bench.evaluation_data import REFERENCE_ROWS, write_data
from bench.peer_environment import ROOT, peer_environment

FOLDER = ROOT / ".build" / "bench-evaluate"
MILLION = 1_000_000
TITLES = {
    "trimtab": "Trimtab: performance, estimate, maturity, drift, quality, operation, verdict, page",
    "evidently": "Evidently: drift, summary, classification",
    "nannyml": "NannyML: univariate drift, realised performance, CBPE",
}


@dataclass(frozen=True, slots=True)
class Run:
    """A process from its start to its end: wall seconds, and the most memory that it held, in MB."""

    seconds: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Bar:
    text: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def main() -> None:
    parser = argparse.ArgumentParser(description="A whole evaluation beside its peers.")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    parser.add_argument("--runs", type=int, default=3, help="runs of each contender, in turn (default 3)")
    parser.add_argument("--no-large", action="store_true", help="leave out 10,000,000 rows")
    options = parser.parse_args()
    progress = Console(stderr=True)
    contenders = _contenders(progress)
    with progress.status(f"writing {MILLION:,} rows against {REFERENCE_ROWS:,}"):
        write_data(FOLDER / "million", MILLION)
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    for number in range(options.runs):
        for name, command in contenders.items():
            with progress.status(f"round {number + 1} of {options.runs}: {name}"):
                runs[name].append(timed([*command, str(FOLDER / "million")]))
    large = None if options.no_large else _large(contenders["trimtab"], progress)
    middle = {name: _middle(done) for name, done in runs.items()}
    bars = _bars(middle, large)
    if options.json:
        print(json.dumps({"million": middle, "ten_million": large, "bars": bars}, default=asdict))
    else:
        _print(middle, large, bars)
    sys.exit(0 if all(bar.holds for bar in bars) else 1)


def _middle(runs: list[Run]) -> Run:
    return Run(median(run.seconds for run in runs), median(run.peak_mb for run in runs))


def timed(command: list[str]) -> Run:
    """Run a command in a process of its own.

    Raises:
        ChildProcessError: it failed.
    """
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    begun = perf_counter()
    silent = [(os.POSIX_SPAWN_OPEN, output, os.devnull, os.O_WRONLY, 0) for output in (1, 2)]
    child = os.posix_spawn(command[0], command, environment, file_actions=silent)
    _, status, usage = os.wait4(child, 0)
    seconds = perf_counter() - begun
    if os.waitstatus_to_exitcode(status):
        raise ChildProcessError(f"{' '.join(command)} failed with {os.waitstatus_to_exitcode(status)}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Run(seconds, kilobytes / 1024)


def _contenders(progress: Console) -> dict[str, list[str]]:
    """Each contender's command; the folder of the data follows."""
    found = {"trimtab": [sys.executable, "-m", "bench.evaluate_window"]}
    for name in ("evidently", "nannyml"):
        peers = peer_environment(name, ROOT / "bench" / f"requirements-{name}.txt", progress.print)
        found[name] = [str(peers.python), str(ROOT / "bench" / "peers" / f"evaluate_{name}.py")]
    return found


def _large(command: list[str], progress: Console) -> Run:
    with progress.status(f"writing {10 * MILLION:,} rows"):
        write_data(FOLDER / "ten-million", 10 * MILLION)
    with progress.status(f"evaluating {10 * MILLION:,} rows"):
        return timed([*command, str(FOLDER / "ten-million")])


def _bars(middle: dict[str, Run], large: Run | None) -> list[Bar]:
    ours = middle["trimtab"]
    bars = [
        Bar("1,000,000 rows: seconds", ours.seconds, 3.0),
        Bar("1,000,000 rows: MB", ours.peak_mb, 600),
        Bar("Evidently's time to ours", middle["evidently"].seconds / ours.seconds, 20, at_least=True),
        Bar("NannyML's time to ours", middle["nannyml"].seconds / ours.seconds, 4, at_least=True),
    ]
    if large is not None:
        bars += [
            Bar("10,000,000 rows: seconds", large.seconds, 20.0),
            Bar("10,000,000 rows: MB", large.peak_mb, 1_000),
        ]
    return bars


def _print(middle: dict[str, Run], large: Run | None, bars: list[Bar]) -> None:
    ours = middle["trimtab"]
    title = f"{MILLION:,} rows of 14 features, half labelled, against {REFERENCE_ROWS:,}; a fresh process each"
    table = Table(title=title)
    for column in ("", "seconds", "MB", "time ratio", "memory ratio"):
        table.add_column(column, justify="left" if column == "" else "right")
    for name, run in middle.items():
        ratios = f"{run.seconds / ours.seconds:.1f}", f"{run.peak_mb / ours.peak_mb:.1f}"
        table.add_row(TITLES[name], f"{run.seconds:.2f}", f"{run.peak_mb:.0f}", *ratios)
    if large is not None:
        ratios = f"{large.seconds / ours.seconds:.1f}", f"{large.peak_mb / ours.peak_mb:.1f}"
        table.add_row("Trimtab, 10,000,000 rows", f"{large.seconds:.2f}", f"{large.peak_mb:.0f}", *ratios)
    console = Console()
    console.print(table)
    for bar in bars:
        sign = "≥" if bar.at_least else "≤"
        console.print(f"{'holds ' if bar.holds else 'FAILS '} {bar.text}: {bar.value:.2f} ({sign} {bar.limit:g})")


if __name__ == "__main__":
    main()
