"""Where the ledger lies in S3, and how two runs write it beside each other."""

import json
from dataclasses import dataclass

from functions.adapters.data_lake import DataLake
from functions.compact.ledger import Ledger
from functions.domain.canonical_json import canonical_json
from functions.domain.errors import ConflictError

ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class StoredLedger:
    """A ledger as it was read; `etag` is None where there was none yet."""

    ledger: Ledger
    etag: str | None


class LedgerObject:
    """One model's ledger."""

    def __init__(self, lake: DataLake, model: str) -> None:
        self._lake, self._model = lake, model
        self._key = f"table/compacted/model={model}.json"

    def read(self) -> StoredLedger:
        """The ledger as it is now.

        Raises:
            CorruptArtifactError: it is of a schema version that this code does not know.
            UnavailableError: S3 did not answer.
        """
        found = self._lake.get(self._key)
        if found is None:
            return StoredLedger(Ledger(self._model), None)
        return StoredLedger(Ledger.from_document(json.loads(found.body)), found.etag)

    def write(self, ledger: Ledger, stored: StoredLedger) -> StoredLedger:
        """Write a ledger that was made from `stored`; what another run entered meanwhile stays in it.

        Raises:
            ConflictError: others kept writing it; nothing is lost, the next run does the same again.
            UnavailableError: S3 did not take it.
        """
        if ledger == stored.ledger:
            return stored
        for _ in range(ATTEMPTS):
            body = canonical_json(ledger.to_document()).encode()
            try:
                return StoredLedger(ledger, self._lake.put_if(self._key, body, stored.etag, "application/json"))
            except ConflictError:
                stored = self.read()
                ledger = ledger.joined(stored.ledger)
        raise ConflictError(f"the ledger of {self._model} was changed {ATTEMPTS} times meanwhile: run again")
