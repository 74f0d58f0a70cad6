"""The hours that this environment wrote last: the next run need not read them before it writes them again."""

from collections import OrderedDict

from functions.adapters.data_lake import Found

MOST_BYTES = 64 * 1024 * 1024


class RecentHours:
    """Objects by key, the oldest forgotten first. What lies in S3 may be another by now: a write names the ETag."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._objects: OrderedDict[str, Found] = OrderedDict()

    def find(self, key: str) -> Found | None:
        return self._objects.get(key)

    def keep(self, key: str, found: Found) -> None:
        self.forget(key)
        self._objects[key] = found
        self._bytes += len(found.body)
        while self._bytes > self._most_bytes:
            self.forget(next(iter(self._objects)))

    def forget(self, key: str) -> None:
        found = self._objects.pop(key, None)
        if found is not None:
            self._bytes -= len(found.body)
