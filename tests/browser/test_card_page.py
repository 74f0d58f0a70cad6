"""The page of a model card in a real browser: wide and narrow, light and dark, and on paper."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import needs_chromium
from tests.browser.test_report import NARROW, WIDE, opened
from tests.unit.test_card_page import EVERY, page_of

pytestmark = needs_chromium
every = pytest.mark.parametrize("name", EVERY)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("cards")
    written = {name: folder / f"{name}.html" for name in EVERY}
    for name, path in written.items():
        path.write_text(page_of(name))
    return written


@every
def test_a_page_asks_only_for_itself_and_complains_of_nothing(
    name: str, browser: Browser, pages: dict[str, Path]
) -> None:
    page, asked, said = opened(browser, pages[name], WIDE)
    assert (asked, said) == ([pages[name].as_uri()], [])
    assert page.locator("script, img, iframe").count() == 0
    page.close()


@every
@pytest.mark.parametrize("width", [320, NARROW, WIDE])
def test_nothing_is_wider_than_the_screen(name: str, width: int, browser: Browser, pages: dict[str, Path]) -> None:
    page, _, _ = opened(browser, pages[name], width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.parametrize("dark", [False, True])
def test_text_of_the_picture_stands_out_from_its_boxes(dark: bool, browser: Browser, pages: dict[str, Path]) -> None:
    """A contrast of 4.5 : 1 at least (WCAG 2.2, 1.4.3)."""
    page, _, _ = opened(browser, pages["of_the_loop"], WIDE, dark)
    worst = page.evaluate(
        """() => {
             const light = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
               .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
               .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
             const box = light(getComputedStyle(document.querySelector('.lineage .paper')).fill);
             return Math.min(...[...document.querySelectorAll('.lineage text')].map(text => {
               const ink = light(getComputedStyle(text).fill);
               return (Math.max(ink, box) + 0.05) / (Math.min(ink, box) + 0.05);
             }));
           }"""
    )
    assert worst >= 4.5
    page.close()


def test_no_line_of_the_picture_leaves_its_box(browser: Browser, pages: dict[str, Path]) -> None:
    page, _, _ = opened(browser, pages["of_the_loop"], WIDE)
    outside = page.evaluate(
        """[...document.querySelectorAll('.lineage g')].flatMap(group => {
             const box = group.querySelector('rect').getBoundingClientRect();
             return [...group.querySelectorAll('text')].filter(text => {
               const line = text.getBoundingClientRect();
               return line.right > box.right || line.bottom > box.bottom;
             }).map(text => text.textContent);
           })"""
    )
    assert outside == []
    page.close()


def test_on_paper_all_that_is_folded_away_is_there(browser: Browser, pages: dict[str, Path]) -> None:
    page = browser.new_page()
    page.goto(pages["of_the_loop"].as_uri())
    page.emulate_media(media="print")
    assert page.locator("nav").is_hidden()
    assert page.get_by_text("Versions that it was fitted with").is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()
