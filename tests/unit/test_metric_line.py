"""Metrics as lines of a log."""

import json

import pytest

from functions.adapters.metric_line import metric_line


def test_a_line_counts_its_values_by_its_dimensions_at_its_time() -> None:
    line = metric_line(1_370_088_000_000, {"model": "flights", "feature": "é"}, {"RejectedValues": 3, "Share": 0.5})
    assert "\n" not in line
    assert json.loads(line) == {
        "_aws": {
            "Timestamp": 1_370_088_000_000,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Trimtab",
                    "Dimensions": [["model", "feature"]],
                    "Metrics": [{"Name": "RejectedValues"}, {"Name": "Share"}],
                }
            ],
        },
        "model": "flights",
        "feature": "é",
        "RejectedValues": 3,
        "Share": 0.5,
    }


@pytest.mark.parametrize("values", [{"x": float("nan")}, {"model": 1}, {str(number): 1 for number in range(101)}])
def test_what_cloudwatch_would_not_take_is_no_line(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"JSON|at most 100"):
        metric_line(0, {"model": "flights"}, values)


def test_the_local_cloud_reads_it() -> None:
    from trimtab.local.emf import metric_values

    ((_, value, at_s, _),) = metric_values(metric_line(1_370_088_000_000, {"model": "flights"}, {"Labels": 2}), 0)
    assert (value, at_s) == (2.0, 1_370_088_000.0)
