"""Which releases were given up: marked before their Lambda version is deleted, so that nobody goes back to one."""

from dataclasses import replace

from functions.adapters.registry_access import RegistryAccess
from functions.adapters.registry_store import RELEASES, Change, model_key, release_key, version_key
from functions.adapters.rollout_registry import By
from functions.domain.audit import Act
from functions.domain.model_version import ModelVersion
from functions.domain.release import Release


class PruningRegistry(RegistryAccess):
    """Conditional changes under a lease."""

    def give_up(self, release: Release, by: By) -> None:
        """Mark a release; with its last release, its version is retired.

        Raises:
            LeaseHeldError: the lease was lost: somebody may want to go back to this very release.
        """

        def attempt() -> None:
            model = release.model
            stored = self._get(release_key(model, release.number))
            now = Release.from_document(stored.document)
            if now.pruned_at is not None:
                return
            changes = [Change(stored.key, replace(now, pruned_at=by.time).to_document(), stored.revision)]
            details = {"release": now.number, "version": now.model_version}
            acts = [Act("release.pruned", model, by.actor, by.time, details)]
            if self._is_last(now):
                known = self._get(version_key(model, now.model_version))
                version = ModelVersion.from_document(known.document)
                if version.state == "approved":
                    retired = version.moved_to("retired", "its releases were pruned")
                    changes.append(Change(known.key, retired.to_document(), known.revision))
                    acts.append(Act("version.retired", model, by.actor, by.time, {"version": version.number}))
            self._commit(changes, acts, by.hold)

        self._retried(attempt)

    def pruned(self, model: str, rollouts: int, by: By) -> None:
        """Record that all is pruned that the first `rollouts` rollouts left behind.

        Raises:
            LeaseHeldError: the lease was lost.
        """

        def attempt() -> None:
            record, revision = self._record(model)
            change = Change(model_key(model), replace(record, pruned=rollouts).to_document(), revision)
            act = Act("rollouts.pruned", model, by.actor, by.time, {"rollouts": rollouts})
            self._commit([change], [act], by.hold)

        self._retried(attempt)

    def _is_last(self, release: Release) -> bool:
        """Whether a release's version has no other one that is still there, and shall not be live."""
        record, _ = self._record(release.model)
        stored = self._store.read_all(f"MODEL#{release.model}", RELEASES)
        others = (Release.from_document(s.document) for s in stored)
        same = [r for r in others if r.model_version == release.model_version and r.pruned_at is None]
        return len(same) == 1 and record.candidate != release.model_version
