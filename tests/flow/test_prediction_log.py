"""Every acknowledged prediction is found again, once, whatever Firehose does."""

from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice

import pytest

from functions.adapters.model_folder import FolderCode, load_settings
from functions.domain.prediction_record import PredictionRecord
from functions.retrain.dataset import load_dataset
from trimtab.endpoint import Endpoint
from trimtab.local_process import control
from trimtab.prediction_log import delivered_records, prediction_ids, rescued_records
from trimtab.project import Project
from trimtab.stage import Stage
from trimtab.traffic import send

pytestmark = pytest.mark.usefixtures("local_only")

FAULTS = {"fail_one_in": 5, "slow_one_in": 5, "slow_seconds": 0.3}
NO_FAULTS = {"fail_one_in": 0, "slow_one_in": 0, "slow_seconds": 0.0}


@pytest.fixture
def failing_firehose(stage: Stage) -> Iterator[None]:
    control(str(stage.endpoint), "faults", {"firehose": FAULTS})
    yield
    control(str(stage.endpoint), "faults", {"firehose": NO_FAULTS})


def rows_of(project: Project, count: int) -> list[dict[str, object]]:
    folder = project.model_folder("flights")
    flights = load_dataset(FolderCode(folder), load_settings(folder)).take(slice(0, 1_000))
    return list(islice(cycle(flights.rows()), count))


def find_all(stage: Stage) -> tuple[list[PredictionRecord], list[PredictionRecord]]:
    """What reached S3, and what was rescued to the function's log."""
    control(str(stage.endpoint), "flush", {})
    return list(delivered_records(stage, "flights")), list(rescued_records(stage, "flights"))


def once_each(records: list[PredictionRecord]) -> dict[tuple[str, int], PredictionRecord]:
    """Records by what identifies them; a retry after a lost answer delivers one twice, but the same."""
    unique: dict[tuple[str, int], PredictionRecord] = {}
    for record in records:
        assert unique.setdefault((record["request_id"], record["first_row"]), record) == record
    return unique


def test_answers_and_log_agree_on_ten_requests(stage: Stage, flights: Endpoint, project: Project) -> None:
    answered = send(flights, rows_of(project, 10))

    delivered, _ = find_all(stage)

    ids = Counter(id for record in delivered for id in prediction_ids(record))
    assert [ids[answer.prediction["id"]] for answer in answered] == [1] * 10


@pytest.mark.usefixtures("failing_firehose")
@pytest.mark.parametrize("requests", [500, pytest.param(10_000, marks=pytest.mark.slow)])
def test_every_acknowledged_prediction_is_found_once_though_firehose_fails_one_put_in_five_and_is_slow_in_another(
    stage: Stage, flights: Endpoint, project: Project, requests: int
) -> None:
    answered = send(flights, rows_of(project, requests))

    delivered, rescued = find_all(stage)

    ids = Counter(id for record in once_each(delivered + rescued).values() for id in prediction_ids(record))
    assert len(answered) == requests
    assert {ids[answer.prediction["id"]] for answer in answered} == {1}
    print(f"{requests} answered; {len(delivered)} records in S3, {len(rescued)} rescued to the function's log")
