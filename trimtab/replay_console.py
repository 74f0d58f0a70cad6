"""How a replay is shown on a terminal: its progress bar with what happens on the way, and its table by month."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from time import perf_counter

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from trimtab.commands.options import shown
from trimtab.console import notes, print_table, results
from trimtab.replay_events import WORDS, Event
from trimtab.replayed import Replayed

LONGEST_EVENT = 200  # characters


class Bar:
    """A progress bar with virtual date, rows a second and the last verdict; what `replay` tells its watcher."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None, start=False, visible=False, now="", rate="", verdict="")
        self._answered, self._begun = 0, 0.0

    def begin(self, rows: int) -> None:
        self._begun = perf_counter()
        self._progress.start_task(self._task)
        self._progress.update(self._task, total=rows, visible=True)

    def rows(self, count: int) -> None:
        self._answered += count
        rate = self._answered / max(perf_counter() - self._begun, 1e-9)
        self._progress.update(self._task, advance=count, rate=f"{rate:,.0f} rows/s")

    def time(self, now: datetime, verdict: str | None) -> None:
        self._progress.update(self._task, now=f"{now:%d %b %Y %H:%M}", verdict=verdict or "no verdict yet")

    def happened(self, event: Event) -> None:
        line = f"{event.time:%d %b %Y %H:%M}  {WORDS[event.what]}: {event.about}"
        self._progress.console.print(line[:LONGEST_EVENT], markup=False, highlight=False)


@contextmanager
def replay_bar() -> Iterator[Bar]:
    columns = (
        TextColumn("{task.fields[now]}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(), TextColumn("{task.fields[verdict]}"),
    )  # fmt: skip
    with Progress(*columns, console=notes, transient=True) as progress:
        yield Bar(progress)


def print_replayed(done: Replayed) -> None:
    """The table by month, and what was sent against what was found."""
    metric, whole, compared = done.outcome.judged_metric, done.outcome.whole, done.comparison
    if compared is None:
        results.print("no row of the replay has a label: nothing to compare the loop with")
    else:
        from trimtab.replay_page import months, verdict_in_words

        columns = ["month", "rows", "labelled", *compared.lines, "what happened"]
        rows = [
            [name, f"{span.rows:,}", f"{span.labelled:,}", *map(shown, values.values()), happened]
            for name, span, values, happened in months(compared, done.outcome, done.correction)
        ]
        print_table(f"{done.model}: {metric} without and with the loop", columns, rows)
        results.print(verdict_in_words(compared), markup=False)
    refused = f" ({done.rows_refused:,} more were refused by the endpoint)" if done.rows_refused else ""
    results.print(
        f"rows sent {done.rows_sent:,}{refused}, found in the log {whole.rows:,}; "
        f"labels sent {done.labels_sent:,}, found {whole.labelled:,}; {done.seconds:.0f} s",
        markup=False,
    )
    if done.picture is not None:
        results.print(f"the picture: {done.picture}", markup=False)
    if done.last_report is not None:
        results.print(f"the last report: {done.last_report}\nall of them: {done.last_report.parents[1]}", markup=False)
