import pytest

from tests.functions.ingest.client import Client, config_for


@pytest.fixture
def client() -> Client:
    """A client of a binary model whose classes are false and true."""
    return Client(config_for())


@pytest.fixture
def multiclass() -> Client:
    return Client(config_for("multiclass"))


@pytest.fixture
def regression() -> Client:
    return Client(config_for("regression"))
