"""Drift: each feature, output and label of a window against the reference that was frozen with the live version.

docs/drift.md explains every number.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from functions.domain.column_counts import CategoryCounts, ColumnCounts, NumberCounts
from functions.domain.drift_cells import new_categories
from functions.domain.drift_judgement import ColumnDrift, Thresholds, compare, judge
from functions.domain.model_config import ModelConfig
from functions.domain.reference import CategoryDigest, Digest, NumberDigest, Reference, ReferenceColumn
from functions.evaluate.count_columns import count_features, count_label, count_output
from functions.evaluate.window_rows import WINDOW

Section = dict[str, Any]
LONGEST_VALUE = 120  # characters of a client's own text that a report repeats


@dataclass(frozen=True, slots=True)
class Compared:
    """A column of the window beside its digest; `values_per_row` is a vector's size."""

    column: ReferenceColumn
    type: str
    counts: ColumnCounts
    values_per_row: int = 1

    @property
    def rows(self) -> int:
        return self.counts.rows // self.values_per_row


def drift(
    con: duckdb.DuckDBPyConnection,
    config: ModelConfig,
    reference: Reference | None,
    live_version: str | None,
    features: Mapping[str, ColumnCounts] | None = None,
) -> Section | None:
    """The section `drift` of a report; None without a reference. Drifted columns come first, then by cost, then by PSI.

    All rows of the window are compared, whichever version answered them; `other_version_rows` says how many were not
    `live_version`'s. `features` is what `count_features` gave, where it has been called already.
    """
    if reference is None:
        return None
    settings = config.evaluate
    thresholds = Thresholds(settings.drift_psi, settings.drift_fdr, settings.min_rows)
    counts = count_features(con, config, reference) if features is None else features
    columns = [*_features(config, reference, counts), *_others(con, reference)]
    measured = [compare(c.column.digest, c.counts, reference.loss, thresholds, c.values_per_row) for c in columns]
    found = judge(measured, [c.rows for c in columns], thresholds)
    rows, others = _rows(con, live_version)
    judged = rows >= settings.min_rows
    shown = [_shown(c, of, reference.loss, thresholds) for c, of in zip(columns, found, strict=True)]
    shown.sort(key=lambda c: (not c["drifted"], -(c["cost"] or 0.0), -(c["psi"] or 0.0)))
    return {
        "rows": rows,
        "other_version_rows": others,
        "reference_rows": reference.rows,
        "judged": judged,
        "note": None if judged else f"{rows:,} rows: drift is judged from {settings.min_rows:,} on",
        "drifted": any(c["drifted"] for c in shown),
        "fdr": settings.drift_fdr,
        "columns": [*shown, *_not_compared(config, reference)],
    }


def _features(config: ModelConfig, reference: Reference, counts: Mapping[str, ColumnCounts]) -> Iterator[Compared]:
    for feature in config.features:
        column = reference.column(feature.name)
        if column is not None and column.kind == "feature" and _comparable(column.digest, counts[feature.name]):
            yield Compared(column, feature.type, counts[feature.name], feature.size or 1)


def _others(con: duckdb.DuckDBPyConnection, reference: Reference) -> Iterator[Compared]:
    """The model's answers in the window, and the truth in the labelled window."""
    for column in reference.columns:
        kind = "number" if isinstance(column.digest, NumberDigest) else "class"
        if column.kind == "output":
            yield Compared(column, kind, count_output(con, column.name, column.digest))
        elif column.kind == "label":
            yield Compared(column, kind, count_label(con, column.name, column.digest))


def _comparable(digest: Digest, counts: ColumnCounts) -> bool:
    return isinstance(digest, NumberDigest) == isinstance(counts, NumberCounts)


def _rows(con: duckdb.DuckDBPyConnection, live_version: str | None) -> tuple[int, int]:
    query = f"SELECT count(*), count(*) FILTER (version IS DISTINCT FROM ?) FROM {WINDOW}"
    row = con.execute(query, [live_version]).fetchone()
    rows, others = row if row is not None else (0, 0)
    return rows, 0 if live_version is None else others


