import os

import pytest

from functions.domain.errors import MisconfiguredError
from infra import node


def test_without_any_node_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JSII_NODE", raising=False)
    monkeypatch.setattr(node, "_bundled_node", lambda: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MisconfiguredError, match="make setup"):
        node.use_bundled_node()


def test_the_bundled_node_is_used_unless_another_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JSII_NODE", "chosen")
    node.use_bundled_node()
    assert os.environ["JSII_NODE"] == "chosen"

    monkeypatch.delenv("JSII_NODE")
    node.use_bundled_node()
    assert os.environ["JSII_NODE"] == str(node._bundled_node())
