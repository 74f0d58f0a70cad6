"""The page of a model card: whole, self-contained, readable in order, and safe whatever the data hold."""

from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from functions.manage.card import ModelCard
from tests.functions.evaluate.page_outline import Outline
from tests.functions.evaluate.sample_reports import HOSTILE
from tests.functions.manage.worlds import EXTERNAL, MODEL, ManagedWorld, report_of
from trimtab.card_console import print_card
from trimtab.card_page import render

EVERY = ("by_hand", "of_the_loop", "external", "hostile")
every = pytest.mark.parametrize("name", EVERY)


@cache
def cards() -> dict[str, dict[str, Any]]:
    """One of each kind."""
    with TemporaryDirectory() as folder:
        world = ManagedWorld(Path(folder))
        for day in range(1, 20):
            world.report(world.evaluate(day), report_of("1", "2"))
        world.add_external()
        world.report(world.evaluate(1, "2024-02", EXTERNAL), report_of("2024-02"))
        world.report(world.evaluate(2, HOSTILE[0], EXTERNAL), report_of(HOSTILE[0]))
        card = ModelCard(*world.args).document
        found = {
            "by_hand": card(MODEL, "1"),
            "of_the_loop": card(MODEL, "2"),
            "external": card(EXTERNAL, "2024-02"),
            "hostile": card(EXTERNAL, HOSTILE[0]),
        }
    bad = HOSTILE[1]
    loop = found["of_the_loop"]
    found["hostile"] = {**loop, **found["hostile"], "gate": loop["gate"], "registered": loop["registered"]}
    found["hostile"]["about"] = dict.fromkeys(found["hostile"]["about"], bad)
    found["hostile"]["approvals"] = {
        "author": bad,
        "person": bad,
        "evidence_at": None,
        "given": [{"by": bad, "person": bad, "time": "2013-03-11T00:00:00Z", "comment": bad}],
    }
    found["hostile"]["audit"] = [{**entry, "actor": bad, "details": {bad: bad}} for entry in loop["audit"]]
    return found


@cache
def page_of(name: str) -> str:
    return render(cards()[name])


@every
def test_every_element_is_closed_every_id_is_there_once_and_every_link_leads_to_one(name: str) -> None:
    page = Outline.of(page_of(name))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {str(link["href"]).removeprefix("#") for link in page.named("a")} <= set(ids)


@every
def test_a_page_asks_for_nothing_and_runs_nothing(name: str) -> None:
    page = Outline.of(page_of(name))
    names = {element for element, _ in page.elements}
    assert not {"script", "iframe", "img", "object", "embed", "form", "base", "image", "use"} & names
    assert not [attribute for _, all_of in page.elements for attribute in all_of if attribute.startswith("on")]


@every
def test_headings_go_down_one_level_at_a_time_and_all_parts_are_there(name: str) -> None:
    page = Outline.of(page_of(name))
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert [words for level, words in page.headings if level == 2] == [
        "Purpose and limits",
        "Data",
        "Metrics",
        "Slices",
        "Gate",
        "Drift baseline",
        "Latency",
        "Lineage",
        "Approvals",
        "In production",
        "Audit",
        "What is not known",
    ]


@every
def test_tables_have_a_caption_and_heads_that_say_of_what(name: str) -> None:
    page = Outline.of(page_of(name))
    assert len(page.named("caption")) == len(page.named("table")) > 0
    assert all(head.get("scope") in ("col", "row") for head in page.named("th"))


@every
def test_each_gap_is_told_where_it_is_and_at_the_end(name: str) -> None:
    said = Outline.of(page_of(name)).text
    for entry in cards()[name]["unknown"]:
        assert entry["why"] in said


def test_the_page_has_the_numbers_of_the_card() -> None:
    card, said = cards()["of_the_loop"], Outline.of(page_of("of_the_loop")).text
    for metric in card["metrics"]["values"]:
        assert f"{metric['value']:#.4g}" in said
    for check in card["gate"]["checks"]:
        assert check["text"] in said
    for file in card["data"]["snapshot"]["files"]:
        assert file["sha256"] in said
    assert card["registered"]["artifact"] in said
    assert all(f"{reason}" in said for reason in card["data"]["snapshot"]["quarantine"]["by_reason"])
    assert "19 windows" in said


def test_the_lineage_is_in_the_page_as_a_picture_and_as_a_table() -> None:
    page = Outline.of(page_of("of_the_loop"))
    picture = next(attributes for attributes in page.named("svg") if attributes.get("class") == "lineage")
    assert picture["aria-label"] == f"Lineage of {MODEL} version 2"
    for node in cards()["of_the_loop"]["lineage"]["nodes"]:
        assert page.text.count(node["label"]) >= 2


def test_text_from_data_stays_text() -> None:
    said = Outline.of(page_of("hostile")).text
    assert HOSTILE[0] in said
    assert HOSTILE[1] in said


def test_a_terminal_shows_the_short_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    for name in EVERY:
        print_card(cards()[name])
    said = capsys.readouterr()
    assert f"{MODEL} version 2: binary model, approved, live" in said.out
    assert "gate ✓ ONNX answers as its original" in said.out
    assert "tides version 2024-02: binary model, hosted elsewhere" in said.out
    assert "not known: gate: a person deployed it: the gate was not asked" in said.err
