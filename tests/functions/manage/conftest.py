"""One stage in memory for each test, and a client that signs as ann."""

from pathlib import Path

import pytest

from tests.functions.manage.client import Client
from tests.functions.manage.worlds import ManagedWorld


@pytest.fixture
def world(tmp_path: Path) -> ManagedWorld:
    return ManagedWorld(tmp_path)


@pytest.fixture
def client(world: ManagedWorld) -> Client:
    return Client(world)
