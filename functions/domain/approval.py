"""Whether a version may go live: how many people must say so, whose word counts, and for how long.

All is told from the version's own record, `[approval]` of model.toml and the time; docs/approvals.md explains it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from functions.domain.caller import Caller, is_pipeline
from functions.domain.durations import words
from functions.domain.errors import AccessDeniedError, ConflictError

Mode = Literal["auto", "one", "two"]
NEEDED: Mapping[Mode, int] = {"auto": 0, "one": 1, "two": 2}


@dataclass(frozen=True, slots=True)
class ApprovalConfig:
    """[approval] of model.toml. `expires_s` is how old, in seconds, what a version was approved for may be."""

    mode: Mode = "auto"
    expires_s: int = 2_592_000

    @property
    def needed(self) -> int:
        """How many people must approve."""
        return NEEDED[self.mode]

    @property
    def expires(self) -> timedelta:
        return timedelta(seconds=self.expires_s)


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's word for a version: `by` as the audit names them, `person` as `domain.caller` tells people apart."""

    by: str
    person: str | None
    time: str
    comment: str | None = None

    def to_document(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an approval is about: a version, who made it, and of when the evidence for it is (ISO 8601, UTC)."""

    version: str
    author_person: str | None
    evidence_at: str
    approvals: tuple[Approval, ...] = ()

    def expired(self, config: ApprovalConfig, now: datetime) -> bool:
        """Whether its evidence is too old for any approval to count; in mode auto none is asked for."""
        return config.needed > 0 and now - datetime.fromisoformat(self.evidence_at) > config.expires

    def counted(self, config: ApprovalConfig, now: datetime) -> tuple[str, ...]:
        """The people whose approvals count now: each once, the author never, none for evidence that is too old."""
        if self.expired(config, now):
            return ()
        people = [approval.person for approval in self.approvals if approval.person != self.author_person]
        return tuple(dict.fromkeys(person for person in people if person is not None))

    def missing(self, config: ApprovalConfig, now: datetime) -> int:
        """How many people more must approve it."""
        return max(0, config.needed - len(self.counted(config, now)))

    def waits_for(self, config: ApprovalConfig, now: datetime) -> str | None:
        """What it waits for, in words; None where nothing is missing."""
        missing = self.missing(config, now)
        if missing == 0:
            return None
        if self.expired(config, now):
            return f"{self.version} waits for other evidence: {self._age(config)}"
        given = self.counted(config, now)
        so_far = f" ({', '.join(given)} did)" if given else ""
        people = "one more person" if given else ("one person", "two people")[missing - 1]
        return f"{self.version} waits until {people} approved it{so_far}; its author may not"

    def check(self, caller: Caller, config: ApprovalConfig, now: datetime) -> None:
        """Whether a caller's approval would count.

        Raises:
            AccessDeniedError: nobody is known to stand behind the caller, or it is the version's author.
            ConflictError: this person approved it before, or the evidence is too old.
        """
        if config.needed == 0:
            return
        if caller.person is None:
            raise AccessDeniedError(
                f"{caller.name} is no identity of one person, and {self.version} needs approvals of people: sign as an "
                "IAM user, through Identity Center, or with one of Trimtab's own roles"
            )
        if caller.person == self.author_person:
            raise AccessDeniedError(f"{caller.name} made {self.version}: somebody else must approve it")
        if self.expired(config, now):
            raise ConflictError(f"{self.version} cannot be approved: {self._age(config)}")
        if caller.person in self.counted(config, now) and self.missing(config, now) > 0:
            raise ConflictError(f"{caller.name} approved {self.version} before: {self.waits_for(config, now)}")

    def _age(self, config: ApprovalConfig) -> str:
        return (
            f"its evidence is of {self.evidence_at}, and [approval] expires is {words(config.expires)}: "
            "retrain the model, or register the version again"
        )


def check_author(author: str, person: str | None, config: ApprovalConfig) -> None:
    """Whether a version may be registered for people to approve: who made it must be told from who approves it.

    Raises:
        AccessDeniedError: nobody is known to stand behind the author, who could approve it under another name.
    """
    if config.needed and person is None and not is_pipeline(author):
        raise AccessDeniedError(
            f"{author} is no identity of one person, and people approve versions of this model, the author never: sign "
            "as an IAM user, through Identity Center, or with one of Trimtab's own roles"
        )