def _shown(compared: Compared, found: ColumnDrift, loss: float | None, thresholds: Thresholds) -> Section:
    digest, counts = compared.column.digest, compared.counts
    return {
        "name": compared.column.name,
        "kind": compared.column.kind,
        "type": compared.type,
        "rows": compared.rows,
        "psi": found.psi,
        "js": found.jensen_shannon,
        **_distance(digest, found),
        "p_value": found.p_value if found.q_value is not None else None,
        "q_value": found.q_value,
        "noise_floor": found.noise_floor,
        "threshold": found.threshold,
        "compared_cells": found.compared,
        "drifted": found.drifted,
        "cost": found.cost,
        "cost_share": found.cost / loss if found.cost is not None and loss else None,
        "bins": list(found.cells.labels),
        "reference": found.cells.reference_shares.tolist(),
        "window": found.cells.window_shares.tolist(),
        "missing": _share(counts.missing, counts.rows),
        "reference_missing": _share(digest.missing, digest.count),
        **_moments(digest, counts),
        **_new(digest, counts),
        "note": _note(compared, found, thresholds),
    }


def _distance(digest: Digest, found: ColumnDrift) -> Section:
    """Wasserstein's distance and the most that it can be off, in the reference's standard deviations."""
    scale = digest.std if isinstance(digest, NumberDigest) else None
    if found.wasserstein is None or not scale:
        return {"wasserstein": None, "wasserstein_error": None}
    return {"wasserstein": found.wasserstein.value / scale, "wasserstein_error": found.wasserstein.error / scale}


def _moments(digest: Digest, counts: ColumnCounts) -> Section:
    if not isinstance(digest, NumberDigest) or not isinstance(counts, NumberCounts):
        return dict.fromkeys(("mean", "std", "reference_mean", "reference_std"))
    return {"mean": counts.mean, "std": counts.std, "reference_mean": digest.mean, "reference_std": digest.std}


def _new(digest: Digest, counts: ColumnCounts) -> Section:
    if not isinstance(digest, CategoryDigest) or not isinstance(counts, CategoryCounts):
        return {"new_categories": [], "new_category_rows": 0}
    rows, values = new_categories(digest, counts)
    listed = [{"value": value[:LONGEST_VALUE], "rows": count} for value, count in values]
    return {"new_categories": listed, "new_category_rows": rows}


def _note(compared: Compared, found: ColumnDrift, thresholds: Thresholds) -> str | None:
    """Why a column was not judged, or what cannot be told of it."""
    if not found.cells.reference.sum():
        return "the reference has no rows of it"
    if found.q_value is None:
        return f"{compared.rows:,} rows: drift is judged from {thresholds.min_rows:,} on"
    if isinstance(compared.column.digest, CategoryDigest) and compared.column.digest.other:
        return "the reference counts its rarest values together, so new values cannot be told from them"
    return None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _not_compared(config: ModelConfig, reference: Reference) -> Iterator[Section]:
    """Features that only one side has, or that were of another type at training."""
    known = {feature.name: feature.type for feature in config.features}
    for name, kind in known.items():
        column = reference.column(name)
        if column is None or column.kind != "feature":
            yield _unknown(name, kind, "the reference does not have it: it is newer than the live version")
        elif isinstance(column.digest, NumberDigest) != (kind in ("float32", "int64")):
            yield _unknown(name, kind, "it is of another type in the reference")
    for column in reference.columns:
        if column.kind == "feature" and column.name not in known:
            yield _unknown(column.name, None, "model.toml no longer has it")


def _unknown(name: str, kind: str | None, note: str) -> Section:
    absent = ("rows", "psi", "js", "wasserstein", "wasserstein_error", "p_value", "q_value", "noise_floor", "threshold")
    more = ("compared_cells", "cost", "cost_share", "missing", "reference_missing")
    moments = ("mean", "std", "reference_mean", "reference_std")
    return {
        **dict.fromkeys((*absent, *more, *moments)),
        "name": name,
        "kind": "feature",
        "type": kind,
        "drifted": False,
        "bins": [],
        "reference": [],
        "window": [],
        "new_categories": [],
        "new_category_rows": 0,
        "note": note,
    }
