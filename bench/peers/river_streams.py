"""Streams of River's generators as CSV files, with a time column made for them. Run by the interpreter that has River:

    python river_streams.py FOLDER SEED ROWS NAME...

Each stream has ROWS rows, 100 a day. `sea` and `sine` change abruptly, `agrawal` gradually, `hyperplane` all the time;
`steady` does not drift at all.
"""

import csv
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from river.datasets import synth

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
BETWEEN = timedelta(seconds=864)  # 100 rows a day
LABEL = "truth"

Row = tuple[Mapping[str, Any], Any]


def sea(seed: int, rows: int) -> Iterator[Row]:
    """Street and Kim (2001): four thresholds, each for a quarter of the stream; a tenth of the labels is noise."""
    for part, variant in enumerate((0, 2, 3, 1)):
        yield from itertools.islice(synth.SEA(variant=variant, noise=0.1, seed=seed + part), rows // 4)


def hyperplane(seed: int, rows: int) -> Iterator[Row]:
    """Hulten, Spencer and Domingos (2001): a plane that turns all the time, with 5 % of noise."""
    plane = synth.Hyperplane(
        seed=seed, n_features=8, n_drift_features=8, mag_change=0.003, sigma=0.2, noise_percentage=0.05
    )
    yield from itertools.islice(plane, rows)


def agrawal(seed: int, rows: int) -> Iterator[Row]:
    """Agrawal, Imielinski and Swami (1993): a bank's rule for loans, changed twice over 2,000 rows each."""
    first, second, third = (
        synth.Agrawal(classification_function=rule, seed=seed + rule, perturbation=0.1) for rule in (0, 3, 6)
    )
    later = synth.ConceptDriftStream(second, third, position=rows // 3, width=2_000, seed=seed)
    whole = synth.ConceptDriftStream(first, later, position=rows // 3, width=2_000, seed=seed)
    yield from itertools.islice(whole, rows)


def sine(seed: int, rows: int) -> Iterator[Row]:
    """Gama et al. (2004): four curves, each for a quarter of the stream, two of them the others turned round."""
    for part, rule in enumerate((0, 2, 1, 3)):
        curve = synth.Sine(classification_function=rule, seed=seed + part, has_noise=True)
        yield from itertools.islice(curve, rows // 4)


def steady(seed: int, rows: int) -> Iterator[Row]:
    """Agrawal's rule 5, which does not change."""
    yield from itertools.islice(synth.Agrawal(classification_function=5, seed=seed, perturbation=0.1), rows)


STREAMS: Mapping[str, Callable[[int, int], Iterator[Row]]] = {
    "sea": sea,
    "hyperplane": hyperplane,
    "agrawal": agrawal,
    "sine": sine,
    "steady": steady,
}


def write(path: Path, stream: Iterator[Row]) -> None:
    """The file, with columns `time`, the features and `truth`."""
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        for number, (features, label) in enumerate(stream):
            if number == 0:
                table.writerow(["time", *(f"x_{name}" for name in features), LABEL])
            values = (round(value, 6) if isinstance(value, float) else value for value in features.values())
            table.writerow([(BEGIN + number * BETWEEN).isoformat(), *values, "yes" if label else "no"])


if __name__ == "__main__":
    folder, seed, rows = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for name in sys.argv[4:]:
        write(folder / f"{name}.csv", STREAMS[name](seed, rows))
