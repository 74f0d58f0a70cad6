"""Approvals in the registry: who said yes or no to a version, and the version that may go live for it.

The last approval that is needed approves the version and makes it the candidate, in one transaction with its entry in
the audit chain: between two people who approve at once, one is always the last.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from functions.adapters.registry_access import RegistryAccess
from functions.adapters.registry_store import Change, Stored, config_key, model_key, version_key
from functions.domain.approval import Approval, ApprovalConfig
from functions.domain.audit import Act
from functions.domain.caller import Caller
from functions.domain.errors import ConflictError, InvalidRequestError, NotFoundError
from functions.domain.model_config import ModelConfig
from functions.domain.model_version import ModelVersion

LONGEST = 2_000  # characters of a comment


class ApprovalRegistry(RegistryAccess):
    """Conditional changes; `revision` is the version's that the caller has seen, None where any will do."""

    def policy(self, model: str) -> ApprovalConfig:
        """A model's deployed [approval].

        Raises:
            NotFoundError: its stack was never deployed.
        """
        stored = self._store.read(config_key(model))
        if stored is None:
            raise NotFoundError(f"the registry has no settings of {model}: deploy the model's stack")
        return ModelConfig.from_document(stored.document).approval

    def approve_at_once(
        self, model: str, version: int, actor: str, when: str, details: Mapping[str, Any] | None = None
    ) -> ModelVersion:
        """Approve a version that nobody has to be asked for any more, and make it the one that shall be live.

        Nothing where it is that already. Where people are asked, a version that waits for them is left as it is, and so
        is one that they approved: whether it goes live again is theirs to say.

        Raises:
            NotFoundError: there is no such version, or the model's stack was never deployed.
            ConflictError: it was rejected.
        """

        def attempt() -> ModelVersion:
            stored, known = self._version(model, version)
            if known.state == "rejected":
                raise ConflictError(f"{model} version {version} is rejected: {known.reason or 'no reason given'}")
            config = self.policy(model)
            asked = config.needed > 0 and known.state == "approved"
            if asked or known.proposal.missing(config, _moment(when)) > 0:
                return known
            return self._approved(stored, known, [], Act("version.approved", model, actor, when, details or {}))

        return self._retried(attempt)

    def propose_again(self, model: str, version: int, actor: str, evidence_at: str, when: str) -> ModelVersion:
        """Give a version that waits newer evidence, where its own is too old to be approved for; approvals start anew.

        Raises:
            NotFoundError: there is no such version, or the model's stack was never deployed.
        """

        def attempt() -> ModelVersion:
            stored, known = self._version(model, version)
            if known.state not in ("registered", "retired"):
                return known
            renewed = known.renewed(evidence_at, self.policy(model), _moment(when))
            if renewed != known:
                act = Act("version.proposed", model, actor, when, {"version": version, "evidence_at": evidence_at})
                self._commit([Change(stored.key, renewed.to_document(), stored.revision)], [act])
            return renewed

        return self._retried(attempt)

    def approve(
        self, model: str, version: int, caller: Caller, comment: str, when: str, revision: int | None = None
    ) -> ModelVersion:
        """Record a caller's approval; where none is missing then, the version is approved and shall be live.

        Nothing where it is approved already.

        Raises:
            NotFoundError: there is no such version, or the model's stack was never deployed.
            AccessDeniedError: the caller is the version's author, or no person that is known.
            ConflictError: it was rejected, this person approved it before, its evidence is too old, or it is of another
                revision.
        """
        _check_comment(comment)

        def attempt() -> ModelVersion:
            stored, known = self._version(model, version, revision)
            if known.state == "rejected":
                raise ConflictError(f"{model} version {version} is rejected: {known.reason or 'no reason given'}")
            if known.state == "approved":
                return known
            config, now = self.policy(model), _moment(when)
            known.proposal.check(caller, config, now)
            approval = Approval(caller.name, caller.person, when, comment or None)
            given = replace(known, approvals=(*known.approvals, approval))
            missing = given.proposal.missing(config, now)
            details = {"version": version, "comment": comment, "person": caller.person, "missing": missing}
            act = Act("version.approval_given", model, caller.name, when, details)
            if missing > 0:
                self._commit([Change(stored.key, given.to_document(), stored.revision)], [act])
                return given
            approvers = {"approvals": [one.to_document() for one in given.approvals]}
            return self._approved(stored, given, [act], Act("version.approved", model, caller.name, when, approvers))

        return self._retried(attempt)

    def reject(
        self, model: str, version: int, caller: Caller, comment: str, when: str, revision: int | None = None
    ) -> ModelVersion:
        """Refuse a registered version for good; `comment` says why.

        Raises:
            NotFoundError: there is no such version.
            InvalidRequestError: no reason is given.
            ConflictError: it is not waiting for an approval (any more), or is of another revision.
        """
        _check_comment(comment)
        if not comment.strip():
            raise InvalidRequestError("a comment must say why the version is rejected")

        def attempt() -> ModelVersion:
            stored, known = self._version(model, version, revision)
            rejected = known.moved_to("rejected", comment)
            act = Act("version.rejected", model, caller.name, when, {"version": version, "comment": comment})
            self._commit([Change(stored.key, rejected.to_document(), stored.revision)], [act])
            return rejected

        return self._retried(attempt)

    def _version(self, model: str, number: int, revision: int | None = None) -> tuple[Stored, ModelVersion]:
        stored = self._get(version_key(model, number))
        if revision is not None and stored.revision != revision:
            raise ConflictError(
                f"{model} version {number} is of revision {stored.revision} by now, not of {revision}: read it again"
            )
        return stored, ModelVersion.from_document(stored.document)

    def _approved(self, stored: Stored, known: ModelVersion, before: list[Act], act: Act) -> ModelVersion:
        """The version approved and the model's candidate, with these acts; nothing where it is so already."""
        record, revision = self._record(known.model)
        if known.state == "approved" and record.candidate == known.number and not before:
            return known
        approved = known if known.state == "approved" else known.moved_to("approved")
        changes = [Change(model_key(known.model), replace(record, candidate=known.number).to_document(), revision)]
        if approved.to_document() != dict(stored.document):
            changes.append(Change(stored.key, approved.to_document(), stored.revision))
        details = {"version": known.number, **act.details}
        self._commit(changes, [*before, replace(act, details=details)])
        return approved


def _check_comment(comment: str) -> None:
    if len(comment) > LONGEST:
        raise InvalidRequestError(f"a comment has at most {LONGEST:,} characters, this one has {len(comment):,}")


def _moment(when: str) -> datetime:
    return datetime.fromisoformat(when).astimezone(UTC)
