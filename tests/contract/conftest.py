"""The store of the registry's documents, as the fake and as the table on moto: what holds of one holds of both."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from functions.adapters.registry_store import Store
from tests.contract.fake_table import FakeTable
from tests.contract.test_registry_store import moto_table


@pytest.fixture(params=["fake", "moto"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "fake":
        yield FakeTable()
    else:
        with mock_aws():
            yield moto_table()
