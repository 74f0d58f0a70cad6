"""A function's dependencies as one trimmed, compiled tree: the wheels for Lambda's own platform, without Docker."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from uv import find_uv_bin

from functions.domain.errors import MisconfiguredError

PYTHON = "3.13"
TASK, LAYER = "/var/task", "/opt/python"  # where Lambda unpacks a function, and what a layer has in `python/`

Architecture = Literal["x86_64", "arm64"]
Platform = Literal["x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "aarch64-apple-darwin"]

# What no function needs at run time. Patterns are of pathlib's kind, from the root of the tree.
TRIMMED: dict[str, tuple[str, ...]] = {
    "all": (
        ".lock",
        "bin",
        "**/__pycache__",
        "**/*.pyi",
        "**/*.pxd",
        "**/*.pyx",
        "**/*.h",
        "**/*.a",
        "**/*.c",
        "**/py.typed",
    ),
    "metadata": tuple(
        f"*.dist-info/{name}" for name in ("INSTALLER", "RECORD", "REQUESTED", "entry_points.txt", "sboms")
    ),
    "numpy": (
        "numpy/**/tests",
        "numpy/f2py/src",  # of C, for f2py to compile with
        "numpy/_core/include",
        "numpy/_core/lib",
        "numpy/_core/_*_tests.*.so",
        "numpy/random/lib",
        "numpy/random/_examples",
        "numpy/doc",
        "numpy/_pyinstaller",
    ),
    "onnxruntime": tuple(
        f"onnxruntime/{folder}" for folder in ("transformers", "tools", "quantization", "datasets", "backend")
    ),
    # Interfaces to other libraries, which are not there: Arrow's database driver, and Spark's.
    "duckdb": ("adbc_driver_duckdb", "duckdb/experimental"),
    "scipy": (
        "scipy/**/tests",
        "scipy/io",  # other programs' file formats; scikit-learn reads one of them, for a data set
        "scipy/datasets",
        "scipy/misc",
    ),
    "scikit-learn": ("sklearn/**/tests", "sklearn/datasets"),
    "joblib": ("joblib/test",),
    # The reference implementation and its test cases; sources and protocols that are compiled in already.
    "onnx": ("onnx/backend", "onnx/test", "onnx/fuzz", "onnx/**/*.cc", "onnx/*.proto", "onnx/*.in"),
    # boto3's resources are never used, nor botocore's example texts.
    "boto3": ("boto3/examples", "boto3/data", "botocore/data/*/*/examples-1.json*"),
}


def lambda_platform(architecture: Architecture) -> Platform:
    """The platform of the wheels that run on Lambda's Python 3.13 (Amazon Linux 2023, glibc 2.34)."""
    return "x86_64-manylinux_2_28" if architecture == "x86_64" else "aarch64-manylinux_2_28"


def native_platform() -> Platform:
    """The platform of this machine, for functions that the local cloud runs.

    Raises:
        MisconfiguredError: onnxruntime has no wheels for it (Macs with Intel processors, for one).
    """
    machine = "aarch64" if platform.machine() == "arm64" else platform.machine()
    known: dict[tuple[str, str], Platform] = {
        ("Linux", "x86_64"): "x86_64-manylinux_2_28",
        ("Linux", "aarch64"): "aarch64-manylinux_2_28",
        ("Darwin", "aarch64"): "aarch64-apple-darwin",
    }
    try:
        return known[platform.system(), machine]
    except KeyError:
        raise MisconfiguredError(
            f"functions can't be built for {platform.system()} on {platform.machine()}: use one of "
            + ", ".join(f"{system} {name}" for system, name in known)
        ) from None


def install(
    requirements: Path, target: Path, built_for: Platform, services: Sequence[str], lies_at: str = TASK
) -> None:
    """Fill the empty folder `target` with what `requirements` pins, trimmed and compiled.

    `services` are those of AWS whose descriptions botocore keeps; `lies_at` is where Lambda unpacks it.

    Raises:
        MisconfiguredError: uv could not install it; the message is uv's.
    """
    target.mkdir(parents=True)
    if not any(_requirements(requirements)):
        return
    command = [find_uv_bin(), "pip", "install", "--quiet", "--system-certs", "--no-deps", "--only-binary", ":all:"]
    command += ["--python-platform", built_for, "--python-version", PYTHON, "--link-mode", "copy"]
    command += ["--python", sys.executable, "--target", str(target), "--requirements", str(requirements)]
    environment = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": "14.0"}  # the oldest that onnxruntime has wheels for
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise MisconfiguredError(f"uv can't install {requirements}: {' '.join(done.stderr.split())}")
    trim(target, services)
    compile_tree(target, lies_at)


def trim(tree: Path, services: Sequence[str]) -> None:
    """Remove what is never needed at run time."""
    compiler = () if (tree / "scipy").is_dir() else ("numpy/f2py",)  # of Fortran; only scipy imports it
    for patterns in (*TRIMMED.values(), compiler):
        for pattern in patterns:
            for path in list(tree.glob(pattern)):
                _remove(path)
    for folder in (tree / "botocore" / "data").glob("*/"):
        if folder.name not in services:
            _remove(folder)


def compile_tree(tree: Path, lies_at: str = TASK) -> None:
    """Put bytecode beside each source, the same bytes in each build, that Python takes without looking at the source.

    In a process of its own: the bytes depend on hash seed and on what is interned, so both must be the same each time.
    """
    command = [sys.executable, "-s", "-W", "ignore", "-m", "compileall", "-q", "-s", str(tree), "-p", lies_at]
    command += ["--invalidation-mode", "unchecked-hash", str(tree)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603


def _requirements(path: Path) -> Iterator[str]:
    for line in path.read_text().splitlines():
        requirement = line.partition("#")[0].strip()
        if requirement:
            yield requirement


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
