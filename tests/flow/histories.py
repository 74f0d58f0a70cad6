"""Histories as people export them: rows with a time, a few features, and the truth."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

START = datetime(2024, 1, 1, tzinfo=UTC)
HEADER = ("sold_at", "amount", "stops", "colour", "late")


def write_history(path: Path, rows: int, days: float, unlabelled: int = 0, seed: int = 3) -> Path:
    """A CSV file of `rows` rows over `days` days, out of order; every `unlabelled`-th has no label."""
    chance = np.random.default_rng(seed)
    seconds = np.sort(chance.uniform(0, days * 86_400, rows))
    amount, stops = chance.normal(50, 20, rows).round(2), chance.integers(0, 9, rows)
    colour = chance.choice(["red", "green", "blue"], rows)
    late = amount + 10 * (colour == "red") + 5 * stops + chance.normal(0, 10, rows) > 80
    lines = [
        [
            (START + timedelta(seconds=float(seconds[row]))).isoformat(timespec="seconds"),
            amount[row],
            stops[row],
            colour[row],
            "" if unlabelled and row % unlabelled == 0 else str(bool(late[row])).lower(),
        ]
        for row in chance.permutation(rows).tolist()
    ]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *lines])
    return path
