"""A history is cut into what trains and what is lived through, in the order of time, and nothing is in both."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from functions.adapters.model_folder import load_settings
from functions.adapters.model_settings import ModelSettings
from functions.domain.errors import InvalidRequestError, ModelFolderError
from tests.unit.folders import BINARY, write_folder
from trimtab.history import file_history, folder_history

HEADER = "sold_at,amount,count,colour,late"


@pytest.fixture
def settings(tmp_path: Path) -> ModelSettings:
    return load_settings(write_folder(tmp_path, BINARY))


def write(folder: Path, *lines: str) -> Path:
    path = folder / "history.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def days(*numbers: int) -> list[str]:
    return [f"2024-01-{day:02}T12:00:00Z,{day},{day},red,{str(day % 2 == 0).lower()}" for day in numbers]


def test_rows_are_sorted_by_time_and_the_first_share_trains(tmp_path: Path, settings: ModelSettings) -> None:
    path = write(tmp_path, *days(5, 3, 1, 2, 4, 8, 7, 6, 10, 9))

    history = file_history(path, settings, "sold_at", 0.3, None)

    assert history.own_training is not None
    assert history.own_training.columns["count"].tolist() == [1, 2, 3]
    assert history.replayed.columns["count"].tolist() == [4, 5, 6, 7, 8, 9, 10]
    assert history.times[0] == np.datetime64("2024-01-04T12:00:00")


def test_rows_of_one_moment_are_not_parted(tmp_path: Path, settings: ModelSettings) -> None:
    path = write(tmp_path, *days(1, 2, 2, 2, 2, 3))

    history = file_history(path, settings, "sold_at", 0.5, None)

    assert history.own_training is not None
    assert (len(history.own_training), len(history.replayed)) == (1, 5)


def test_the_time_column_is_found_as_trimtab_new_finds_it(tmp_path: Path, settings: ModelSettings) -> None:
    history = file_history(write(tmp_path, *days(1, 2, 3, 4)), settings, None, 0.5, None)
    assert history.times[0] == np.datetime64("2024-01-03T12:00:00")


def test_until_ends_the_replay(tmp_path: Path, settings: ModelSettings) -> None:
    until = datetime(2024, 1, 4, tzinfo=UTC)
    history = file_history(write(tmp_path, *days(1, 2, 3, 4)), settings, "sold_at", 0.5, until)
    assert history.replayed.columns["count"].tolist() == [3]


def test_a_row_without_a_label_is_replayed_and_has_none(tmp_path: Path, settings: ModelSettings) -> None:
    path = write(tmp_path, *days(1, 2, 3), "2024-01-04T12:00:00Z,4,4,red,")
    assert file_history(path, settings, "sold_at", 0.5, None).replayed.labels.tolist() == [False, None]


@pytest.mark.parametrize(
    ("lines", "time", "says"),
    [
        (days(1, 2), "bought_at", "no column 'bought_at'"),
        (days(1, 2), "amount", "'amount' is int64, no time"),
        ([*days(1, 2), ",3,3,red,true"], "sold_at", "line 4: column 'sold_at' is empty"),
        ([*days(1, 2), ",3,3,red,true"], None, "name one with --time"),
        ([*days(1), "2024-01-02T12:00:00Z,2,many,red,true"], "sold_at", "line 3: column 'count' holds 'many'"),
        ([*days(1), "2024-01-02T12:00:00Z,2,2,red,perhaps"], "sold_at", "line 3: column 'late' holds 'perhaps'"),
        ([*days(1), "2024-01-02T12:00:00Z,,2,red,true"], "sold_at", "history.csv: column 'amount' has 1 nulls"),
    ],
)
def test_a_history_that_cannot_be_read_says_why(
    tmp_path: Path, settings: ModelSettings, lines: list[str], time: str | None, says: str
) -> None:
    with pytest.raises(ModelFolderError, match=says):
        file_history(write(tmp_path, *lines), settings, time, 0.5, None)


def test_nothing_left_to_replay_is_an_error(tmp_path: Path, settings: ModelSettings) -> None:
    with pytest.raises(InvalidRequestError, match="no row before 2024-01-02"):
        file_history(write(tmp_path, *days(1, 2, 3, 4)), settings, "sold_at", 0.5, datetime(2024, 1, 2, tzinfo=UTC))


def test_nothing_to_learn_from_is_an_error(tmp_path: Path, settings: ModelSettings) -> None:
    with pytest.raises(InvalidRequestError, match="--train-share"):
        file_history(write(tmp_path, *days(1, 1, 1, 1)), settings, "sold_at", 0.5, None)


DATED = """
import numpy as np

def load():
    n = 10
    return {
        "amount": np.arange(n, dtype=float), "count": np.arange(n), "colour": ["red"] * n,
        "late": [i % 2 == 0 for i in range(n)],
        "time": np.datetime64("2024-01-01T00:00:00") + np.arange(n) * np.timedelta64(1, "D"),
    }
"""


def test_a_folder_that_says_until_when_it_trains_is_replayed_from_then_on(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, BINARY + "until = 2024-01-08T00:00:00Z\n", dataset=DATED)
    history = folder_history(folder, load_settings(folder), 0.1, None)
    assert history.own_training is None
    assert history.replayed.columns["count"].tolist() == [7, 8, 9]


def test_a_folder_that_does_not_is_cut_by_share(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, BINARY, dataset=DATED)
    history = folder_history(folder, load_settings(folder), 0.2, None)
    assert history.own_training is not None
    assert (len(history.own_training), len(history.replayed)) == (2, 8)


def test_a_folder_without_times_cannot_be_replayed(tmp_path: Path) -> None:
    dataset = DATED.replace('"time":', '"when":')
    folder = write_folder(tmp_path, BINARY, dataset=dataset)
    with pytest.raises(ModelFolderError, match="no column 'time'"):
        folder_history(folder, load_settings(folder), 0.2, None)
