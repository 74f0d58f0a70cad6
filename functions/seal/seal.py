"""Seal the audit chain's head: one read, one write that is made once an hour."""

from dataclasses import dataclass
from typing import Any

from functions.adapters.registry_store import Store
from functions.adapters.sealed_heads import SealedHeads
from functions.domain.sealed_head import sealed
from functions.seal.request import SealRequest


@dataclass(frozen=True, slots=True)
class Tools:
    """`stage` is named in what is sealed."""

    store: Store
    heads: SealedHeads
    stage: str


def seal(request: SealRequest, tools: Tools) -> dict[str, Any]:
    """Seal the head as it is now, unless this hour has one: a run that is made again changes nothing.

    Raises:
        CorruptArtifactError: what lies in the head's place is none.
        UnavailableError: AWS did not answer.
    """
    head = sealed(tools.stage, tools.store.head(), request.at, request.every_hours)
    new = tools.heads.write(head)
    print(f"{head.key}: entry {head.number}, {head.digest}: {'sealed' if new else 'this hour has a seal already'}")
    return {"key": head.key, "number": head.number, "digest": head.digest, "new": new}
