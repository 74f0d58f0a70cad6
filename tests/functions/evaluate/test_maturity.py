"""How many labels have come, how late, and which cannot be yet."""

from datetime import UTC, datetime

import numpy as np
import pytest

from functions.domain.windows import Window
from functions.evaluate.maturity import maturity
from tests.functions.evaluate.tables import model_config, texts
from tests.functions.evaluate.windows import days_before, opened

AS_OF = datetime(2013, 3, 8, tzinfo=UTC)
HOURS = np.datetime64("2013-03-01T00:00:00", "ms") + np.arange(168) * np.timedelta64(3_600_000, "ms")
NEVER = np.datetime64("NaT", "ms")
WINDOW = days_before(AS_OF, 7)
LABELLED = Window(datetime(2013, 2, 28, 18, tzinfo=UTC), datetime(2013, 3, 7, 18, tzinfo=UTC))


def test_counts_what_is_labelled_and_what_is_too_young_to_be() -> None:
    config = model_config()
    known = [None if hour >= 160 or hour % 4 == 0 else True for hour in range(168)]
    with opened(config, {"time": HOURS, "label": texts(known)}, WINDOW, LABELLED) as con:
        found = maturity(con, config, WINDOW, LABELLED, AS_OF)

    assert (found["window"]["predictions"], found["window"]["labelled"]) == (168, 120)
    assert found["window"]["coverage"] == pytest.approx(120 / 168)
    assert found["window"]["young"] == 5  # those of the last six hours; one is six hours old to the second
    assert found["window"]["young_share"] == pytest.approx(5 / 168)
    assert (found["labelled_window"]["predictions"], found["labelled_window"]["labelled"]) == (162, 120)


def test_lateness_is_from_the_prediction_to_the_labels_arrival() -> None:
    config = model_config()
    late = np.arange(168) * 60
    columns = {
        "time": HOURS,
        "label": texts([True] * 168),
        "labelled_at": HOURS + (late * 1_000).astype("timedelta64[ms]"),
    }
    with opened(config, columns, WINDOW, WINDOW) as con:
        found = maturity(con, config, WINDOW, WINDOW, AS_OF)["lateness_s"]

    expected = np.quantile(late, [0.5, 0.95, 0.99], method="inverted_cdf")
    assert list(found.values()) == expected.tolist()


def test_a_label_that_came_before_its_prediction_is_early() -> None:
    config = model_config()
    columns = {"time": HOURS[:1], "label": texts([True]), "labelled_at": HOURS[:1] - np.timedelta64(90_000, "ms")}
    with opened(config, columns, WINDOW, WINDOW) as con:
        assert maturity(con, config, WINDOW, WINDOW, AS_OF)["lateness_s"]["p50"] == -90


def test_counts_labels_in_conflict_corrected_ones_and_those_without_a_prediction() -> None:
    config = model_config()
    columns = {
        "time": np.array([HOURS[0], HOURS[1], HOURS[2], NEVER, NEVER]),
        "label": texts([True, True, False, True, False]),
        "label_conflict": [True, False, False, False, False],
        "labels": ['[{"label": "true"}, {"label": "false"}]'] * 2 + ['[{"label": "false"}]'] * 3,
    }
    with opened(config, columns, WINDOW, WINDOW) as con:
        found = maturity(con, config, WINDOW, WINDOW, AS_OF)

    assert (found["conflicts"], found["corrected"], found["unmatched"]) == (1, 2, 2)
    assert found["window"]["predictions"] == 3


def test_a_regressions_labels_are_numbers() -> None:
    config = model_config(task="regression")
    with opened(config, {"time": HOURS[:2], "target": [1.0, np.nan]}, WINDOW, WINDOW) as con:
        assert maturity(con, config, WINDOW, WINDOW, AS_OF)["window"]["labelled"] == 1


def test_an_empty_window_has_no_coverage_and_no_lateness() -> None:
    config = model_config()
    before = days_before(datetime(2013, 1, 8, tzinfo=UTC), 7)
    with opened(config, {"time": HOURS[:2]}, before, before) as con:
        found = maturity(con, config, before, before, before.end)

    assert found["window"]["predictions"] == 0
    assert found["window"]["coverage"] is found["window"]["young_share"] is found["lateness_s"] is None
