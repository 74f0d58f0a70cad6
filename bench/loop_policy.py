"""How the defaults of retraining were found: `python -m bench.loop_policy [--seed N] [--no-flights]`.

Settings side by side on streams that drift, on one that does not, and on flights: the loop's mean log loss beside the
frozen first model's and refits on the calendar. Seeds here are never those of `bench.streams`.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from rich.console import Console
from rich.table import Table

from bench.loop_simulation import Loop, Simulated, calendar
from bench.loop_stream import Stream, file_stream, flights
from bench.prepare import MODEL_FOLDER
from bench.stream_files import stream_files
from functions.adapters.model_folder import load_settings
from functions.domain.model_config import ModelConfig

TUNED_ON = 101
PERIOD = timedelta(days=30)
WIDTH = 132  # of a table, wherever it is printed to


@dataclass(frozen=True, slots=True)
class Settings:
    """What is tried: keys of [train], [gate] and [evaluate]; `weeks` of labels are [train] min_labels."""

    weeks: int = 4
    schedule: str = "monthly"
    gate_confidence: float = 0.9
    tolerance: float = 0.05
    consecutive: int = 2
    window_days: int | None = None
    auto_window: bool = True

    def of(self, config: ModelConfig, rows_a_week: float) -> ModelConfig:
        """A model's settings with these in their place."""
        window_s = None if self.window_days is None else self.window_days * 86_400
        train = replace(
            config.train,
            schedule="monthly" if self.schedule == "monthly" else "off",
            min_labels=max(1, round(self.weeks * rows_a_week)),
            window_s=window_s,
            auto_window=self.auto_window and window_s is None,
            keep_first_s=None if window_s is None else window_s,
        )
        evaluate = replace(config.evaluate, tolerance=self.tolerance, consecutive=self.consecutive, slices=())
        gate = replace(config.gate, confidence=self.gate_confidence)
        return replace(config, train=train, evaluate=evaluate, gate=gate)


TRIED: Mapping[str, Settings] = {
    "as `trimtab new` writes them": Settings(),
    "all rows alone": Settings(auto_window=False),
    "two weeks of labels": Settings(weeks=2),
    "three weeks of labels": Settings(weeks=3),
    "five weeks of labels": Settings(weeks=5),
    "verdicts alone": Settings(schedule="off"),
    "schedule alone": Settings(tolerance=10.0),
    "tolerance 0.1": Settings(tolerance=0.1),
    "one evaluation in a row": Settings(consecutive=1),
    "gate 80 % sure": Settings(gate_confidence=0.8),
    "window 90 days": Settings(window_days=90),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Settings of the loop side by side, without a cloud.")
    parser.add_argument("--seed", type=int, default=TUNED_ON, help=f"of the streams (default {TUNED_ON})")
    parser.add_argument("--no-flights", action="store_true", help="streams alone: minutes less")
    options = parser.parse_args()
    progress = Console(stderr=True)
    files = stream_files(options.seed, lambda text: progress.print(text))
    streams = [file_stream(name, path, options.seed) for name, path in files.items()]
    if not options.no_flights:
        streams.append(flights())
    for stream in streams:
        progress.print(f"living through {stream.name}")
        Console(width=WIDTH).print(compared(stream, TRIED))


def compared(stream: Stream, tried: Mapping[str, Settings]) -> Table:
    """One stream's table: a line a setting."""
    config = load_settings(MODEL_FOLDER).config
    weeks = (stream.time[-1] - stream.time[0]).astype("timedelta64[s]").astype(float) / 604_800
    loss, refits = calendar(stream, config, PERIOD)
    table = Table("settings", "frozen", "calendar", "loop", "over frozen", "over calendar", "retrainings", "refused",
                  "rolled back", title=f"{stream.name}: {refits} refits on the calendar")  # fmt: skip
    for name, settings in tried.items():
        found = Loop(stream, settings.of(config, len(stream.labels) / weeks)).run()
        table.add_row(name, *_cells(found, loss))
    return table


def _cells(found: Simulated, calendar_loss: float) -> Sequence[str]:
    over = [1 - found.loop / found.frozen, 1 - found.loop / calendar_loss]
    losses = [f"{loss:.4f}" for loss in (found.frozen, calendar_loss, found.loop)]
    counts = [str(count) for count in (found.retrainings, found.refused, found.rollbacks)]
    return [*losses, *(f"{gain:+.1%}" for gain in over), *counts]


if __name__ == "__main__":
    main()
