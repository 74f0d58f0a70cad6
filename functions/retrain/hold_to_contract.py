"""Training rows held against what model.toml will demand of clients' rows."""

from collections.abc import Iterator

import numpy as np

from functions.adapters.model_settings import ModelSettings
from functions.domain.client_tensors import DTYPES
from functions.domain.contract import Action, Feature
from functions.domain.dataset import Column, Dataset
from functions.domain.errors import ModelFolderError
from functions.retrain.progress import Progress


def hold_to_contract(rows: Dataset, settings: ModelSettings, report: Progress) -> None:
    """See that no training row would be rejected; report the features in which rows would be flagged.

    Raises:
        ModelFolderError: `predict` would reject rows like those that the model learnt from.
    """
    for feature in rows.features:
        for count, example, key, action in _breaches(feature, rows.columns[feature.name], settings):
            text = (
                f"{count:,} of {len(rows):,} training rows break [features.{feature.name}] {key}, such as {example!r}"
            )
            if action == "reject":
                guard = "out_of_range" if key in ("min", "max") else "unknown_category"
                raise ModelFolderError(
                    f'{text}: `predict` would reject them: widen {key}, or set [guard] {guard} = "flag", or leave such '
                    "rows out in dataset.py"
                )
            report(f"note: {text}; `predict` flags such rows")


def _breaches(feature: Feature, column: Column, settings: ModelSettings) -> Iterator[tuple[int, object, str, Action]]:
    values = column.astype(DTYPES[feature.type])
    for key, bound, wrong in (("min", feature.min, np.less), ("max", feature.max, np.greater)):
        if bound is not None:
            outside = wrong(values, values.dtype.type(bound))
            if outside.any():
                yield int(outside.sum()), column[outside][0].item(), key, settings.guard.out_of_range
    if feature.categories is not None:
        known = set(feature.categories) | ({""} if feature.nullable else set())
        odd = [value for value in column.reshape(-1).tolist() if value not in known]
        if odd:
            yield len(odd), odd[0], "categories", settings.guard.unknown_category
