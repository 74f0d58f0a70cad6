"""The picture of a replay and its page: whole, safe, and readable by who cannot see it."""

import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from functions.adapters.model_folder import load_settings
from functions.domain.model_config import ModelConfig
from tests.unit.folders import BINARY, write_folder
from tests.unit.sample_replay import HAPPENED, comparison, correction, outcome
from trimtab.replay_chart import NAMES, chart
from trimtab.replay_events import Correction
from trimtab.replay_lanes import SIGNS
from trimtab.replay_page import months, verdict_in_words, write_page

SVG = "{http://www.w3.org/2000/svg}"
NOTHING = Correction((), 0, 0, 0, 0, 0, 0)


@pytest.fixture
def config(tmp_path: Path) -> ModelConfig:
    return load_settings(write_folder(tmp_path, BINARY)).config


def drawn(config: ModelConfig, done: Correction) -> ElementTree.Element:
    return ElementTree.fromstring(chart("small", comparison(config), done))  # noqa: S314 - our own


def test_the_picture_is_a_whole_svg_with_a_title_and_a_description(config: ModelConfig) -> None:
    root = drawn(config, correction())
    assert root.tag == f"{SVG}svg"
    assert "with and without the loop" in (root.findtext(f"{SVG}title") or "")
    assert "6,000 labelled rows" in (root.findtext(f"{SVG}desc") or "")


def test_each_line_is_drawn_and_named(config: ModelConfig) -> None:
    root = drawn(config, NOTHING)
    kinds = {path.get("class") for path in root.iter(f"{SVG}path")}
    assert {"curve frozen", "curve calendar", "curve loop"} <= kinds
    words = {text.text for text in root.iter(f"{SVG}text")}
    assert set(NAMES.values()) <= words
    assert "Log loss (lower is better)" in words


def test_without_a_calendar_its_line_is_not_there(config: ModelConfig) -> None:
    root = ElementTree.fromstring(chart("small", comparison(config, calendar=False), NOTHING))  # noqa: S314 - our own
    assert not [path for path in root.iter(f"{SVG}path") if "calendar" in (path.get("class") or "")]


def test_each_event_has_a_mark_that_says_what_happened(config: ModelConfig) -> None:
    root = drawn(config, correction())
    told = [path.findtext(f"{SVG}title") or "" for path in root.iter(f"{SVG}path")]
    assert len([text for text in told if text]) == len(HAPPENED)
    assert any(text.startswith("2013-03-21 00:00, verdict: retrain") for text in told)


def test_marks_differ_in_shape_within_their_lane() -> None:
    shapes = [(sign.lane, sign.shape) for sign in SIGNS.values()]
    assert len(set(shapes)) == len(shapes)


def test_labels_at_the_ends_of_the_lines_do_not_touch(config: ModelConfig) -> None:
    root = drawn(config, NOTHING)
    heights = sorted(float(text.get("y", 0)) for text in root.iter(f"{SVG}text") if (text.text or "") in NAMES.values())
    assert all(after - before >= 30 for before, after in pairwise(heights))


def test_a_replay_without_rows_is_a_picture_that_says_so(config: ModelConfig) -> None:
    assert "no labelled rows" in chart("small", comparison(config, rows=0), NOTHING)


def test_the_page_holds_the_picture_the_tables_and_no_script(config: ModelConfig, tmp_path: Path) -> None:
    page = write_page(tmp_path, "small", comparison(config), outcome(), correction())
    text = page.read_text()
    HTMLParser().feed(text)
    assert "<script" not in text
    assert (tmp_path / "replay.svg").read_text() in text
    assert text.count('<tr><th scope="row">') == 10 + 1 + len(HAPPENED)  # months, all, events
    assert "default-src &#x27;none&#x27;" in text


def test_months_add_up_to_the_whole(config: ModelConfig) -> None:
    *each, (name, _, values, happened) = months(comparison(config), outcome(), correction())
    assert name == "all"
    assert [month for month, *_ in each][:2] == ["2013-03", "2013-04"]
    assert set(values) == {"frozen", "calendar", "loop"}
    assert happened == ("1 to retrain, 1 to roll back, 1 passed, 1 refused, 1 failed, 1 live, 1 rolled back")
    assert each[2][3] == "1 to roll back, 1 failed"


def test_what_it_was_worth_is_said_with_its_side(config: ModelConfig) -> None:
    said = verdict_in_words(comparison(config))
    assert said.startswith("With the loop, log loss was 0.2485: ")
    assert "better than the frozen first model" in said
    assert "(9 times)" in said
