"""Traffic: shares that make sense, and how an alias spells them."""

import pytest

from functions.domain.traffic import Traffic


@pytest.mark.parametrize(
    "wrong",
    [(7, 8, 0.0), (7, 8, 1.0), (7, 8, 1.5), (7, 8, -0.1), (7, None, 0.1), (None, 8, 0.1), (7, 7, 0.1)],
)
def test_shares_that_make_no_sense_are_refused(wrong: tuple[int | None, int | None, float]) -> None:
    with pytest.raises(ValueError, match="canary"):
        Traffic(*wrong)


@pytest.mark.parametrize(
    ("traffic", "version", "weights"),
    [(Traffic(7), "7", {}), (Traffic(7, 8, 0.1), "7", {"8": 0.1}), (Traffic(), "None", {})],
)
def test_an_alias_is_compared_with_it(traffic: Traffic, version: str, weights: dict[str, float]) -> None:
    assert traffic.is_that_of(version, weights)
    assert not traffic.is_that_of("6", weights)
    assert not traffic.is_that_of(version, {"9": 0.5})


def test_it_is_told_in_words() -> None:
    assert [str(traffic) for traffic in (Traffic(), Traffic(7), Traffic(7, 8, 0.1))] == [
        "no release",
        "release 7",
        "release 7, and 10% to release 8",
    ]
