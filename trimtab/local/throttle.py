"""Limits of the gateway: token buckets for rates, and counts a day, week or month for quotas."""

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path


class TokenBucket:
    """`rate` requests a second, up to `burst` at once. `now` is any clock in seconds that does not go back."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate, self.burst = rate, burst
        self._tokens = float(burst)
        self._lock = threading.Lock()
        self._at: float | None = None

    def take(self, now: float) -> bool:
        """Take a token, if there is one."""
        with self._lock:
            if self._at is not None and now > self._at:
                self._tokens = min(float(self.burst), self._tokens + (now - self._at) * self.rate)
            self._at = now if self._at is None else max(self._at, now)
            if self._tokens < 1.0:
                return False
            self._tokens -= 1.0
            return True


class Throttles:
    """Buckets by key, made anew when their limits change."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, ...], TokenBucket] = {}
        self._lock = threading.Lock()

    def take(self, key: tuple[str, ...], rate: float | None, burst: int | None, now: float) -> bool:
        """Take a token of the bucket `key`; without a rate there is no limit."""
        if rate is None:
            return True
        most = int(burst if burst is not None else rate)
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None or (bucket.rate, bucket.burst) != (rate, most):
                bucket = self._buckets[key] = TokenBucket(rate, most)
        return bucket.take(now)


class Quotas:
    """Counts of requests on disk: a file for each key and period, a byte for each request; a kill loses none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, tuple[str, int, int]] = {}  # key -> period, file, count
        self._lock = threading.Lock()

    def take(self, key: str, limit: int, period: str, now: datetime) -> bool:
        """Count a request, if the period's limit isn't reached."""
        name = period_name(period, now)
        with self._lock:
            current, file, count = self._open.get(key, ("", -1, 0))
            if current != name:
                if file >= 0:
                    os.close(file)
                path = self._folder / f"{key}.{name}"
                for old in self._folder.glob(f"{key}.*"):
                    if old != path:
                        old.unlink()
                file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                count = os.fstat(file).st_size
            if count < limit:
                os.write(file, b".")
                count += 1
                self._open[key] = (name, file, count)
                return True
            self._open[key] = (name, file, count)
            return False


def period_name(period: str, now: datetime) -> str:
    """The period that `now` lies in, in UTC: a day, a week from Monday, a month."""
    at = now.astimezone(UTC)
    if period == "DAY":
        return f"{at:%Y-%m-%d}"
    if period == "WEEK":
        return f"{at - timedelta(days=at.weekday()):%Y-%m-%d}w"
    if period == "MONTH":
        return f"{at:%Y-%m}"
    raise ValueError(f"{period} is no period of a quota: DAY, WEEK or MONTH")
