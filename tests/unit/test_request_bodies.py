import json

from hypothesis import given
from hypothesis import strategies as st

from trimtab.request_bodies import bodies

entries = st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=30) | st.integers() | st.none(), max_size=3))


@given(entries, st.integers(min_value=20, max_value=400), st.integers(min_value=1, max_value=5))
def test_all_entries_are_sent_in_order_within_the_limits(
    given_entries: list[dict[str, object]], most_bytes: int, most_entries: int
) -> None:
    made = list(bodies("rows", given_entries, most_bytes, most_entries))

    read = [json.loads(body.data)["rows"] for body in made]
    assert [entry for body in read for entry in body] == given_entries
    for body, held in zip(made, read, strict=True):
        assert body.entries == len(held) <= most_entries
        assert len(body.data) <= most_bytes or body.entries == 1


def test_bodies_are_as_few_as_the_limits_allow() -> None:
    made = list(bodies("rows", [{"a": 1}] * 10, most_bytes=len('{"rows":[{"a":1},{"a":1},{"a":1}]}'), most_entries=9))
    assert [body.entries for body in made] == [3, 3, 3, 1]
