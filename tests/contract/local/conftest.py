"""One local cloud for all contract tests that leave it as they found it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.local.cloud import LocalCloud, running
from tests.contract.local.template import api_resources, base_resources, write_assembly


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hand-written assembly."""
    return write_assembly(tmp_path_factory.mktemp("assembly"), {**base_resources(), **api_resources()})


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory, assembly: Path) -> Iterator[LocalCloud]:
    """A running cloud with the assembly applied."""
    with running(tmp_path_factory.mktemp("cloud") / "state", assembly) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def lambda_(cloud: LocalCloud) -> Any:
    return cloud.client("lambda")
