"""The page and the picture of a replay in a real browser: wide and narrow, light and dark, told by somebody hostile."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from functions.adapters.model_folder import load_settings
from tests.browser.chromium import needs_chromium
from tests.unit.folders import BINARY, write_folder
from tests.unit.sample_replay import comparison, correction, outcome
from trimtab.replay_page import write_page

NARROW, WIDE = 390, 1280

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replay")
    config = load_settings(write_folder(folder, BINARY)).config
    return write_page(folder, "small", comparison(config), outcome(), correction())


def opened(browser: Browser, path: Path, width: int, dark: bool = False) -> tuple[Page, list[str]]:
    """The page, and what it asked for or complained of."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
    said: list[str] = []
    page.on("request", lambda request: said.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(path.as_uri())
    return page, said


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_nothing_sticks_out_of_the_page(browser: Browser, page_file: Path, width: int) -> None:
    page, said = opened(browser, page_file, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == [page_file.as_uri()]
    page.close()


def test_the_picture_alone_is_shown_as_it_is_in_the_page(browser: Browser, page_file: Path) -> None:
    page, said = opened(browser, page_file.with_name("replay.svg"), WIDE)
    assert page.evaluate("document.documentElement.nodeName") == "svg"
    assert page.evaluate("document.querySelectorAll('.curve').length") >= 3
    assert len(said) == 1
    page.close()


def test_texts_of_the_picture_do_not_lie_on_each_other(browser: Browser, page_file: Path) -> None:
    page, _ = opened(browser, page_file, WIDE)
    boxes = page.evaluate(
        "[...document.querySelectorAll('svg text')].map(t => { const b = t.getBoundingClientRect();"
        " return [t.textContent, b.left, b.top, b.right, b.bottom]; })"
    )
    ends = page.evaluate("document.querySelector('svg').getBoundingClientRect().right")
    touching = [
        (one[0], other[0])
        for index, one in enumerate(boxes)
        for other in boxes[index + 1 :]
        if one[1] < other[3] and other[1] < one[3] and one[2] + 2 < other[4] and other[2] + 2 < one[4]
    ]
    assert touching == []
    assert all(box[3] <= ends for box in boxes)
    page.close()


def test_lines_are_told_apart_in_the_dark_too(browser: Browser, page_file: Path) -> None:
    seen = set()
    for dark in (False, True):
        page, _ = opened(browser, page_file, WIDE, dark)
        colours = page.evaluate("[...document.querySelectorAll('.curve')].map(c => getComputedStyle(c).stroke)")
        paper = page.evaluate("getComputedStyle(document.querySelector('svg .paper')).fill")
        assert len({*colours}) == 3
        assert paper not in colours
        seen.add(paper)
        page.close()
    assert len(seen) == 2
