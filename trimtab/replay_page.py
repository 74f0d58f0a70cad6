"""The page of a replay: what the loop was worth in one sentence, one picture, and the tables behind it. No script."""

from collections.abc import Iterator
from pathlib import Path

from functions.domain.metric_names import METRICS
from functions.evaluate.page.document import document
from functions.evaluate.page.layout import paragraph, section, table
from functions.evaluate.page.markup import Content, Html, tag
from functions.evaluate.page.numbers import change, counted, measured
from functions.evaluate.page.style import STYLE
from trimtab.replay_chart import NAMES, chart
from trimtab.replay_comparison import Comparison
from trimtab.replay_events import SHORT, WORDS, Correction
from trimtab.replay_outcome import Outcome, Span

PAGE, PICTURE = "replay.html", "replay.svg"
_OWN_STYLE = """
.picture{overflow-x:auto;border:1px solid var(--rule);border-radius:.5rem;background:var(--card)}
.picture svg{display:block;width:100%;min-width:46rem;height:auto}
.lead{font-size:1.15rem}"""


def write_page(folder: Path, model: str, compared: Comparison, outcome: Outcome, done: Correction) -> Path:
    """Write replay.html, with the picture in it, and replay.svg, the picture alone; returns the page."""
    picture = chart(model, compared, done)
    (folder / PICTURE).write_text(picture, encoding="utf-8")
    page = folder / PAGE
    page.write_text(render(model, picture, compared, outcome, done), encoding="utf-8")
    return page


def render(model: str, picture: Html, compared: Comparison, outcome: Outcome, done: Correction) -> str:
    """The page. Nothing of it is fetched: a policy in it forbids that."""
    whole = outcome.whole.window
    header = tag(
        "header",
        tag("p", f"{whole.start:%Y-%m-%d} to {whole.end:%Y-%m-%d}, replayed", class_="when"),
        tag("h1", f"{model}: what the loop was worth"),
    )
    main = tag(
        "main",
        tag("p", verdict_in_words(compared), class_="lead"),
        _tiles(compared, done),
        section("picture", "Over time", tag("div", picture, class_="picture"), _reading(compared)),
        section("months", "By month", months_table(compared, outcome, done)),
        section("events", "What happened", _events(done)),
    )
    return document(f"{model}: what the loop was worth", STYLE + _OWN_STYLE, tag("body", header, main))


def verdict_in_words(compared: Comparison) -> str:
    """What the loop was worth, in a sentence or two."""
    document = compared.to_document()
    metric = METRICS[compared.metric].title
    over = [(name, document.get(f"gain_over_{name}")) for name in ("frozen", "calendar")]
    parts = [f"{_compared(gain)} the {_named(name, compared)}" for name, gain in over if gain is not None]
    said = f"With the loop, {metric.lower() if metric[1:2].islower() else metric} was {measured(document['loop'])}"
    return f"{said}: {', and '.join(parts)}." if parts else f"{said}."


def months_table(compared: Comparison, outcome: Outcome, done: Correction) -> Html:
    """Each month's rows, labels, metric by line, and what happened."""
    head = ["month", "what happened", "rows", "labelled", *(NAMES[name] for name in compared.lines)]
    rows = [
        [name, done_then, f"{span.rows:,}", f"{span.labelled:,}", *map(measured, values.values())]
        for name, span, values, done_then in months(compared, outcome, done)
    ]
    return table(f"{METRICS[compared.metric].title} of the labelled rows", head, rows, words=2)


def months(
    compared: Comparison, outcome: Outcome, done: Correction
) -> Iterator[tuple[str, Span, dict[str, float | None], str]]:
    """Each month, and all of them: its name, what the table holds, the metric by line, and what happened."""
    for month in outcome.months:
        yield f"{month.window.start:%Y-%m}", month, compared.within(month.window), happened(done, month)
    yield "all", outcome.whole, compared.whole(), happened(done, outcome.whole)


def happened(done: Correction, span: Span) -> str:
    """What the loop said and did in a span of time, in words."""
    found = done.within(span.window)
    return ", ".join(f"{found[what]} {SHORT[what]}" for what in SHORT if found[what]) or "\N{EN DASH}"


def _tiles(compared: Comparison, done: Correction) -> Html:
    values, title = compared.whole(), METRICS[compared.metric].title
    tiles: list[tuple[str, Content, str]] = [(NAMES[name], measured(values[name]), title) for name in values]
    refits = compared.calendar_retrainings
    under = f"{done.refused} refused" + ("" if refits is None else f"; the calendar: {refits}")
    tiles += [
        ("retrainings", done.trainings, under),
        ("rollouts", done.rollouts, f"{done.rollbacks} rolled back"),
        ("quarantined", f"{done.quarantined:,}", "rows kept out of the last training"),
    ]
    items = (tag("li", name, tag("b", value), tag("span", note, class_="under")) for name, value, note in tiles)
    return tag("ul", *items, class_="tiles")


def _reading(compared: Comparison) -> Html:
    length = compared.config.evaluate.window
    days = length.total_seconds() / 86_400
    return paragraph(
        f"Each point is the metric of the {days:g} days before it. All lines are of the same rows: those that the "
        "endpoint answered and whose label came. The frozen model is the first version, for ever. Refits on the "
        "calendar learn from all labels known by then, without hold-out or gate. Point at a mark to read what happened."
    )


def _events(done: Correction) -> Html:
    if not done.events:
        return paragraph("Nothing: no verdict to act, no retraining, no rollout.")
    rows = [(f"{event.time:%Y-%m-%d %H:%M}", WORDS[event.what], event.about) for event in done.events]
    return table(counted(len(rows), "event"), ("time (UTC)", "what", "about"), rows, words=3)


def _named(name: str, compared: Comparison) -> str:
    if name == "frozen":
        return "frozen first model"
    return f"refit on the calendar ({compared.calendar_retrainings} times)"


def _compared(gain: float) -> str:
    if abs(gain) < 0.0005:
        return "the same as"
    return f"{change(abs(gain)).lstrip('+')} {'better' if gain > 0 else 'worse'} than"
