from pathlib import Path

import pytest

from functions.domain.contract import Guard, Task
from tests.functions.predict.client import Client, client_for, settings_for
from tests.functions.predict.small_models import write_model


def _client(folder: Path, task: Task = "binary", guard: Guard | None = None) -> Client:
    write_model(folder, task, guard)
    return client_for(settings_for(folder))


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("visitors")
    write_model(folder)
    return folder


@pytest.fixture
def client(model_folder: Path) -> Client:
    """A client of a binary model that rejects what is unlike its training data."""
    return client_for(settings_for(model_folder))


@pytest.fixture
def flagging(tmp_path: Path) -> Client:
    """A client of the same model with a guard that flags instead."""
    return _client(tmp_path, guard=Guard(out_of_range="flag", unknown_category="flag", max_rows=500))


@pytest.fixture
def multiclass(tmp_path: Path) -> Client:
    return _client(tmp_path, "multiclass")


@pytest.fixture
def regression(tmp_path: Path) -> Client:
    return _client(tmp_path, "regression")
