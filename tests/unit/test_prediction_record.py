import json

import pytest

from functions.domain.errors import CorruptArtifactError
from functions.domain.prediction_record import parse

VERSION_1 = {
    "v": 1,
    "model": "flights",
    "model_version": 3,
    "release": 7,
    "request_id": "c6af9ac6",
    "first_row": 0,
    "time": 1370088000000,
    "client": "key",
    "inputs": {"carrier": ["UA", None], "distance": [1400, 200.5]},
    "outputs": {"label": [0, 1], "probabilities": [[0.75, 0.25], [0.5, 0.5]]},
    "flags": [[], ["out_of_range:distance"]],
    "latency_us": 90,
    "source": "api",
}


def test_reads_version_1() -> None:
    assert parse(json.dumps(VERSION_1)) == VERSION_1
    assert parse(json.dumps(VERSION_1).encode() + b"\n") == VERSION_1


@pytest.mark.parametrize("line", ["", "{", "[]", "{}", '{"v":0}', '{"v":2}', '{"v":"1"}', b"\xff"])
def test_does_not_read_what_it_does_not_know(line: str | bytes) -> None:
    with pytest.raises(CorruptArtifactError, match="prediction record"):
        parse(line)
