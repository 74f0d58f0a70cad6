"""The page of a report: whole, self-contained, in a reader's order, and safe whatever the data hold."""

import re
from functools import cache
from itertools import pairwise
from time import process_time

import pytest

from functions.evaluate.report_html import render
from tests.functions.evaluate import sample_reports
from tests.functions.evaluate.page_outline import Outline

every = pytest.mark.parametrize("name", sample_reports.EVERY)


@cache
def page_of(name: str) -> str:
    return render(sample_reports.EVERY[name]())


@every
def test_every_element_is_closed_and_every_id_is_there_once(name: str) -> None:
    page = Outline.of(page_of(name))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for link in page.named("a"):
        assert str(link["href"]).removeprefix("#") in ids


@every
def test_a_page_asks_for_nothing_and_runs_nothing(name: str) -> None:
    page = Outline.of(page_of(name))
    assert not {"script", "iframe", "img", "object", "embed", "form", "base", "image", "use"} & {
        e for e, _ in page.elements
    }
    for element, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")], element
        for name_, value in attributes.items():
            if name_ in {"href", "src", "action", "xlink:href"}:
                assert str(value).startswith(("#", "data:,")), (element, value)
            assert "url(" not in str(value)
    policy = next(m["content"] for m in page.named("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert str(policy).startswith("default-src 'none'; style-src 'unsafe-inline'")


@every
def test_headings_go_down_one_level_at_a_time_and_the_verdict_comes_first(name: str) -> None:
    page = Outline.of(page_of(name))
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    sections = [words for level, words in page.headings if level == 2]
    assert sections == [
        "Why",
        "What was judged",
        "Performance",
        "Performance without labels",
        "Drift",
        "Data quality",
        "Operation",
        "How to read this page",
        "Where this comes from",
    ]


@every
def test_charts_have_a_title_and_tables_a_caption(name: str) -> None:
    html = page_of(name)
    for drawn in re.findall(r"<svg[^>]*>(?:<title>|)", html):
        assert 'aria-hidden="true"' in drawn or drawn.endswith("<title>"), drawn
    assert html.count("<table") == html.count("<caption")


def test_verdict_and_reasons_are_told_in_words_with_their_numbers() -> None:
    report = sample_reports.binary()
    page = Outline.of(render(report))
    assert "Keep, for now" in page.text
    assert "This window alone says: roll back. It is number 1 of the 2 in a row that it takes." in page.text
    for reason in report["verdict"]["reasons"]:
        assert reason["text"][1:] in page.text
    assert (
        page.text.index("Keep, for now") < page.text.index("Worse than at training") < page.text.index("Data quality")
    )
    assert "12.0% worse than the reference's 0.4120" in page.text


@pytest.mark.parametrize(
    ("value", "reference", "said"),
    [
        (0.4, 0.4, "the same as the reference's 0.4000"),
        (0.4, 0.0, "beside the reference's 0"),
        (0.3, 0.4, "25.0% better than the reference's 0.4000"),
        (0.4, None, "0.3500 to 0.4500; lower is better"),
    ],
)
def test_the_judged_metric_is_told_beside_its_reference(value: float, reference: float | None, said: str) -> None:
    report = sample_reports.binary()
    report["performance"]["metrics"][0] |= {"value": value, "low": 0.35, "high": 0.45}
    report["performance"]["metrics"][0]["reference"]["value"] = reference
    assert said in Outline.of(render(report)).text


def test_a_verdict_that_cools_down_says_until_when() -> None:
    report = sample_reports.binary()
    report["verdict"] |= {
        "verdict": "KEEP",
        "finding": "RETRAIN",
        "consecutive": 3,
        "cooling_down_until": "2013-07-24T06:00:00Z",
    }
    assert "it is not said again before 2013-07-24 06:00 UTC" in Outline.of(render(report)).text


def test_metrics_are_charted_over_all_windows_with_reference_and_what_is_allowed() -> None:
    html = render(sample_reports.binary())
    chart = re.search(r"<figure><figcaption>Log loss by window.*?</figure>", html)
    assert chart is not None
    drawn = chart[0]
    assert drawn.count('class="dot realised"') == 20  # of 21 windows one has no labels
    assert drawn.count('class="line realised"') == 3  # so the line has a gap; and one in the legend
    assert drawn.count('class="reference"') + drawn.count('class="limit"') >= 2
    assert 'class="allowed"' in drawn
    assert drawn.count("▲") == 3  # two windows that said to retrain, and the legend
    assert "2013-07-21 18:00: 0.4614 (0.4476 to 0.4753), live version 3" in drawn


def test_estimates_stand_beside_what_came_out_with_their_error() -> None:
    report = sample_reports.binary()
    html = render(report)
    chart = re.search(r"<figure><figcaption>Log loss: estimated, and as it came out.*?</figure>", html)
    assert chart is not None
    assert chart[0].count('class="dot realised"') == len(report["estimate"]["tracked"]) == 20
    assert chart[0].count('class="dot estimated"') == 21
    assert f"were off by {report['estimate']['mean_absolute_error']:.4g}" in html


def test_slices_are_ranked_by_how_bad_they_are_whichever_way_is_better() -> None:
    for name, falling in (("binary", True), ("regression", True)):
        report = sample_reports.EVERY[name]()
        html = render(report)
        table = html[html.index("by slice, the worst first") :]
        shown = [
            float(v) for v in re.findall(r'</svg></td><td class="n">([\d.]+)</td>', table[: table.index("</table>")])
        ]
        assert len(shown) == min(20, len(report["performance"]["slices"]))
        assert shown == sorted(shown, reverse=falling)


def test_drift_shows_both_distributions_and_new_categories() -> None:
    page = Outline.of(render(sample_reports.binary()))
    assert "3 of 11 columns drifted" in page.text
    assert "predicted probability" in page.text
    assert "(192 rows)" in page.text
    names = [words for level, words in page.headings if level == 4]
    assert [name.split()[0] for name in names[:3]] == ["temperature", "predicted", "humidity"]
    assert all("drifted" in name for name in names[:3])
    assert not any("drifted" in name for name in names[3:])


def test_a_confusion_of_many_classes_shows_the_pairs_first() -> None:
    few, many = Outline.of(render(sample_reports.multiclass(3))), Outline.of(render(sample_reports.multiclass(40)))
    assert "taken for" not in few.text
    assert "The classes that are confused most often" in many.text
    assert "the whole matrix" in many.text


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("first_window", "No labels yet: no prediction of the model is older than 6 h"),
        ("first_window", "Not estimated: there is no reference yet"),
        ("first_window", "Not measured: no release is live, so there is no reference"),
        ("first_window", "No predictions in this window, so no inputs to look at"),
        ("first_window", "Not enough evidence"),
        ("too_few", "No labels: 30 predictions of the labelled window should have one by now"),
        ("too_few", "Too few rows to judge: drift is judged from 200 on"),
        ("too_few", "no labels have come to check one"),
        ("external", "it had too few labels to tell"),
        ("external", "not known here: the model is hosted elsewhere"),
        ("multiclass", "model.toml names no slices"),
    ],
)
def test_a_part_that_is_empty_says_why(name: str, why: str) -> None:
    assert why in Outline.of(page_of(name)).text


