"""docs/compliance.md claims nothing that is not there: every file and test that it names exists."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "compliance.md"
TEST = re.compile(r"`(tests/[a-z0-9_/]+\.py)::(test_[a-z0-9_]+)`")
FILE = re.compile(r"\]\((\.\./[^)#]+)\)")
ARTICLES = (
    "12(1)",
    "12(2)(a)",
    "12(2)(b)",
    "12(2)(c)",
    "12(3)(a)",
    "12(3)(b), (c)",
    "12(3)(d)",
    "19(1)",
    "19(2)",
    "26(6)",
)
SUBCATEGORIES = {"MEASURE 2.4", "MANAGE 2.4", "MANAGE 4.1"}
NAMED = sorted(set(TEST.findall(PAGE.read_text())))


def requirements() -> Iterator[list[str]]:
    """The rows of the three tables of requirements: what, asks, what does it, held by."""
    text = PAGE.read_text().split("## What is kept")[0]
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == 4 and cells[1] not in ("asks", "---"):
            yield cells


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_test_that_is_named_is_there(file: str, name: str) -> None:
    assert re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE), f"{file} has no {name}"


def test_every_file_that_is_named_is_there() -> None:
    files = FILE.findall(PAGE.read_text())
    assert len(files) > 30
    assert [file for file in files if not (PAGE.parent / file).is_file()] == []


def test_each_requirement_names_who_does_it_and_who_holds_it_or_says_that_it_is_not_covered() -> None:
    for what, _, does, held in requirements():
        named = TEST.search(held) or "](../tests/" in held
        assert named or "**not covered**" in held, what
        assert "**not covered**" in held or "](" in does or "`" in does or TEST.search(held), what


def test_every_article_subcategory_and_risk_of_the_list_has_its_line() -> None:
    found = [cells[0] for cells in requirements()]
    assert tuple(what for what in found if what[:2] in ("12", "19", "26")) == ARTICLES
    assert {what for what in found if what.startswith("M") and not what.startswith("ML")} == SUBCATEGORIES
    assert [what[:4] for what in found if what.startswith("ML")] == [f"ML{number:02}" for number in range(1, 11)]


def test_what_is_said_of_retention_is_what_the_stages_have() -> None:
    text, stages = PAGE.read_text(), json.loads((ROOT / "cdk.json").read_text())["context"]["stages"]
    prod, dev = stages["prod"], stages["dev"]
    assert f"{prod['audit_retention_days']} days in `prod`, {dev['audit_retention_days']} in `dev`" in text
    assert f"{prod['log_days']} days in `prod`, {dev['log_days']} in `dev`" in text
    assert (prod["keep_data"], dev["keep_data"]) == (True, False)


def test_what_is_said_to_expire_does_and_nothing_else() -> None:
    rules = (ROOT / "infra" / "storage.py").read_text()
    expiring = re.findall(r'prefix="([a-z]+/)",\s+expiration=Duration\.days\((\d+)\)', rules)
    assert expiring == [("incoming/", "30"), ("candidates/", "90")]
    assert "`candidates/`; uploads in `incoming/` | 90 days; 30 days" in PAGE.read_text()
