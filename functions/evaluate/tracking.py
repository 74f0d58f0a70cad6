"""How right estimates were: what was estimated without labels, beside what came out once they were there."""

from collections.abc import Mapping, Sequence
from typing import Any

from functions.domain.evaluation import Evaluation


def tracked(
    history: Sequence[Evaluation], metric: str, this: Mapping[str, Any] | None, window_end: str
) -> tuple[list[dict[str, Any]], float | None]:
    """The judged metric's estimates with the realised values of the same rows, oldest first; their mean absolute error.

    `this` is the present evaluation's `labelled_window` part of the estimate.
    """
    pairs = [
        _pair(before.labelled_window[1], metric, before.estimated_labelled.get(metric), before.metrics.get(metric))
        for before in history
    ]
    if this is not None:
        estimated = {entry["name"]: entry for entry in this["metrics"]}.get(metric)
        realised = {entry["name"]: entry for entry in this["realised"]}.get(metric)
        pairs.append(_pair(window_end, metric, estimated, realised))
    known = [pair for pair in pairs if pair is not None]
    if not known:
        return [], None
    return known, sum(abs(pair["estimated"] - pair["realised"]) for pair in known) / len(known)


def _pair(
    end: str, metric: str, estimated: Mapping[str, Any] | None, realised: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    if not estimated or not realised or estimated.get("value") is None or realised.get("value") is None:
        return None
    return {"window_end": end, "name": metric, "estimated": estimated["value"], "realised": realised["value"]}
