"""What is live: the version that verdicts are about, its classes, and the reference that its rows are compared with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from functions.adapters.registry import Registry
from functions.domain.log_table import class_text
from functions.domain.model_config import ModelConfig
from functions.domain.reference import Reference
from functions.evaluate.first_window import first_window_reference
from functions.evaluate.references import References
from functions.evaluate.window_rows import LABELLED, WINDOW, Window

LIVE_WINDOW, LIVE_LABELLED = "live_window_rows", "live_labelled_rows"


@dataclass(frozen=True, slots=True)
class Live:
    """`version` is the hosted model's live version, or the newest that observations name; None before there is any.

    `classes` are the model's as the log table writes them; None for a regression, and where only the data know them.
    `hosted` says that rows of other versions are none of its own.
    """

    version: str | None
    release: int | None
    classes: Sequence[str] | None
    reference: Reference | None
    hosted: bool

    def to_document(self) -> dict[str, Any]:
        return {"version": self.version, "release": self.release}


def live_model(
    con: duckdb.DuckDBPyConnection,
    config: ModelConfig,
    labelled: Window,
    registry: Registry,
    references: References,
) -> Live:
    """The live version as the registry has it; of an external model, as its newest rows say.

    Raises:
        NotFoundError, CorruptArtifactError, UnavailableError: as `References.of_version`.
    """
    if config.external:
        newest = _newest_version(con)
        reference = _first_window(con, config, labelled, newest, references)
        return Live(newest, None, None, reference, hosted=False)
    release_number = registry.model(config.model).live
    if release_number is None:
        return Live(None, None, None, None, hosted=True)
    release = registry.release(config.model, release_number)
    version = registry.version(config.model, release.model_version)
    contract, reference = references.of_version(version)
    classes = None if contract.classes is None else tuple(map(class_text, contract.classes))
    number = str(version.number)
    known = (
        replace(reference, version=number)
        if reference.rows
        else _first_window(con, config, labelled, number, references)
    )
    return Live(number, release.number, classes, known, hosted=True)


def make_live_views(con: duckdb.DuckDBPyConnection, live: Live) -> None:
    """The views `live_window_rows` and `live_labelled_rows`: of a hosted model, the live version's rows only."""
    version = (live.version or "").replace("'", "''")
    only = f" where version = '{version}'" if live.hosted else ""
    for name, rows in ((LIVE_WINDOW, WINDOW), (LIVE_LABELLED, LABELLED)):
        con.execute(f"create or replace view {name} as select * from {rows}{only}")


def _first_window(
    con: duckdb.DuckDBPyConnection,
    config: ModelConfig,
    labelled: Window,
    version: str | None,
    references: References,
) -> Reference | None:
    """The frozen reference; frozen now, if the labelled window is full for the first time."""
    frozen = references.frozen(config.model)
    if frozen is not None:
        return frozen
    made = first_window_reference(con, config, labelled, version or "")
    return None if made is None else references.freeze(made)


def _newest_version(con: duckdb.DuckDBPyConnection) -> str | None:
    found = con.execute(f"select max_by(version, time) from {WINDOW}").fetchone()
    return None if found is None else found[0]
