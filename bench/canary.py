"""How often a canary is judged wrongly, and how soon a worse one is found: `python -m bench.canary [--json]`.

Rollouts are simulated of paired differences of log loss that real flights gave. Exits with 1 if a bar does not hold.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from time import process_time

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from bench.canary_rollouts import Fates, Stream, independent_rows, rollouts, whole_hours
from bench.learnt_flights import LearntFlights, learnt_flights, log_losses

ROLLOUTS = 2_000
SHARES = (0.1, 0.5)
WORSE = 0.05
MOST_WRONG, LEAST_FOUND, WITHIN = 0.05, 0.95, 2_500
EQUAL_HOURS, UNEQUAL_HOURS = 2_000, 1_200  # how long a rollout is watched at most
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One kind of challenger, 2,000 rollouts: shares judged, and the challenger's labelled rows until then."""

    case: str
    rows: str  # independent, or whole hours
    share: float | None  # of the traffic that the challenger has; None where it does not matter
    harmful: float
    better: float
    median: float | None
    most: float | None  # 95 % of the rollouts were judged by then
    in_time: float | None
    bar: bool | None  # whether the bar that this case has holds


def main() -> None:
    parser = argparse.ArgumentParser(description="What canaries are judged by, simulated.")
    parser.add_argument("--rollouts", type=int, default=ROLLOUTS, help="of each case (default 2,000)")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of a table")
    options = parser.parse_args()
    begun = process_time()
    outcomes = list(_outcomes(learnt_flights(), options.rollouts))
    if options.json:
        json.dump([asdict(outcome) for outcome in outcomes], sys.stdout)
    else:
        _print(outcomes, process_time() - begun)
    sys.exit(0 if all(outcome.bar is not False for outcome in outcomes) else 1)


def _outcomes(flights: LearntFlights, number: int) -> Iterator[Outcome]:
    learnt, asked = flights.between("2013-01-01", "2013-03-01"), flights.between("2013-03-01", "2014-01-01")
    late, hours = flights.late[asked], flights.hours[asked]
    models = _models(flights, learnt, asked)
    base = log_losses(models["champion"], late)
    pairs = {"the same, other rows drawn": ("drawn", "drawn again"), "learnt until May": ("until May", "champion")}
    for name, (challenger, champion) in pairs.items():
        difference = log_losses(models[challenger], late) - log_losses(models[champion], late)
        for kind, stream in _streams(difference - difference.mean(), hours).items():
            yield _equal(f"no difference: {name}", kind, rollouts(stream, number, EQUAL_HOURS))
        naive = rollouts(whole_hours(difference - difference.mean(), hours), number, EQUAL_HOURS, clustered=False)
        yield _equal(f"no difference: {name}", "whole hours, taken for independent rows", naive, barred=False)
    broken = {name: models[name] for name in ("a feature permuted", "labels partly flipped", "1,500 rows learnt")}
    for name, chances in broken.items():
        difference = log_losses(_as_bad(models["champion"], chances, late, base), late) - base
        for kind, stream in _streams(difference, hours).items():
            fates = rollouts(stream, number, UNEQUAL_HOURS)
            yield from (_found(f"5 % worse: {name}", kind, share, fates, fates.harmful) for share in SHARES)
            if name == "a feature permuted":  # the same with the roles exchanged: 5 % better
                other = rollouts(stream.negated(), number, UNEQUAL_HOURS)
                yield from (_found("5 % better", kind, share, other, other.better) for share in SHARES)


def _models(flights: LearntFlights, learnt: NDArray[np.bool_], asked: NDArray[np.bool_]) -> Mapping[str, Floats]:
    """Chances of the flights asked for, by the champion and by challengers."""
    chance = np.random.default_rng(0)
    rows, until_may = np.flatnonzero(learnt), np.flatnonzero(flights.between("2013-01-01", "2013-05-01"))

    def fitted(places: NDArray[np.int64], flipped: float = 0.0) -> Floats:
        turned = chance.random(len(places)) < flipped
        return flights.chances(places, flights.late[places] ^ turned, asked)

    return {
        "champion": fitted(rows),
        "drawn": fitted(chance.choice(rows, len(rows))),
        "drawn again": fitted(chance.choice(rows, len(rows))),
        "until May": fitted(until_may),
        "labels partly flipped": fitted(rows, 0.2),
        "1,500 rows learnt": fitted(chance.choice(rows, 1_500, replace=False)),
        "a feature permuted": flights.with_permuted("departure_minute", chance).chances(
            rows, flights.late[rows], asked
        ),
    }


def _as_bad(champion: Floats, broken: Floats, late: NDArray[np.bool_], base: Floats) -> Floats:
    """A mixture of both on the logit scale, beyond the broken one if need be, whose log loss is 5 % higher."""

    def mixed(share: float) -> Floats:
        return 1 / (1 + np.exp(-(_logit(champion) + share * (_logit(broken) - _logit(champion)))))

    low, high = 0.0, 8.0
    for _ in range(40):
        middle = (low + high) / 2
        worse = log_losses(mixed(middle), late).mean() > (1 + WORSE) * base.mean()
        low, high = (low, middle) if worse else (middle, high)
    return mixed(high)


def _logit(chances: Floats) -> Floats:
    bounded = np.clip(chances, 1e-6, 1 - 1e-6)
    return np.log(bounded / (1 - bounded))


def _streams(difference: Floats, hours: NDArray[np.int64]) -> Mapping[str, Stream]:
    return {"independent": independent_rows(difference), "whole hours": whole_hours(difference, hours)}


def _equal(case: str, kind: str, fates: Fates, barred: bool = True) -> Outcome:
    wrong = float(np.mean(np.isfinite(fates.harmful) | np.isfinite(fates.better)))
    harmful, better = (float(np.isfinite(rows).mean()) for rows in (fates.harmful, fates.better))
    return Outcome(case, kind, None, harmful, better, None, None, None, wrong <= MOST_WRONG if barred else None)


def _found(case: str, kind: str, share: float, fates: Fates, right: Floats) -> Outcome:
    own = share * right
    in_time = float(np.mean(own <= WITHIN))
    harmful, better = (float(np.isfinite(rows).mean()) for rows in (fates.harmful, fates.better))
    median, most = (float(np.quantile(own, part, method="higher")) for part in (0.5, 0.95))
    bar = in_time >= LEAST_FOUND if kind == "independent" else None  # README.md says why whole hours have none
    return Outcome(case, kind, share, harmful, better, median, most, in_time, bar)


def _print(outcomes: Sequence[Outcome], seconds: float) -> None:
    table = Table(title="Rollouts, looked at every hour of flights")
    heads = ("challenger", "rows", "share", "harmful", "better", "own rows: median", "95 %", "within 2,500", "bar")
    for head in heads:
        table.add_column(head, justify="left" if head in heads[:2] else "right")
    for o in outcomes:
        held = {True: "holds", False: "broken", None: "none"}[o.bar]
        numbers = (_percent(o.harmful), _percent(o.better), _count(o.median), _count(o.most), _percent(o.in_time))
        table.add_row(o.case, o.rows, "" if o.share is None else f"{o.share:.0%}", *numbers, held)
    console = Console(width=150)
    console.print(table)
    console.print(f"{seconds:.0f} s of processor time")


def _percent(part: float | None) -> str:
    return "" if part is None else f"{part:.1%}"


def _count(rows: float | None) -> str:
    return "" if rows is None else f"{rows:,.0f}"


if __name__ == "__main__":
    main()
