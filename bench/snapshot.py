"""What a snapshot takes of time and memory: `python -m bench.snapshot [ROWS]`.

Rows of fourteen features, three of them texts, labelled by ten senders; read, judged and packed as `snapshot` does it,
in a process of its own. What S3 takes is not in it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

from functions.adapters.log_rows import open_log
from functions.adapters.table_rows import connect
from functions.domain.contract import Contract, Feature, Output
from functions.domain.training_file import to_bytes
from functions.domain.windows import iso
from functions.snapshot.labelled_rows import BEGINNING, Span, read_rows
from functions.snapshot.quarantine import quarantined
from tests.functions.evaluate.tables import model_config, texts, write_rows
from tests.functions.snapshot.worlds import AT, label_histories

ROWS = 300_000
FEATURES = (
    *(Feature(f"number {place}", "float32", nullable=True) for place in range(11)),
    *(Feature(f"text {place}", "string") for place in range(3)),
)
CONFIG = model_config(FEATURES)
CONTRACT = Contract(
    "small", "binary", "0" * 64, FEATURES, (Output("label", "BOOL"),), "label", "p", (False, True), True
)


def write(path: Path, rows: int) -> None:
    """A month of traffic, as `compact` leaves it, in one file."""
    draw = np.random.default_rng(1)
    time = np.datetime64(AT.replace(tzinfo=None), "ms") - np.arange(rows)[::-1] * np.timedelta64(8_000, "ms")
    numbers = {f"in_number {place}": draw.normal(size=rows).astype(np.float32) for place in range(11)}
    words = np.array([f"word {place}" for place in range(100)], dtype=object)
    score = 1 / (1 + np.exp(-numbers["in_number 0"].astype(np.float64)))
    label = texts(draw.random(rows) < score)
    senders = [f"sender-{place}" for place in draw.integers(0, 10, rows)]
    given = {
        "id": np.array([f"0195d3c0-0000-7000-8000-{row:012d}-0" for row in range(rows)], dtype=object),
        "time": time,
        **numbers,
        **{f"in_text {place}": draw.choice(words, rows) for place in range(3)},
        "score": score,
        "label": label,
        "labels": label_histories(label, senders),
        "labelled_at": time,
    }
    write_rows(path, CONFIG, given)


def measure(path: Path) -> None:
    """Read, judge and pack; prints how long each took, and the most memory that the process had."""
    before = peak_mb()
    with connect(2, 870, path.parent / "spill") as con:
        start = perf_counter()
        open_log(con, [path], FEATURES)
        found = read_rows(con, CONFIG, CONTRACT, Span.of(CONFIG, AT))
        read = perf_counter()
        kept, out = quarantined(found, CONFIG, CONTRACT, {}, ())
        judged = perf_counter()
        body = to_bytes(found.rows.take(kept))
        packed = perf_counter()
    peak = peak_mb()
    rows = len(found)
    print(
        f"{rows:,} rows since {iso(BEGINNING)}: read {read - start:.1f} s, judged {judged - read:.1f} s "
        f"({len(out.ids):,} kept out), packed {packed - judged:.1f} s ({len(body) / 1e6:.1f} MB); "
        f"memory {before:,.0f} to {peak:,.0f} MB: {(peak - before) * 1e6 / rows:,.0f} bytes a row"
    )


def peak_mb() -> float:
    """The most memory that this process ever had, as Linux counts it; `getrusage` counts its parent's too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1_024 / 1e6


def main() -> None:
    if len(sys.argv) == 3:
        measure(Path(sys.argv[2]))
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        write(path, rows)
        subprocess.run([sys.executable, "-m", "bench.snapshot", "measure", str(path)], check=True)


if __name__ == "__main__":
    main()
