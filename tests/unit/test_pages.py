"""The commands that README and docs show are there, with the options that they name."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from trimtab.cli import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "bench" / "README.md"]
SHOWN = re.compile(r"(?:`|^)(?:time )?(?:\.venv/bin/)?trimtab ([a-z][^`#|\n]*)", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_trimtab_on_a_page_can_be_typed(page: Path) -> None:
    commands = typer.main.get_command(app)
    assert isinstance(commands, TyperGroup)
    for shown in SHOWN.findall(page.read_text()):
        name, *words = shlex.split(shown)
        assert name in commands.commands, shown
        command = commands.commands[name]
        if isinstance(command, TyperGroup) and words:
            assert words[0] in command.commands, shown
            command = command.commands[words[0]]
        parameters = command.params
        options = {option for one in parameters for option in (*one.opts, *one.secondary_opts)} | {"--help"}
        assert {word for word in words if word.startswith("--")} <= options, shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_make_target_on_a_page_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(), re.MULTILINE)) <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target
