"""The page of a report in a real browser: wide and narrow, light and dark, on paper, and under attack."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from functions.evaluate.report_html import render
from tests.browser.chromium import needs_chromium
from tests.functions.evaluate import sample_reports

NARROW, WIDE = 390, 1280

pytestmark = needs_chromium
every = pytest.mark.parametrize("name", sample_reports.EVERY)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The file of each sample's page."""
    folder = tmp_path_factory.mktemp("pages")
    written = {name: folder / f"{name}.html" for name in sample_reports.EVERY}
    for name, path in written.items():
        path.write_text(render(sample_reports.EVERY[name]()))
    return written


def opened(browser: Browser, path: Path, width: int, dark: bool = False) -> tuple[Page, list[str], list[str]]:
    """The page, what it asked the network for, and what it complained of; all that is folded away is unfolded."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    return page, asked, said


@every
def test_a_page_asks_only_for_itself_and_complains_of_nothing(
    name: str, browser: Browser, pages: dict[str, Path]
) -> None:
    page, asked, said = opened(browser, pages[name], WIDE)
    assert asked == [pages[name].as_uri()]
    assert said == []
    page.close()


@every
@pytest.mark.parametrize("width", [320, NARROW, WIDE])
def test_nothing_is_wider_than_the_screen(name: str, width: int, browser: Browser, pages: dict[str, Path]) -> None:
    page, _, _ = opened(browser, pages[name], width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = page.evaluate(
        """[...document.querySelectorAll('main *')].filter(element => {
             const box = element.getBoundingClientRect(), scrolls = element.closest('.scroll');
             return box.right > innerWidth + 1 && (!scrolls || scrolls === element);
           }).map(element => element.outerHTML.slice(0, 80))"""
    )
    assert outside == []
    page.close()


def test_a_chart_s_last_window_lies_at_its_right_end_whatever_the_width(
    browser: Browser, pages: dict[str, Path]
) -> None:
    for width in (NARROW, WIDE):
        page, _, _ = opened(browser, pages["binary"], width)
        chart = page.locator("#performance figure svg").first.bounding_box()
        last = page.locator("#performance figure").first.locator(".dot.realised").last.bounding_box()
        assert chart is not None
        assert last is not None
        place = (last["x"] + last["width"] / 2 - chart["x"]) / chart["width"]
        assert 0.95 < place < 1.0
        page.close()


def test_hostile_text_runs_nothing(browser: Browser, pages: dict[str, Path]) -> None:
    page, asked, said = opened(browser, pages["hostile"], WIDE)
    assert page.locator("script, img, iframe").count() == 0
    assert page.get_by_text("<script>alert(1)</script>").count() > 0
    assert (len(asked), said) == (1, [])
    page.close()


def test_the_page_s_own_policy_stops_a_script_and_a_request(browser: Browser, tmp_path: Path) -> None:
    injected = "<script>document.title = 'run'</script><img src='https://example.invalid/x.png'></body>"
    path = tmp_path / "tampered.html"
    path.write_text(render(sample_reports.binary()).replace("</body>", injected))
    page = browser.new_page()
    stopped: list[tuple[str, str | None]] = []
    page.on("requestfailed", lambda request: stopped.append((request.url, request.failure)))
    page.goto(path.as_uri())
    assert page.title().startswith("small: Keep")
    assert stopped == [("https://example.invalid/x.png", "csp")]
    page.close()


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_the_paper(dark: bool, browser: Browser, pages: dict[str, Path]) -> None:
    """A contrast of 4.5 : 1 at least (WCAG 2.2, 1.4.3) of all text, on the page's paper and on its cards."""
    page, _, _ = opened(browser, pages["binary"], WIDE, dark)
    worst = page.evaluate(
        """() => {
             const parts = colour => colour.match(/[\\d.]+/g).map(Number);
             const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
               .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
               .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
             const under = element => {
               for (let e = element; e; e = e.parentElement) {
                 const colour = parts(getComputedStyle(e).backgroundColor);
                 if (colour[3] === undefined || colour[3] === 1) return colour;
               }
             };
             const words = [...document.querySelectorAll('body *')].filter(e => !e.closest('.cell') &&
               [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && !e.closest('title, style'));
             return Math.min(...words.map(e => {
               const [a, b] = [light(parts(getComputedStyle(e).color)), light(under(e))].sort();
               return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
             }));
           }"""
    )
    assert worst >= 4.5
    page.close()


def test_it_prints(browser: Browser, pages: dict[str, Path]) -> None:
    page, _, _ = opened(browser, pages["binary"], WIDE)
    page.emulate_media(media="print")
    assert page.locator("nav").is_hidden()
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()