def test_text_from_data_stays_text() -> None:
    html = render(sample_reports.hostile())
    assert "<script" not in html
    assert "<img" not in html
    assert "\u202e" not in html
    page = Outline.of(html)
    assert "<script>alert(1)</script>" in page.text  # seen as it is, not run
    assert "a & b < c" in page.text
    assert "(empty)" in page.text
    assert "x" * 200 not in page.text  # a value of 5,000 characters is cut


def test_half_a_surrogate_pair_does_not_stop_a_report() -> None:
    report = sample_reports.binary()
    report["drift"]["columns"][0]["bins"][0] = "\ud800"
    assert render(report).encode()


def test_hundreds_of_features_and_slices_stay_readable() -> None:
    html = render(sample_reports.huge())
    assert len(html.encode()) < 3_000_000
    page = Outline.of(html)
    assert "475 more columns" in page.text
    assert "180 more slices" in page.text
    assert "440 more columns: see the ranking above" in page.text
    assert all(f"feature_{number}" in page.text for number in range(500))


@pytest.mark.parametrize("value", [0.0, 1e-12, 1e300, 1.7e308, -1.7e308])
def test_a_value_of_any_size_can_be_charted(value: float) -> None:
    report = sample_reports.regression()
    for metric in report["performance"]["metrics"]:
        metric.update(value=value, low=value, high=value)
    html = render(report)
    assert not re.search(r"\b(nan|inf)\b", html)
    assert "regression model" in Outline.of(html).text


def test_a_report_of_flights_is_rendered_in_30_ms() -> None:
    report = sample_reports.binary()
    render(report)
    taken = []
    for _ in range(5):
        begun = process_time()
        render(report)
        taken.append(process_time() - begun)
    assert min(taken) < 0.030


def test_the_same_report_gives_the_same_page() -> None:
    assert render(sample_reports.binary()) == render(sample_reports.binary())
