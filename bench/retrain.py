"""What a retraining takes beside its fit alone: `python -m bench.retrain [--rows 50000]`, on the flights example.

Each half runs in a process of its own, imports included, as a cold function does; what the state machine adds between
them is Step Functions' own (0.1 to 0.5 s a state in AWS), and is not in here. Bar: 1.5 x the fit alone plus 10 s.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parent.parent
FLIGHTS = ROOT / "models" / "flights"
RATIO, SPARE_S = 1.5, 10.0

FIT = """
import json, sys
from pathlib import Path
from time import perf_counter
started = perf_counter()
from functions.adapters.model_folder import load_settings
from functions.domain.holdout import split_of
from functions.domain.snapshot_manifest import SnapshotManifest
from functions.domain.training_file import from_bytes
from functions.retrain import sklearn_road
from functions.retrain.fitting import fit

imported = perf_counter()
work, folder = Path(sys.argv[1]), Path(sys.argv[2])
settings, alone = load_settings(folder), []
plain = sklearn_road.fit
def timed(*arguments):
    begun = perf_counter()
    fitted = plain(*arguments)
    alone.append(perf_counter() - begun)
    return fitted
sklearn_road.fit = timed
manifest = SnapshotManifest.from_bytes((work / "manifest.json").read_bytes())
parts = split_of(manifest, [from_bytes((work / "rows.npz").read_bytes(), settings.contract_features)])
candidate = fit(folder, settings, parts, "0" * 64, lambda line: None)
for name, body in candidate.to_files().items():
    (work / name).write_bytes(body)
print(json.dumps({"imports": imported - started, "half": perf_counter() - imported, "fit alone": alone[0]}))
"""
JUDGE = """
import json, sys
from pathlib import Path
from time import perf_counter
started = perf_counter()
from functions.adapters.candidate_judge import judge
from functions.domain.candidate import FILES, Candidate
from functions.domain.holdout import split_of
from functions.domain.snapshot_manifest import SnapshotManifest
from functions.domain.training_file import from_bytes

imported = perf_counter()
work = Path(sys.argv[1])
candidate = Candidate.from_files({name: (work / name).read_bytes() for name in FILES})
manifest = SnapshotManifest.from_bytes((work / "manifest.json").read_bytes())
parts = split_of(manifest, [from_bytes((work / "rows.npz").read_bytes(), candidate.description.features)])
judged = judge(candidate, parts, lambda line: None)
assert judged.metrics["log_loss"] is not None
print(json.dumps({"imports": imported - started, "half": perf_counter() - imported}))
"""


def main() -> None:
    """Print a table, and exit with 1 where the bar is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=50_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        _write_snapshot(work, rows)
        begun = perf_counter()
        fit, judge = _run(FIT, str(work), str(FLIGHTS)), _run(JUDGE, str(work))
        took = perf_counter() - begun
    bar = RATIO * fit["fit alone"] + SPARE_S
    print(f"{rows:,} rows of 14 columns; seconds")
    print(f"  fit alone            {fit['fit alone']:6.2f}")
    print(f"  half that fits       {fit['half']:6.2f}  and its imports {fit['imports']:.2f}")
    print(f"  half that judges     {judge['half']:6.2f}  and its imports {judge['imports']:.2f}")
    print(f"  both, as processes   {took:6.2f}  bar {bar:.2f}: {'kept' if took <= bar else 'MISSED'}")
    sys.exit(took > bar)


def _write_snapshot(work: Path, rows: int) -> None:
    """The first rows of the flights' year as `trimtab train` keeps them."""
    from functions.adapters.model_folder import FolderCode, load_settings
    from functions.retrain.dataset import load_dataset
    from functions.retrain.first_snapshot import first_snapshot

    settings = load_settings(FLIGHTS)
    learnt = load_dataset(FolderCode(FLIGHTS), settings).labelled().take(slice(0, rows))
    snapshot = first_snapshot(learnt, None, settings, FLIGHTS)
    names = {"npz": "rows.npz", "json": "manifest.json"}
    for name, body in snapshot.files.items():
        if suffix := names.get(name.rpartition(".")[2]):
            (work / suffix).write_bytes(body)


def _run(code: str, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-W", "ignore", "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
