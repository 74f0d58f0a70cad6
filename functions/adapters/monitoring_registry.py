"""What the registry holds for monitoring: a model's deployed settings, and what became of each evaluation."""

from collections.abc import Callable, Mapping
from typing import Any

from functions.adapters.registry_store import EVALUATIONS, Change, Key, Store, Stored, config_key, evaluation_key
from functions.domain.audit import Act
from functions.domain.canonical_json import canonical_json, digest_of
from functions.domain.errors import ConflictError, NotFoundError
from functions.domain.evaluation import Evaluation
from functions.domain.model_config import ModelConfig

ATTEMPTS = 5


class MonitoringRegistry:
    """Reads and conditional writes; a write that finds its own content there already changes nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def config(self, model: str) -> ModelConfig:
        """A model's deployed settings.

        Raises:
            NotFoundError: its stack was never deployed.
        """
        stored = self._store.read(config_key(model))
        if stored is None:
            raise NotFoundError(f"the registry has no settings of {model}: deploy the model's stack")
        return ModelConfig.from_document(stored.document)

    def configure(self, config: ModelConfig, actor: str, when: str) -> bool:
        """Keep a model's settings, and record who changed them; False where they were so already.

        Raises:
            ConflictError: others kept changing them.
        """

        def act(before: Stored | None) -> Act:
            old = None if before is None else digest_of(canonical_json(before.document))
            details = {"before": old, "after": digest_of(canonical_json(config.to_document()))}
            return Act("configuration.changed", config.model, actor, when, details)

        return self._put(config_key(config.model), config.to_document(), act)

    def evaluation(self, model: str, window_end: str) -> Evaluation | None:
        """The evaluation of the window that ended then."""
        stored = self._store.read(evaluation_key(model, window_end))
        return None if stored is None else Evaluation.from_document(stored.document)

    def evaluations(self, model: str, most: int, before: str = "") -> list[Evaluation]:
        """The last evaluations, oldest first; with `before` only those of windows that ended before that."""
        stored = self._store.read_last(f"MODEL#{model}", EVALUATIONS, most, before)
        return [Evaluation.from_document(found.document) for found in stored]

    def record(self, evaluation: Evaluation) -> bool:
        """Keep an evaluation, in place of an earlier one of the same window; False where it was so already."""
        return self._put(evaluation_key(evaluation.model, evaluation.window[1]), evaluation.to_document())

    def _put(self, key: Key, document: Mapping[str, Any], act: Callable[[Stored | None], Act] | None = None) -> bool:
        for _ in range(ATTEMPTS):
            stored = self._store.read(key)
            if stored is not None and canonical_json(stored.document) == canonical_json(document):
                return False
            try:
                change = Change(key, document, 0 if stored is None else stored.revision)
                self._store.commit([change], [] if act is None else [act(stored)])
            except ConflictError:
                continue
            return True
        raise ConflictError(f"{key} was changed {ATTEMPTS} times meanwhile: run again")
