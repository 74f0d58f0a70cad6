"""What `register` works with."""

from dataclasses import dataclass

from functions.adapters.approval_registry import ApprovalRegistry
from functions.adapters.artifacts import Artifacts
from functions.adapters.registry import Registry
from functions.adapters.signed_versions import SignedVersions


@dataclass(frozen=True, slots=True)
class Tools:
    """`uploads` is where artifacts come from, `versions` where they are kept for good, in the same bucket."""

    registry: Registry
    approvals: ApprovalRegistry
    uploads: Artifacts
    versions: SignedVersions
