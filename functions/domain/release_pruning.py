"""Which releases a model can do without: pure."""

from collections.abc import Sequence

from functions.domain.model_version import ModelRecord
from functions.domain.release import Release


def expendable(record: ModelRecord, releases: Sequence[Release], keep: int) -> list[Release]:
    """Releases to give up, oldest first: of the good ones all but the live one and the last `keep` that were live; of
    the others (failed, barred, never live) those that are older than these. None before there are `keep` to go back to.

    Never the newest: Lambda answers its number again, instead of publishing, where nothing changed since.
    """
    there = sorted((r for r in releases if r.pruned_at is None), key=lambda release: release.number)
    good = [release for release in there if release.good and release.number != record.live]
    good.sort(key=lambda release: (release.live_at or "", release.number), reverse=True)
    if len(good) < keep:
        return []
    kept = {release.number for release in good[:keep]}
    needed = {*kept, there[-1].number, record.live, record.desired, record.canary, record.live_canary}
    return [r for r in there if r.number not in needed and (r.good or r.number < min(kept))]
