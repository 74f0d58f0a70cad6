"""What the calls work with: the registry, the buckets, and what is asked of others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from functions.adapters.data_lake import DataLake
from functions.adapters.function_log import Logs
from functions.adapters.registry_store import Store
from functions.adapters.sealed_heads import SealedHeads
from functions.adapters.signed_urls import SignedUrl
from functions.domain.names import Names
from functions.domain.signature import Signature


class Functions(Protocol):
    """`adapters/function_calls.py` says what the call does and raises."""

    def call(self, verb: str, event: Mapping[str, Any]) -> dict[str, Any] | None: ...


class Machines(Protocol):
    """`adapters/state_machines.py` says what the call does and raises."""

    def start(self, model: str, event: Mapping[str, Any]) -> str: ...


class Urls(Protocol):
    """`adapters/signed_urls.py` says what the calls do and raise."""

    def put(self, key: str, sha256: str) -> SignedUrl: ...
    def put_once(self, key: str, sha256: str) -> SignedUrl: ...
    def get(self, key: str) -> str: ...


class Deployed(Protocol):
    """`adapters/deployed_models.py` says what the call does and raises."""

    def urls(self) -> dict[str, str]: ...


class Key(Protocol):
    """The key that versions are signed with: `adapters/signatures.py` says what the call does and raises."""

    def public_key(self) -> bytes: ...
    def verify(self, message: bytes, signature: Signature) -> None: ...


@dataclass(frozen=True, slots=True)
class Tools:
    """`data` is the bucket of the log and the reports, `artifacts` that of versions and what they were learnt from;
    `urls` signs for the latter. `sealed` are the audit chain's heads, `logs` those of the functions that `names` names.
    """

    store: Store
    data: DataLake
    artifacts: DataLake
    functions: Functions
    machines: Machines
    urls: Urls
    deployed: Deployed
    key: Key
    sealed: SealedHeads
    logs: Logs
    names: Names
