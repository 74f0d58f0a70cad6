"""Checkouts of a test's own, in which the command line is run as a person runs it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from trimtab.project import Project

COPIED = ("app.py", "cdk.json", "requirements.txt", "pyproject.toml", "functions", "infra", "trimtab")
OWN = ("assembly", "artifacts")


def make_checkout(project: Project, root: Path) -> Path:
    """A copy of the project in `root` with no model in it; what was built for functions is shared."""
    for name in COPIED:
        source = project.root / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root)
    (root / "models").mkdir()
    (root / ".build").mkdir()
    for built in project.build.iterdir():
        if built.name not in OWN:
            (root / ".build" / built.name).symlink_to(built)
    return root


def run(root: Path, *arguments: str, timeout_s: float = 300, cloud_of: Path | None = None) -> str:
    """What a command prints on standard output; it must succeed."""
    ran = ended(root, *arguments, timeout_s=timeout_s, cloud_of=cloud_of)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def ended(
    root: Path, *arguments: str, timeout_s: float = 300, cloud_of: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A command's end, whichever it is. `cloud_of` is the checkout whose local cloud it works on, if not its own."""
    environment = {**os.environ, "TRIMTAB_PORT": "0"}
    environment.pop("TRIMTAB_STATE", None)
    if cloud_of is not None:
        environment["TRIMTAB_STATE"] = str(Project(cloud_of).cloud_state)
    return subprocess.run(
        [sys.executable, "-m", "trimtab.cli", *arguments],
        cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=timeout_s,
    )  # fmt: skip
