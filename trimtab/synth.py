"""Synthesise the CDK app for a stage, when anything that it reads has changed."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from functions.adapters.folder_code import CODE_SUFFIXES
from functions.domain.errors import MisconfiguredError
from trimtab.project import Project

READS = (
    "app.py",
    "cdk.json",
    "requirements.txt",
    "infra/**/*",
    "functions/**/*",
    *(f"models/*/**/*{suffix}" for suffix in CODE_SUFFIXES),  # which `retrain` ships
)


def synthesise(
    project: Project,
    stage: str,
    report: Callable[[str], None] = lambda line: None,
    models: Sequence[str] | None = None,
) -> Path:
    """The stage's cloud assembly; made anew only if its sources changed. `report` gets each line that the app prints.

    `models` are those that have a stack in it; all of the project's by default.

    Raises:
        MisconfiguredError: the app says that something is wrong; its words are passed on.
    """
    some = sorted(models) if models is not None and set(models) != set(project.model_names) else None
    assembly = project.build / "assembly" / "-".join([stage, *(some or [])])
    assembly.parent.mkdir(parents=True, exist_ok=True)
    with assembly.with_name(f"{assembly.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two commands at once: the second one finds it made
        _synthesise(project, {"stage": stage} | ({} if some is None else {"models": some}), assembly, report)
    return assembly


def _synthesise(project: Project, context: Mapping[str, Any], assembly: Path, report: Callable[[str], None]) -> None:
    stamp = assembly / ".sources"
    digest = sources_digest(project)
    if stamp.is_file() and stamp.read_text() == digest:
        return
    shutil.rmtree(assembly, ignore_errors=True)
    said: list[str] = []
    environment = {**os.environ, "CDK_OUTDIR": str(assembly), "CDK_CONTEXT_JSON": json.dumps(context)}
    with subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=project.root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as app:
        for line in app.stdout or ():
            said.append(line.rstrip())
            report(said[-1])
    if app.returncode:
        raise MisconfiguredError("\n".join(["the infrastructure could not be synthesised:", *said]))
    stamp.write_text(digest)


def sources_digest(project: Project) -> str:
    """SHA-256 over all that a synthesis reads."""
    digest = hashlib.sha256(str(project.root).encode())
    for pattern in READS:
        for path in sorted(project.root.glob(pattern)):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(project.root)}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
