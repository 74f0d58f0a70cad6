"""An environment for peers: their libraries would not go with ours, or with each other's."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from functions.domain.errors import UnavailableError

ROOT = Path(__file__).parent.parent
ENVIRONMENTS = ROOT / ".build" / "bench-peers"


@dataclass(frozen=True, slots=True)
class Peers:
    """An environment with what a requirements file pins, bytecode compiled."""

    python: Path
    packages: Path


def peer_environment(name: str, requirements: Path, report: Callable[[str], None]) -> Peers:
    """The environment of `requirements`, made once; another one of the same name is removed.

    Raises:
        UnavailableError: it could not be installed; with what uv said.
    """
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = ENVIRONMENTS / name / digest
    python = folder / "bin" / "python"
    packages = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    done = folder / "done"
    if not done.is_file():
        report(f"installing {name} (once)")
        shutil.rmtree(folder.parent, ignore_errors=True)
        uv = Path(sys.executable).parent / "uv"
        run([str(uv), "venv", "--quiet", "--python", sys.executable, str(folder)])
        install = ["pip", "install", "--quiet", "--compile-bytecode", "--only-binary", ":all:", "--no-deps"]
        run([str(uv), *install, "--python", str(python), "-r", str(requirements)])
        done.touch()
    return Peers(python, packages)


def run(command: list[str]) -> str:
    """Run a command to its end; what it printed.

    Raises:
        UnavailableError: it failed; with what it said.
    """
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise UnavailableError(f"{' '.join(command)} failed:\n{done.stderr or done.stdout}")
    return done.stdout
