"""`trimtab replay` and its options."""

import signal
import webbrowser
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from functions.domain.errors import NotFoundError
from trimtab.commands.options import Json, Model
from trimtab.console import note, print_json
from trimtab.project import Project


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
    from trimtab.replay_console import print_replayed, replay_bar

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends it, its cloud is stopped
    day = None if until is None else until.replace(tzinfo=UTC)
    refits = None if calendar == "off" else calendar
    asked = Asked(model, history, time, train_share, label_delay, refits, day, keep)
    try:
        with replay_bar() as bar:
            done = live_through(Project.find(), asked, bar)
    except KeyboardInterrupt:
        note("stopped, and its cloud with it; the next replay begins anew")
        raise
    for failure in done.failures[:5]:
        note(f"failed: {failure}")
    if as_json:
        print_json(done.to_document())
    else:
        print_replayed(done)
    if open_page and done.picture is not None and not webbrowser.open(done.picture.resolve().as_uri()):
        raise NotFoundError(f"no browser was found: open {done.picture} yourself")
    if keep:
        note(f"its cloud runs on: TRIMTAB_STATE=.trimtab-replay/{model}/cloud trimtab status {model}")
