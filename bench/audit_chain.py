"""How long it takes to verify a long audit chain, and how much memory: `python -m bench.audit_chain [ENTRIES] [ITEMS]`.

The chain is made while it is read, so that nothing of it lies in memory but what the verification itself keeps. What
the making takes is measured first, by itself, and told beside it; reading from DynamoDB comes on top, a MB a call.
"""

import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

from functions.domain.audit import START, Act, ChainCheck, Head, StoredEntry, Written, chain, items_of
from functions.domain.audit_items import LastWritten
from functions.domain.canonical_json import digest_of


@dataclass
class Made:
    """A chain of changes of so many items in turn."""

    entries: int
    items: int

    def read(self) -> Iterator[StoredEntry]:
        head = START
        for number in range(self.entries):
            key, revision = f"MODEL#m{number % self.items}/ROLLOUT#00000001", number // self.items + 1
            act = Act(
                "rollout.advanced", f"m{number % self.items}", "reconcile", "2026-11-24T00:00:00Z", {"weight": 0.1}
            )
            (entry,) = chain(head, [act], {key: Written(revision, digest_of(f"{key} {revision}"))})
            head = Head(entry.number, entry.digest)
            yield entry


def main(entries: int = 1_000_000, items: int = 100_000) -> None:
    made = Made(entries, items)
    begun = perf_counter()
    for _ in made.read():
        pass
    making = perf_counter() - begun
    before = peak_mb()
    check, written = ChainCheck(), LastWritten()
    begun = perf_counter()
    for entry in made.read():
        document = check.take(entry)
        assert document is not None
        written.take(document, items_of(document))
    taken = perf_counter() - begun - making
    assert not check.findings
    assert not written.findings
    assert len(written) == min(items, entries)
    print(f"{entries:,} entries of {items:,} items: {taken:.1f} s to verify, {taken / entries * 1e6:.1f} µs each")
    print(f"{peak_mb() - before:.0f} MB for it, {peak_mb():.0f} MB in all; {making:.1f} s to make the chain")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(*(int(text) for text in sys.argv[1:3]))
