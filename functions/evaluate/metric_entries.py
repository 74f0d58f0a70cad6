"""Metrics as the report lists them."""

from typing import Any

from functions.domain.metric_names import METRICS
from functions.domain.model_config import ModelConfig
from functions.domain.reference import MetricValue, Reference
from functions.domain.significant import significant
from functions.evaluate.tally import Tally


def metric_entries(tally: Tally, config: ModelConfig, reference: Reference | None = None) -> list[dict[str, Any]]:
    """The metrics that model.toml lists, in its order, each with its interval and what it was at training.

    `bound` says how far off a value can be that was computed from binned scores; it is None where the value is exact.
    """
    found, bounds = tally.metrics(config.evaluate.confidence), tally.bounds()
    return [
        {
            "name": name,
            "title": METRICS[name].title,
            "better": METRICS[name].better,
            **value_document(found[name]),
            "bound": significant(bounds.get(name), 3),
            "reference": _at_training(name, reference),
        }
        for name in config.evaluate.metrics
    ]


def value_document(found: MetricValue) -> dict[str, float | None]:
    """A value and its interval, as JSON has them."""
    return {"value": significant(found.value), "low": significant(found.low), "high": significant(found.high)}


def _at_training(name: str, reference: Reference | None) -> dict[str, float | None] | None:
    known = None if reference is None else reference.metrics.get(name)
    return None if known is None else value_document(known)
