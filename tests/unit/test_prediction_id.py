"""Ids that know when they were made."""

from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.prediction_id import predicted_at, prediction_id, request_id

GATEWAY_ID = "c6af9ac6-7b61-4e6f-9a41-93e8deadbeef"
TIMES = st.integers(0, 2**48 - 1)
ROWS = st.integers(0, 9_999_999)


@given(st.uuids(version=4).map(str) | st.text(max_size=60), TIMES, ROWS)
def test_a_predictions_id_says_when_it_was_made(gateway_id: str, time_ms: int, row: int) -> None:
    assert predicted_at(prediction_id(request_id(gateway_id, time_ms), row)) == time_ms


@given(st.uuids(version=4).map(str) | st.text(max_size=60), TIMES)
def test_a_requests_id_is_a_uuid_of_version_7(gateway_id: str, time_ms: int) -> None:
    made = UUID(request_id(gateway_id, time_ms))
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == time_ms
    assert str(made) == request_id(gateway_id, time_ms), "the same request has the same id, in lower case"


@given(st.uuids(version=4), TIMES)
def test_it_ends_with_the_gateways_own_74_random_bits(gateway_id: UUID, time_ms: int) -> None:
    made = UUID(request_id(str(gateway_id), time_ms))
    twelve, sixty_two = 0xFFF << 64, (1 << 62) - 1
    assert made.int & twelve == gateway_id.int & twelve
    assert made.int & sixty_two == gateway_id.int & sixty_two


@given(st.lists(st.text(max_size=60), min_size=2, max_size=2, unique=True), TIMES)
def test_two_requests_of_one_moment_have_two_ids(gateway_ids: list[str], time_ms: int) -> None:
    first, second = (request_id(gateway_id, time_ms) for gateway_id in gateway_ids)
    assert first != second


def test_ids_sort_by_their_time() -> None:
    times = [0, 1, 1_362_115_200_000, 1_370_088_000_000, 1_370_088_000_001, 2**48 - 1]
    assert sorted(request_id(GATEWAY_ID, time) for time in times) == [request_id(GATEWAY_ID, time) for time in times]


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "42",
        "order-7",
        GATEWAY_ID,
        f"{GATEWAY_ID}-0",  # version 4
        request_id(GATEWAY_ID, 1),  # a request, not a prediction
        f"{request_id(GATEWAY_ID, 1)}-",
        f"{request_id(GATEWAY_ID, 1)}-x",
        f"{request_id(GATEWAY_ID, 1)}-0\n",
        f"{request_id(GATEWAY_ID, 1)}-٣",  # a digit, but no ASCII one
        f"{request_id(GATEWAY_ID, 1)}-12345678",
        f"{request_id(GATEWAY_ID, 1).upper()}-0",
        f" {request_id(GATEWAY_ID, 1)}-0",
    ],
)
def test_an_id_that_is_not_ours_says_no_time(foreign: str) -> None:
    assert predicted_at(foreign) is None
