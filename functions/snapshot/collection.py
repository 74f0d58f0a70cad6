"""Collects what a training learns from: the log's rows that are good for it, and the first training set."""

from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np

from functions.adapters.training_rows import read_rows as read_rows_of
from functions.domain.contract import Contract
from functions.domain.dataset import Dataset, as_datetime, moment
from functions.domain.errors import ModelFolderError
from functions.domain.holdout import iso, newest_for_retraining, newest_to_try
from functions.domain.model_config import ModelConfig
from functions.domain.snapshot_manifest import Counts, QuarantineSummary, SnapshotManifest, TrainingFile
from functions.domain.windows import iso as iso_seconds
from functions.snapshot.files import TrainingFiles
from functions.snapshot.first_set import FirstSet, first_set
from functions.snapshot.labelled_rows import BEGINNING, Counted, LabelledLog, Span, read_rows, too_large
from functions.snapshot.quarantine import quarantined
from functions.snapshot.suspicion import ByVersion
from functions.snapshot.tools import Tools


@dataclass(frozen=True, slots=True)
class Collection:
    """One snapshot's work over an open log; every refusal is a ModelFolderError, in words for people."""

    con: duckdb.DuckDBPyConnection
    config: ModelConfig
    span: Span
    counted: Counted
    tools: Tools

    def manifest(self) -> SnapshotManifest:
        """Read, sort out, and write: files first, the manifest that names them last.

        Raises:
            ModelFolderError: there are too few labelled rows, too many, or they do not fit model.toml.
        """
        config, files = self.config, TrainingFiles(self.tools.artifacts, self.config.model, self.tools.scratch)
        self._check_number(self.counted.labelled, "have matured")
        too_many = too_large(self.counted.labelled, config, self.tools.memory_mb)
        if too_many is not None:
            raise ModelFolderError(too_many)
        log, quarantine = self._log(files)
        known = first_set(config.model, self.tools.registry, self.tools.references, self.tools.artifacts)
        first = self._first(known)
        parts = [rows for _, rows in first] + [log]
        self._check_classes(parts)
        cut = self._cut(log)
        fit = sum(_before(rows, cut) for rows in parts)
        manifest = SnapshotManifest(
            model=config.model,
            as_of=iso_seconds(self.span.as_of),
            files=(*(file for file, _ in first), files.log(log)),
            hold_out_from=iso(cut),
            fit_rows=fit,
            holdout_rows=sum(map(len, parts)) - fit,
            rows=Counts(
                first=sum(len(rows) for _, rows in first),
                log=len(log),
                unlabelled=self.counted.unlabelled,
                immature=self.counted.immature,
                quarantined=quarantine.rows,
            ),
            seed=config.train.seed,
            window=self._window(),
            golden=known.golden if config.gate.golden else None,
            quarantine=quarantine,
            newest_to_try=newest_to_try(config.train, config.gate, _before(log, cut), fit),
        )
        files.manifest(manifest)
        return manifest

    def _log(self, files: TrainingFiles) -> tuple[Dataset, QuarantineSummary]:
        """The log's rows that are learnt from, and what was kept out of them."""
        contract, released = self._contract(), self.tools.trainings.released(self.config.model)
        found = read_rows(self.con, self.config, contract, self.span)
        kept, out = quarantined(found, self.config, contract, self._calibrations(found), released)
        quarantine = files.quarantine(out)
        self._check_number(int(kept.sum()), f"were not kept out ({len(out.ids):,} were: `trimtab quarantine`)")
        return found.rows.take(kept), quarantine

    def _contract(self) -> Contract:
        """That of the live version, whose answers the log has."""
        live = self.tools.registry.model(self.config.model).live
        if live is None:
            raise ModelFolderError(f"no release of {self.config.model} is live: deploy one first")
        version = self.tools.registry.release(self.config.model, live).model_version
        return self.tools.references.of_version(self.tools.registry.version(self.config.model, version))[0]

    def _calibrations(self, found: LabelledLog) -> ByVersion:
        """How the versions that answered calibrate their scores, as their trainings found it."""
        registry, model = self.tools.registry, self.config.model
        numbers = sorted({text for text in found.versions.tolist() if str(text).isdecimal()}, key=int)
        references = {text: self.tools.references.of_version(registry.version(model, int(text)))[1] for text in numbers}
        return {text: reference.calibrations for text, reference in references.items()}

    def _first(self, known: FirstSet) -> list[tuple[TrainingFile, Dataset]]:
        """The first training set's files and rows, as long as [train] keep_first says."""
        keep = self.config.train.keep_first_s
        if keep == 0:
            return []
        read = [(file, read_rows_of(self.tools.artifacts, file, self.config.features)) for file in known.files]
        times = [rows.time[-1] for _, rows in read if rows.time is not None and len(rows)]
        if keep is not None and times and moment(self.span.as_of) > max(times) + np.timedelta64(keep, "s"):
            return []
        return read

    def _cut(self, log: Dataset) -> datetime:
        """Where the hold-out begins: it is cut of the log's own rows, so that most of what is new is learnt from.

        At least as many as the gate wants to compare on, where that leaves half of them to learn from.
        """
        if log.time is None:
            raise ValueError("rows of the log have a time")
        cut = newest_for_retraining(log.time, self.config.train.holdout, self.config.evaluate.window)
        enough = as_datetime(log.time[len(log) - min(self.config.gate.min_rows, len(log) // 2)])
        return min(cut, enough) if enough > as_datetime(log.time[0]) else cut

    def _window(self) -> dict[str, str | None]:
        start = self.span.window.start
        return {"start": None if start == BEGINNING else iso_seconds(start), "end": iso_seconds(self.span.mature)}

    def _check_number(self, rows: int, which: str) -> None:
        least = self.config.gate.min_rows
        if rows < least:
            raise ModelFolderError(
                f"{rows:,} labelled rows of the log {which}: the gate compares on {least:,} at least ([gate] min_rows)"
            )

    def _check_classes(self, parts: list[Dataset]) -> None:
        if self.config.task == "regression":
            return
        classes = {label for rows in parts for label in set(rows.labels.tolist())}
        if len(classes) < 2:
            raise ModelFolderError(f"all rows to learn from are of one class, {next(iter(classes))!r}: two are needed")


def _before(rows: Dataset, cut: datetime) -> int:
    """How many rows are learnt from; those without a time all are."""
    return len(rows) if rows.time is None else int(np.searchsorted(rows.time, moment(cut)))
