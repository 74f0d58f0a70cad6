"""The flights model, trained once for all unit tests of a run."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from functions.adapters.model_folder import FolderCode, load_settings
from functions.domain.dataset import Dataset
from functions.retrain.dataset import load_dataset
from functions.retrain.train import TrainingResult, train

FLIGHTS = Path(__file__).parents[2] / "models" / "flights"


@dataclass(frozen=True, slots=True)
class Flights:
    """The whole year, the artifact of the first training, and what the training reported."""

    dataset: Dataset
    result: TrainingResult
    reports: tuple[str, ...]


@pytest.fixture(scope="session")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Flights:
    """The flights model, trained from its folder."""
    reports: list[str] = []
    result = train(FLIGHTS, tmp_path_factory.mktemp("flights") / "artifact", reports.append)
    return Flights(load_dataset(FolderCode(FLIGHTS), load_settings(FLIGHTS)), result, tuple(reports))
