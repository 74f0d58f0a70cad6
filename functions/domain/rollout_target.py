"""What a model's live release should be: which version, with the code as it is now."""

from collections.abc import Sequence
from dataclasses import dataclass

from functions.domain.model_version import ModelRecord
from functions.domain.release import Release
from functions.domain.rollout import Rollout, RolloutCause


@dataclass(frozen=True, slots=True)
class Target:
    """A pair that shall be live; `release` is its release, where there is one already."""

    version: int
    code: str
    cause: RolloutCause
    release: Release | None

    @property
    def stands_still(self) -> str | None:
        """Why no run brings it live by itself, or None."""
        if self.release is None:
            return None
        if self.release.barred is not None:
            return f"release {self.release.number} is barred: {self.release.barred}"
        if self.release.state == "failed":
            return f"release {self.release.number} failed its smoke test: {self.release.reason}"
        return None


def target(record: ModelRecord, releases: Sequence[Release], code: str) -> Target | None:
    """What shall be live and is not: another version than the live one, or code that nobody took up yet.

    Code that was taken up once and is not live has gone back, or was put back by hand: it is not new.
    """
    live = next((release for release in releases if release.number == record.live), None)
    version = record.candidate
    if version is None and live is not None:
        version = live.model_version
    if version is None:
        return None
    if live is not None and version == live.model_version and code == (record.code or live.code_digest):
        return None
    return pair(releases, live, version, code, "gate")


def pair(
    releases: Sequence[Release], live: Release | None, version: int, code: str, cause: RolloutCause
) -> Target | None:
    """A version with a state of the code as a target; None where that is live."""
    known = newest(releases, version, code)
    if live is not None and known is not None and known.number == live.number:
        return None
    same_version = live is not None and live.model_version == version
    return Target(version, code, "code" if same_version else cause, known)


def newest(releases: Sequence[Release], version: int, code: str) -> Release | None:
    """The release of a pair: the newest, where an older one has lost its Lambda version."""
    found = [r for r in releases if r.model_version == version and r.code_digest == code]
    return max(found, key=lambda release: release.number, default=None)


def superseded_by(
    rollout: Rollout, release: Release, record: ModelRecord, code: str, wanted: Target | None
) -> str | None:
    """Why a rollout under way ends for something newer, or None.

    It does where another version shall be live, or where its code is not the function's any more; not for a release
    that would not go live by itself.
    """
    candidate = record.candidate
    if candidate is not None and candidate != rollout.model_version:
        if wanted is None or wanted.stands_still is None:
            return f"version {candidate} shall be live"
        return None
    if release.code_digest != code and (wanted is None or wanted.stands_still is None):
        return f"the function has newer code ({code[:12]})"
    return None
