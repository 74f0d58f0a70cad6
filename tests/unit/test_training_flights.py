"""The flights model: true to its data, to what is known before departure, and to scikit-learn."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from functions.adapters.model_folder import FolderCode, load_settings
from functions.adapters.onnx_model import describe, onnx_answers
from functions.domain.client_tensors import client_tensors
from functions.domain.columns import columns_of
from functions.domain.contract import Contract
from functions.domain.dataset import Dataset
from functions.domain.holdout_metrics import beside_truth, measure
from functions.retrain.dataset import load_golden
from tests.unit.conftest import FLIGHTS, Flights

AFTER_THE_FACT = {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "tailnum"}


def flown(rows: Dataset) -> set[tuple[object, ...]]:
    """What tells one flight from another."""
    assert rows.time is not None
    names = ("carrier", "origin", "dest", "departure_minute", "arrival_minute")
    return set(zip(rows.time.tolist(), *(rows.columns[name].tolist() for name in names), strict=True))


def month(number: int) -> datetime:
    return datetime(2013, number, 1, tzinfo=UTC)


def test_knows_every_flight_of_the_year_and_which_were_never_to_arrive(flights: Flights) -> None:
    golden = load_golden(FolderCode(FLIGHTS), load_settings(FLIGHTS))
    labels = flights.dataset.labels.tolist()

    assert len(labels) == 334_703
    assert labels.count(None) == 9_350
    assert set(labels) == {True, False, None}
    assert len(golden) == 336_776 - 334_703 - 80  # without those 80 that never arrived


def test_learns_nothing_from_the_golden_set(flights: Flights) -> None:
    golden = load_golden(FolderCode(FLIGHTS), load_settings(FLIGHTS))

    assert not flown(golden) & flown(flights.dataset.labelled())


def test_learns_from_january_and_february(flights: Flights) -> None:
    lineage = json.loads((flights.result.folder / "lineage.json").read_bytes())["data"]

    assert flights.result.fit_rows + flights.result.holdout_rows == 47_862
    assert lineage["fit"]["period"]["first"] == "2013-01-01T10:29:00Z"
    assert lineage["holdout"]["period"]["last"] < "2013-03-01T00:00:00Z"
    assert lineage["fit"]["period"]["last"] < lineage["holdout"]["period"]["first"]


def test_rows_are_in_the_order_of_their_scheduled_departure_in_utc(flights: Flights) -> None:
    time, minute = flights.dataset.time, flights.dataset.columns["departure_minute"]
    assert time is not None
    since_midnight = (time - time.astype("datetime64[D]")).astype("timedelta64[m]").astype(int)
    behind_utc = (since_midnight - minute) % 1_440 // 60  # New York is 5 hours behind UTC, 4 in summer

    assert not np.any(time[1:] < time[:-1])
    assert set(np.unique(behind_utc).tolist()) == {4, 5}
    assert np.all(behind_utc[(time > np.datetime64("2013-04-01")) & (time < np.datetime64("2013-10-01"))] == 4)


def test_uses_nothing_that_is_known_only_after_departure(flights: Flights) -> None:
    features = {feature.name for feature in load_settings(FLIGHTS).contract_features}

    assert len(features) == 14
    assert features.isdisjoint(AFTER_THE_FACT)
    assert set(flights.dataset.columns) == features


def test_onnx_answers_as_scikit_learn_on_every_row_compared(flights: Flights) -> None:
    parity = flights.result.parity

    assert parity is not None
    assert parity.rows == flights.result.holdout_rows
    assert parity.edge_rows > 2_000
    assert parity.largest_difference <= 1e-5


def test_ranks_the_flights_of_later_months_as_its_limitations_say(flights: Flights) -> None:
    contract = Contract.from_document(json.loads((flights.result.folder / "contract.json").read_bytes()))
    model = describe((flights.result.folder / "model.onnx").read_bytes(), contract.features, "binary", contract.classes)
    rankings = []
    for number in range(3, 12):
        rows = flights.dataset.between(month(number), month(number + 1)).labelled()
        answers = onnx_answers(model, client_tensors(rows.features, rows.columns))
        truth = beside_truth(rows.labels, answers, model.classes, True)
        rankings.append(measure(truth, model.classes, True, 0.95)["roc_auc"].value or 0.0)

    assert min(rankings) == pytest.approx(0.62, abs=0.01)
    assert max(rankings) == pytest.approx(0.71, abs=0.01)
    assert np.mean(rankings) == pytest.approx(2 / 3, abs=0.02)


def test_parity_is_checked_on_the_very_tensors_that_predict_makes(flights: Flights) -> None:
    contract = Contract.from_document(json.loads((flights.result.folder / "contract.json").read_bytes()))
    day = flights.dataset.between(datetime(2013, 7, 4, tzinfo=UTC), datetime(2013, 7, 5, tzinfo=UTC))
    rows = json.loads(json.dumps(list(day.rows())))
    ours = client_tensors(day.features, day.columns)

    for name, column in columns_of(contract.features, contract.guard).items():
        values = [row[name] for row in rows]
        theirs = column.tensor(values, len(values))
        if theirs is None:  # an airport that the contract does not list is flagged
            continue
        assert theirs.dtype == ours[name].dtype
        assert np.array_equal(theirs, ours[name], equal_nan=theirs.dtype.kind == "f"), name


def test_says_what_it_is_doing(flights: Flights) -> None:
    assert flights.reports[0] == "reading the data set"
    assert any(report.startswith("fitting estimator:build on 38,2") for report in flights.reports)
