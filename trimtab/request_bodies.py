"""Bodies of requests that hold as many entries as their size allows."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Body:
    """`data` is a JSON object with a list of `entries` entries."""

    entries: int
    data: bytes


def bodies(key: str, entries: Iterable[Mapping[str, Any]], most_bytes: int, most_entries: int) -> Iterator[Body]:
    """The entries in their order, as `{"<key>": [...]}` in as few bodies as the limits allow.

    An entry that is too large alone is a body of its own: the endpoint says what is wrong with it.
    """
    head, tail = f'{{"{key}":['.encode(), b"]}"
    room = most_bytes - len(head) - len(tail)
    held: list[bytes] = []
    size = 0
    for entry in entries:
        encoded = json.dumps(entry, separators=(",", ":")).encode()
        if held and (size + len(encoded) + 1 > room or len(held) == most_entries):
            yield Body(len(held), head + b",".join(held) + tail)
            held, size = [], 0
        held.append(encoded)
        size += len(encoded) + (1 if size else 0)
    if held:
        yield Body(len(held), head + b",".join(held) + tail)
