"""Finds what is live, and what its rows are compared with."""

from dataclasses import replace

import duckdb

from functions.adapters.references import References
from functions.adapters.registry import Registry
from functions.domain.log_table import class_text
from functions.domain.model_config import ModelConfig
from functions.domain.reference import Reference
from functions.domain.windows import Window
from functions.evaluate.first_window import first_window_reference
from functions.evaluate.live import Live
from functions.evaluate.window_rows import WINDOW


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
