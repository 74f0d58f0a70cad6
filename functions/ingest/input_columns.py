"""The inputs of observations, by feature: checked as predict checks its own, and in the same words."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from functions.domain.columns import Column, columns_of
from functions.domain.contract import Feature, Guard
from functions.domain.errors import InvalidRequestError
from functions.domain.findings import shown
from functions.ingest.row_errors import RowErrors, RowFindings

# What is unlike the training data was predicted all the same, somewhere else: it can only be flagged.
FLAG: Final = Guard(out_of_range="flag", unknown_category="flag")


class InputColumns:
    """Reads rows of inputs, of the features of one model."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._columns: dict[str, Column] = columns_of(features, FLAG)

    def check_names(self, inputs: Any) -> dict[str, Any]:
        """One row's inputs, if they are of all features and no other.

        Raises:
            InvalidRequestError: they are not.
        """
        if type(inputs) is not dict:
            raise InvalidRequestError(f"inputs: {shown(inputs)} should be an object, by feature")
        if inputs.keys() != self._columns.keys():
            for name in self._columns:
                if name not in inputs:
                    raise InvalidRequestError(
                        f"{name}: is missing; a row has every feature, null where that is allowed"
                    )
            unknown = sorted(inputs.keys() - self._columns.keys())[0]
            raise InvalidRequestError(f"inputs: {shown(unknown)} is no feature; /openapi.json lists them")
        return inputs

    def read(
        self, rows: list[dict[str, Any]], places: list[int], errors: RowErrors
    ) -> tuple[dict[str, list[Any]], list[list[str]]]:
        """The columns by feature, and one list of flags a row or none at all; `places` are the rows' own numbers.

        Where `errors` has a problem more than before, the columns are not to be used: read the other rows again.
        """
        findings = RowFindings(errors, places)
        columns: dict[str, list[Any]] = {}
        with np.errstate(over="ignore"):  # the columns report it themselves
            for name, column in self._columns.items():
                values = [row[name] for row in rows]
                if column.tensor(values, len(values)) is None:
                    values, _ = column.examine(values, findings)
                columns[name] = values
        return columns, findings.flags_by_row(len(rows))
