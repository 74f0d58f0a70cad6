"""What the last snapshot kept out of training, by reason and sender, and how a person lets it in again."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from functions.adapters.data_lake import DataLake
from functions.adapters.gateway_answer import Answer, json_answer
from functions.adapters.registry_store import Store
from functions.adapters.training_registry import TrainingRegistry
from functions.adapters.training_rows import read_manifest
from functions.domain.errors import InvalidRequestError, NotFoundError
from functions.domain.event_fields import moment_of
from functions.domain.quarantine_release import QuarantineRelease
from functions.domain.training import Training
from functions.domain.windows import iso
from functions.manage.etags import demand
from functions.manage.models import known_model
from functions.manage.request import ManageRequest, optional_text, text
from functions.manage.tools import Tools

LAST_TRAININGS = 200
ROWS, MOST_ROWS = 50, 1_000


def show_quarantine(request: ManageRequest, tools: Tools) -> Answer:
    """How many rows were kept out and why; `rows` of them, the newest first."""
    model, asked = known_model(request, tools), request.query.get("rows", str(ROWS))
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 4 and int(asked) <= MOST_ROWS):
        raise InvalidRequestError(f"rows must be a number from 0 to {MOST_ROWS}")
    return json_answer(Quarantine(tools.store, tools.artifacts, model).document(int(asked)))


def release_quarantine(request: ManageRequest, tools: Tools) -> Answer:
    """Let in again the row of an `id`, or what a `sender` labelled (from `start` to `end`), for a `reason`."""
    model = known_model(request, tools)
    body = request.json("id", "sender", "start", "end", "reason")
    demand(request, tools)
    start, end = (None if body.get(name) is None else iso(moment_of(body, name)) for name in ("start", "end"))
    row, sender = optional_text(body, "id"), optional_text(body, "sender")
    if sender is None and (start or end):
        raise InvalidRequestError("start and end go with a sender")
    if start is not None and end is not None and not start < end:
        raise InvalidRequestError(f"start {start} must be before end {end}")
    release = QuarantineRelease(model, text(body, "reason"), request.caller.name, request.time, row, sender, start, end)
    new = Quarantine(tools.store, tools.artifacts, model).release(release)
    return json_answer({"released": release.to_document(), "new": new})


class Quarantine:
    """One model's: the list that its last snapshot left in the artifact bucket, and the releases in the registry."""

    def __init__(self, store: Store, bucket: DataLake, model: str) -> None:
        self._trainings, self._bucket, self._model = TrainingRegistry(store), bucket, model

    def document(self, rows: int) -> dict[str, Any]:
        """How many rows are kept out, for which reason and of whom; the first `rows` of them; what was released.

        Raises:
            NotFoundError: there is no snapshot yet.
            CorruptArtifactError: its files are not what they should be.
        """
        training = self._last()
        manifest = read_manifest(self._bucket, self._model, str(training.snapshot))
        kept_out = manifest.quarantine
        return {
            "model": self._model,
            "snapshot": training.snapshot,
            "as_of": manifest.as_of,
            "learnt_from": manifest.rows.log,
            "quarantined": kept_out.rows,
            "by_reason": dict(kept_out.by_reason),
            "by_sender": dict(kept_out.by_sender),
            "key": kept_out.key,
            "rows": self._rows(kept_out.key, rows),
            "released": [asdict(release) for release in self.released()],
        }

    def released(self) -> list[QuarantineRelease]:
        """What people let in again, oldest first."""
        return sorted(self._trainings.released(self._model), key=lambda release: (release.time, release.digest))

    def release(self, release: QuarantineRelease) -> bool:
        """Let rows in again from the next snapshot on; False where they were let in so already."""
        return self._trainings.release(release)

    def _last(self) -> Training:
        for training in reversed(self._trainings.trainings(self._model, LAST_TRAININGS)):
            if training.snapshot is not None:
                return training
        raise NotFoundError(f"{self._model} has no snapshot yet: `trimtab retrain {self._model}` makes one")

    def _rows(self, key: str | None, most: int) -> list[dict[str, Any]]:
        """The newest rows of the list."""
        if key is None or most < 1:
            return []
        import duckdb  # takes a while to import, and most commands do without

        found = self._bucket.get(key)
        if found is None:
            raise NotFoundError(f"{key} is not in the artifact bucket")
        with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
            path = Path(folder) / "rows.parquet"
            path.write_bytes(found.body)
            read = con.execute(
                "select * from read_parquet($path) order by time desc, id limit $most", _named(path, most)
            )
            names = [column[0] for column in read.description]
            return [dict(zip(names, row, strict=True)) for row in read.fetchall()]


def _named(path: Path, most: int) -> dict[str, Any]:
    return {"path": str(path), "most": most}
