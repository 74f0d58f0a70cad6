"""What false labels cost, with and without the defence: `python -m bench.poison [--json]`; 1 if a bar breaks.

The flights' model learns from January and February, answers March to May, and is fitted again on all of it with the
labels that ten senders sent; the loss is that of June to December.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.learnt_flights import Floats, LearntFlights, Rows, learnt_flights, log_losses
from functions.domain.isotonic import isotonic
from functions.domain.label_noise import LabelledRows, tainted_labels

SENDERS, ATTACKER = 10, 3
SHARE_CAP = 0.5
MOST_COST, MOST_CLEAN_LOST = 0.005, 0.02
HELD_OUT = 0.2  # of the first training set: what calibrates the model, as in training


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attack: what was planted and found, and log loss without poison, with it, and with the defence."""

    attack: str
    poisoned: float  # share of the log's labels
    found: float | None  # share of the poison that is quarantined
    clean_lost: float  # share of clean rows that are quarantined
    without_poison: float
    undefended: float
    defended: float
    reasons: dict[str, int]
    bar: bool | None

    @property
    def cost(self) -> float:
        return self.defended / self.without_poison - 1


@dataclass(frozen=True, slots=True)
class Ground:
    """The flights, the log's rows among them, and what the model that learnt from the first months says of each."""

    flights: LearntFlights
    first: Rows
    log: Rows
    later: Rows
    chances: Floats  # of the log's rows
    calibrated: Floats


def main() -> None:
    parser = argparse.ArgumentParser(description="What false labels cost.")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of a table")
    options = parser.parse_args()
    outcomes = list(_outcomes(_ground()))
    if options.json:
        json.dump([asdict(outcome) for outcome in outcomes], sys.stdout)
    else:
        _print(outcomes)
    sys.exit(0 if all(outcome.bar is not False for outcome in outcomes) else 1)


def _ground() -> Ground:
    flights = learnt_flights()
    first, log = flights.between("2013-01-01", "2013-03-01"), flights.between("2013-03-01", "2013-06-01")
    rows = np.flatnonzero(first)
    learnt, held_out = np.split(rows, [int((1 - HELD_OUT) * len(rows))])
    chances = flights.chances(learnt, flights.late[learnt])
    calibration = isotonic(chances[held_out], flights.late[held_out])
    calibrated = np.interp(chances[log], calibration.scores, calibration.rates)
    later = flights.between("2013-06-01", "2014-01-01")
    return Ground(flights, first, log, later, chances[log], calibrated)


def _outcomes(ground: Ground) -> Iterator[Outcome]:
    chance = np.random.default_rng(0)
    number = int(ground.log.sum())
    senders = chance.integers(0, SENDERS, number)
    double = np.where(senders == ATTACKER + 1, ATTACKER, senders)  # the attacker sends a fifth of the labels
    nobody = np.zeros(number, bool)
    clean = _loss(ground, nobody, nobody)
    yield _outcome(ground, "none", senders, nobody, clean, barred=True)
    for share in (0.05, 0.1, 0.2):
        whose = double if share > 1 / SENDERS else senders
        theirs = whose == ATTACKER
        flipped = theirs & (chance.random(number) < share / theirs.mean())
        yield _outcome(ground, f"one sender flips {share:.0%} of all labels", whose, flipped, clean, barred=True)
    for share in (0.05, 0.1, 0.2):
        flipped = (senders == ATTACKER) & (chance.random(number) < share)
        yield _outcome(ground, f"one sender flips {share:.0%} of its own", senders, flipped, clean, barred=True)
    theirs = (senders == ATTACKER) & ground.flights.late[ground.log]
    yield _outcome(ground, "one sender calls every flight punctual", senders, theirs, clean, barred=True)
    yield _outcome(ground, "5 % spread over all", senders, chance.random(number) < 0.05, clean, barred=False)


def _outcome(ground: Ground, attack: str, senders: np.ndarray, flipped: Rows, clean: float, barred: bool) -> Outcome:
    aside, reasons = _quarantined(ground, senders, flipped)
    undefended = _loss(ground, flipped, np.zeros(len(flipped), bool)) if flipped.any() else clean
    defended = _loss(ground, flipped, aside) if aside.any() else undefended
    lost = float(aside[~flipped].mean())
    found = float(aside[flipped].mean()) if flipped.any() else None
    holds = defended / clean - 1 < MOST_COST and lost < MOST_CLEAN_LOST
    return Outcome(
        attack, float(flipped.mean()), found, lost, clean, undefended, defended, reasons, holds if barred else None
    )


def _quarantined(ground: Ground, senders: np.ndarray, flipped: Rows) -> tuple[Rows, dict[str, int]]:
    """Which of the log's rows are set aside, by the product's own function, and how many for each reason."""
    late = ground.flights.late[ground.log] ^ flipped
    columns = {name: values[ground.log] for name, values in ground.flights.columns.items()}
    given = LabelledRows(
        names=[f"sender {number}" for number in range(SENDERS)],
        senders=senders.astype(np.int64),
        digests=_digests(columns, late),
        columns={**columns, "score": ground.chances},
        given=late.astype(np.int64),
        chances=np.stack([1 - ground.chances, ground.chances], axis=1),
        calibrated=np.stack([1 - ground.calibrated, ground.calibrated], axis=1),
        periods=ground.flights.days[ground.log],
    )
    aside, reasons = np.zeros(len(late), bool), dict[str, int]()
    for finding in tainted_labels(given, SHARE_CAP, seed=0):
        aside[finding.rows] = True
        reasons[finding.reason] = reasons.get(finding.reason, 0) + len(finding.rows)
    return aside, reasons


def _digests(columns: dict[str, np.ndarray], late: Rows) -> np.ndarray:
    """A number for each distinct row with its label."""
    digests = late.astype(np.int64)
    for values in columns.values():
        codes = np.unique(values.astype(str), return_inverse=True)[1]
        digests = np.unique(digests * (int(codes.max()) + 1) + codes, return_inverse=True)[1]
    return digests


def _loss(ground: Ground, flipped: Rows, aside: Rows) -> float:
    """Log loss of the later months, when the model learns from the first months and what is left of the log."""
    flights, log = ground.flights, np.flatnonzero(ground.log)
    rows = np.concatenate([np.flatnonzero(ground.first), log[~aside]])
    late = np.concatenate([flights.late[ground.first], (flights.late[log] ^ flipped)[~aside]])
    return float(log_losses(flights.chances(rows, late, ground.later), flights.late[ground.later]).mean())


def _print(outcomes: Sequence[Outcome]) -> None:
    table = Table(title="False labels among those of March to May from ten senders; log loss of June to December")
    heads = ("attack", "poisoned", "found", "clean rows lost", "no poison", "undefended", "defended", "cost", "bar")
    for head in heads:
        table.add_column(head, justify="left" if head == "attack" else "right")
    for o in outcomes:
        table.add_row(
            o.attack,
            f"{o.poisoned:.1%}",
            "" if o.found is None else f"{o.found:.0%}",
            f"{o.clean_lost:.2%}",
            f"{o.without_poison:.4f}",
            f"{o.undefended:.4f} ({o.undefended / o.without_poison - 1:+.2%})",
            f"{o.defended:.4f}",
            f"{o.cost:+.2%}",
            {True: "holds", False: "broken", None: "none"}[o.bar],
        )
    console = Console(width=150)
    console.print(table)
    for o in outcomes:
        console.print(f"{o.attack}: {', '.join(f'{n:,} {r}' for r, n in o.reasons.items()) or 'nothing set aside'}")


if __name__ == "__main__":
    main()
