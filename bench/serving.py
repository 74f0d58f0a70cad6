"""The serving path beside its peers, warm and cold, from one run: `python -m bench.serving [--json] [--starts N]`."""

import argparse
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from bench import cold
from bench.prepare import ROOT, Ground, prepare
from functions.domain.contract import Contract

NAMES = {
    "session.run": "bare session.run, tensors ready",
    "minimal": "minimal handler: orjson, tensors, run, orjson",
    "trimtab": "Trimtab: validation, guard, record (sink in memory)",
    "fastapi": "FastAPI + Mangum, async handler, pydantic",
    "scikit-learn": "scikit-learn, joblib + pandas",
}
COLD_NAMES = {
    cold.FLOOR: "floor: import onnxruntime, open the session, run",
    cold.OURS: "Trimtab: predict's asset, record acknowledged by Firehose over TLS",
    cold.FASTAPI: "FastAPI + Mangum + boto3, record acknowledged by Firehose over TLS",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A promise about a ratio: of medians when warm, the median of the rounds' ratios when cold."""

    text: str
    ratio: float
    limit: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        return self.ratio >= self.limit if self.at_least else self.ratio <= self.limit


def main() -> None:
    parser = argparse.ArgumentParser(description="Trimtab's serving path beside its peers.")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    parser.add_argument("--starts", type=int, default=20, help="cold starts of each contender (default 20)")
    options = parser.parse_args()
    progress = Console(stderr=True)

    def report(line: str) -> None:
        progress.print(line, style="dim", highlight=False)

    ground = prepare(report)
    contract = Contract.from_document(orjson.loads((ground.model / "contract.json").read_bytes()))
    warm_nanoseconds = _warm(ground)
    cold_seconds = cold.measure(ground, contract, options.starts, report)
    warm = {rows: _warm_summaries(nanoseconds) for rows, nanoseconds in warm_nanoseconds.items()}
    colds = {
        name: {**_summary(values, 1e3), "ratio": round(_cold_ratio(cold_seconds, name, cold.FLOOR), 3)}
        for name, values in cold_seconds.items()
    }
    bars = _bars(warm, cold_seconds)
    if options.json:
        document: dict[str, Any] = {"machine": _machine(ground), "warm_us": warm, "cold_ms": colds}
        document["bars"] = [{"bar": bar.text, "ratio": round(bar.ratio, 3), "holds": bar.holds} for bar in bars]
        print(json.dumps(document, indent=2))
    else:
        _print(Console(width=110), _machine(ground), warm, colds, bars)
    sys.exit(0 if all(bar.holds for bar in bars) else 1)


def _warm(ground: Ground) -> dict[str, dict[str, list[float]]]:
    """Run bench.warm in the peers' environment."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        document = {
            "model": str(ground.model),
            "pipeline": str(ground.pipeline),
            "rows": ground.rows,
            "contract_sha256": hashlib.sha256((ground.model / "contract.json").read_bytes()).hexdigest(),
        }
        json.dump(document, file)
        file.flush()
        done = subprocess.run(
            [str(ground.peers.python), "-m", "bench.warm", file.name],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            check=True,
        )
    results: dict[str, dict[str, list[float]]] = json.loads(done.stdout)
    return results


def _warm_summaries(nanoseconds: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    summaries = {name: _summary(values, 1e-3) for name, values in nanoseconds.items()}
    base = summaries["minimal"]["p50"]
    return {name: {**summary, "ratio": round(summary["p50"] / base, 3)} for name, summary in summaries.items()}


def _summary(values: list[float], unit: float) -> dict[str, float]:
    """Median and 99th percentile; of few values the latter is the greatest."""
    values, count = sorted(values), len(values)
    return {
        "p50": round(values[count // 2] * unit, 1),
        "p99": round(values[min(count - 1, int(count * 0.99))] * unit, 1),
        "n": count,
    }


def _cold_ratio(seconds: dict[str, list[float]], one: str, other: str) -> float:
    """Median of the rounds' ratios: what slows a whole round down does not count."""
    return median(a / b for a, b in zip(seconds[one], seconds[other], strict=True))


def _bars(warm: dict[str, dict[str, dict[str, float]]], cold_seconds: dict[str, list[float]]) -> list[Bar]:
    def warm_ratio(rows: str, one: str, other: str) -> float:
        return warm[rows][one]["p50"] / warm[rows][other]["p50"]

    return [
        Bar("1 row: Trimtab / minimal handler", warm_ratio("1", "trimtab", "minimal"), 1.7),
        Bar("100 rows: Trimtab / minimal handler", warm_ratio("100", "trimtab", "minimal"), 1.8),
        Bar("1 row: FastAPI + Mangum / Trimtab", warm_ratio("1", "fastapi", "trimtab"), 3.0, at_least=True),
        Bar("cold: Trimtab / floor", _cold_ratio(cold_seconds, cold.OURS, cold.FLOOR), 1.4),
        Bar(
            "cold: FastAPI + Mangum + boto3 / Trimtab",
            _cold_ratio(cold_seconds, cold.FASTAPI, cold.OURS),
            2.5,
            at_least=True,
        ),
    ]


def _machine(ground: Ground) -> dict[str, Any]:
    cpu = (
        re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text()) if Path("/proc/cpuinfo").exists() else None
    )
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)$", (ROOT / "bench" / "requirements.txt").read_text(), re.MULTILINE))
    shown = ("onnxruntime", "numpy", "orjson", "fastapi", "mangum", "pydantic", "boto3", "scikit-learn", "pandas")
    return {
        "cpu": cpu.group(1) if cpu else platform.processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {**{name: pinned[name] for name in shown}, "awslambdaric": metadata.version("awslambdaric")},
        "model": json.loads((ground.model / "manifest.json").read_text())["model"],
    }


def _print(
    console: Console,
    machine: dict[str, Any],
    warm: dict[str, dict[str, dict[str, float]]],
    colds: dict[str, dict[str, float]],
    bars: list[Bar],
) -> None:
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    console.print(f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}, Python {machine['python']}")
    console.print(f"{packages}\n", highlight=False)
    for rows, results in warm.items():
        _table(console, f"warm, {rows} row{'s' if rows != '1' else ''} a request, µs", results, NAMES, "minimal")
    _table(console, "cold, fresh process on awslambdaric to its first answer, ms", colds, COLD_NAMES, cold.FLOOR)
    table = Table(title="bars", title_justify="left")
    for title, justify in (("ratio, median", "left"), ("measured", "right"), ("bar", "right"), ("holds", "left")):
        table.add_column(title, justify=justify)  # type: ignore[arg-type]  # a Literal, from a list
    for bar in bars:
        table.add_row(
            bar.text, f"{bar.ratio:.2f}", f"{'≥' if bar.at_least else '≤'} {bar.limit}", "yes" if bar.holds else "NO"
        )
    console.print(table)


def _table(
    console: Console, title: str, results: dict[str, dict[str, float]], names: dict[str, str], base: str
) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column("contender")
    for heading in ("p50", "p99", f"/ {base}", "n"):
        table.add_column(heading, justify="right")
    for name, text in names.items():
        one = results[name]
        table.add_row(text, f"{one['p50']:,}", f"{one['p99']:,}", f"{one['ratio']:.2f}", f"{one['n']}")
    console.print(table)


if __name__ == "__main__":
    main()
