"""`trimtab replay`: its options, its progress bar, its table by month."""

import signal
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from functions.domain.errors import NotFoundError
from trimtab.commands.options import Json, Model, shown
from trimtab.console import note, notes, print_json, print_table, results
from trimtab.project import Project
from trimtab.replay_events import WORDS, Event

if TYPE_CHECKING:
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


def replay(
    model: Model,
    history: Annotated[
        Path | None, typer.Option("--from", help="A CSV file; by default the folder's own data set is replayed.")
    ] = None,
    time: Annotated[
        str | None, typer.Option(help="The file's column that says when a row happened; found by itself if it can be.")
    ] = None,
    train_share: Annotated[float, typer.Option(help="The first share of the history, which trains.")] = 0.1,
    label_delay: Annotated[
        str | None, typer.Option(help="How long after its row a label is known, such as 6h; [label] matures_after.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Stop before this day (UTC).")] = None,
    calendar: Annotated[
        str, typer.Option(help="How often the line of refits on the calendar is refitted, such as 30d; or off.")
    ] = "30d",
    keep: Annotated[
        bool, typer.Option("--keep/--fresh", help="Let the replay's cloud run on afterwards, or stop it.")
    ] = False,
    open_page: Annotated[bool, typer.Option("--open", help="Open the picture in the browser.")] = False,
    as_json: Json = False,
) -> None:
    """Live through a history in virtual time: what Trimtab would have said and done about your own past."""
    from trimtab.replay import Asked
    from trimtab.replay import replay as live_through

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends it, its cloud is stopped
    day = None if until is None else until.replace(tzinfo=UTC)
    refits = None if calendar == "off" else calendar
    asked = Asked(model, history, time, train_share, label_delay, refits, day, keep)
    try:
        with _bar() as bar:
            done = live_through(Project.find(), asked, bar)
    except KeyboardInterrupt:
        note("stopped, and its cloud with it; the next replay begins anew")
        raise
    for failure in done.failures[:5]:
        note(f"failed: {failure}")
    if as_json:
        print_json(done.to_document())
    else:
        _print(done)
    if open_page and done.picture is not None and not webbrowser.open(done.picture.resolve().as_uri()):
        raise NotFoundError(f"no browser was found: open {done.picture} yourself")
    if keep:
        note(f"its cloud runs on: TRIMTAB_STATE=.trimtab-replay/{model}/cloud trimtab status {model}")


@contextmanager
def _bar() -> Iterator[Bar]:
    columns = (
        TextColumn("{task.fields[now]}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(), TextColumn("{task.fields[verdict]}"),
    )  # fmt: skip
    with Progress(*columns, console=notes, transient=True) as progress:
        yield Bar(progress)


def _print(done: "Replayed") -> None:
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
