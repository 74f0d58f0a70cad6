"""The reference: digests of what a model version was trained on, frozen with it; what later windows are compared with.

It travels in the artifact as `reference.json`, beside the contract and not in it: `predict` never reads it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from functions.domain.canonical_json import canonical_json
from functions.domain.errors import CorruptArtifactError

SCHEMA_VERSION = 1

ColumnKind = Literal["feature", "output", "label"]
Source = Literal["training", "first_window"]


@dataclass(frozen=True, slots=True)
class NumberDigest:
    """A numeric column: count and missing of all values, the rest of those that are there.

    Bins are half-open: below edges[0], [edges[0], edges[1]), …, from edges[-1] up; so `counts` has one more than
    `edges`. `quantiles` are the values at 0, 1/200, …, 1 of the sorted sample (inverted CDF), if there is any.
    `losses[i]` is the mean loss on the hold-out of rows in bin i, `missing_loss` that of rows without a value; None
    where the hold-out has none. `ties[i]` is how many of bin i's values are its smallest one: its lower edge, or `min`
    in the first bin. So a value that many rows share (no rain) is told from what lies next to it.
    """

    count: int
    missing: int
    mean: float | None
    std: float | None
    min: float | None
    max: float | None
    zeros: int
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    quantiles: tuple[float, ...] = ()
    losses: tuple[float | None, ...] = ()
    missing_loss: float | None = None
    ties: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CategoryDigest:
    """A column of texts or bools: counts by value (the most frequent ones; the others together as `other`).

    `losses` is the mean loss on the hold-out by value, as far as it is known; `missing_loss` of rows without a value,
    `other_loss` of those with another one.
    """

    count: int
    missing: int
    categories: Mapping[str, int]
    other: int
    losses: Mapping[str, float]
    missing_loss: float | None = None
    other_loss: float | None = None


Digest = NumberDigest | CategoryDigest


@dataclass(frozen=True, slots=True)
class ReferenceColumn:
    """`name` is a feature's, or `prediction`, `score` (outputs), `label`, `target` (the truth), as in the log table."""

    name: str
    kind: ColumnKind
    digest: Digest


@dataclass(frozen=True, slots=True)
class MetricValue:
    """A metric with its confidence interval; None where the data do not allow one."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """A non-decreasing map from score to observed frequency, linear between its points, constant beyond them."""

    scores: tuple[float, ...]
    rates: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LossLeaf:
    """One leaf of the loss tree: rows for which all `conditions` hold lose so much on average.

    A condition is (column of the log table, operator, value). Operators: `<=` and `>` for numbers, `<=?` and `>?` for
    the side of a split that takes missing values too, `in` and `not in` with a list of texts.
    """

    conditions: tuple[tuple[str, str, Any], ...]
    rows: int
    absolute_error: float
    squared_error: float
    absolute_error_std: float = 0.0
    squared_error_std: float = 0.0


@dataclass(frozen=True, slots=True)
class Reference:
    """`rows` is the size of the sample behind the features' digests, `holdout_rows` of that behind outputs and metrics.

    `calibrations`, for CBPE, is by class as the log table writes it (binary: the positive class alone); None for a
    regression, whose loss the `loss_tree` estimates instead. `loss` is the mean loss on the hold-out to which the
    columns' `losses` belong: log loss, or a regression's absolute error.
    """

    model: str
    version: str
    source: Source
    rows: int
    holdout_rows: int
    columns: tuple[ReferenceColumn, ...]
    metrics: Mapping[str, MetricValue]
    loss: float | None = None
    calibrations: Mapping[str, Calibration] | None = None
    loss_tree: tuple[LossLeaf, ...] = ()
    effective_dimension: float | None = None  # of the numeric features, as domain.effective_dimension has it

    @classmethod
    def unknown(cls, model: str) -> "Reference":
        """That of a version which came without data: it knows nothing, and says so by `rows` being 0."""
        return cls(model, "", "training", 0, 0, (), {})

    def column(self, name: str) -> ReferenceColumn | None:
        """The digest of a column, if there is one."""
        return next((column for column in self.columns if column.name == name), None)

    def to_bytes(self) -> bytes:
        """Canonical JSON, UTF-8."""
        document = {"v": SCHEMA_VERSION, **asdict(self)}
        return canonical_json(document).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Reference":
        """Read a reference.json.

        Raises:
            CorruptArtifactError: of a schema version that this code does not know.
        """
        document = json.loads(data)
        if document.get("v") != SCHEMA_VERSION:
            raise CorruptArtifactError(
                f"reference of schema version {document.get('v')!r}; this code reads {SCHEMA_VERSION}: train again"
            )
        fields = {key: value for key, value in document.items() if key != "v"}
        fields["columns"] = tuple(_column(column) for column in fields["columns"])
        fields["metrics"] = {name: MetricValue(**value) for name, value in fields["metrics"].items()}
        if fields["calibrations"] is not None:
            fields["calibrations"] = {
                name: Calibration(tuple(value["scores"]), tuple(value["rates"]))
                for name, value in fields["calibrations"].items()
            }
        fields["loss_tree"] = tuple(_leaf(leaf) for leaf in fields["loss_tree"])
        return cls(**fields)


def _column(document: Mapping[str, Any]) -> ReferenceColumn:
    digest = document["digest"]
    kind: type[Digest] = NumberDigest if "edges" in digest else CategoryDigest
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in digest.items()}
    return ReferenceColumn(document["name"], document["kind"], kind(**fields))


def _leaf(document: Mapping[str, Any]) -> LossLeaf:
    conditions = tuple((column, operator, value) for column, operator, value in document["conditions"])
    return LossLeaf(**{**document, "conditions": conditions})
