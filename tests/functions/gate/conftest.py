"""What is measured is not made faster or slower by how often; tests measure less often."""

import pytest

from functions.gate import comparison, latency


@pytest.fixture(autouse=True)
def few_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "RESAMPLES", 200)
    monkeypatch.setattr(latency, "REPEATS", dict.fromkeys(latency.REPEATS, 5))
