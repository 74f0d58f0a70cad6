"""What the registry holds of access: the digests of the policies that were deployed last."""

from collections.abc import Mapping

from functions.adapters.registry_access import RegistryAccess
from functions.adapters.registry_store import Change, access_key
from functions.domain.audit import Act
from functions.domain.canonical_json import canonical_json, digest_of

SCHEMA_VERSION = 1


class AccessRegistry(RegistryAccess):
    """A change that finds its own content there already changes nothing."""

    def record(self, model: str, policies: Mapping[str, str], actor: str, when: str) -> bool:
        """Keep SHA-256 digests of policies by name, of one model or with "" of the stage; False where they were so.

        The audit's entry has the digest of all of them before (None at first) and after, and which of them changed.

        Raises:
            ConflictError: others kept changing them.
        """
        return self._retried(lambda: self._put(model, dict(policies), actor, when))

    def _put(self, model: str, policies: dict[str, str], actor: str, when: str) -> bool:
        stored = self._store.read(access_key(model))
        before: dict[str, str] = {} if stored is None else dict(stored.document["policies"])
        if stored is not None and before == policies:
            return False
        changed = sorted(name for name in {*before, *policies} if before.get(name) != policies.get(name))
        details = {
            "before": None if stored is None else _digest(before),
            "after": _digest(policies),
            "changed": changed,
        }
        change = Change(
            access_key(model), {"v": SCHEMA_VERSION, "policies": policies}, 0 if stored is None else stored.revision
        )
        self._commit([change], [Act("access.changed", model, actor, when, details)])
        return True


def _digest(policies: Mapping[str, str]) -> str:
    return digest_of(canonical_json(policies))
