"""Label and observation records as they are read back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain import label_record, observation_record
from functions.domain.errors import CorruptArtifactError

LABELS_1 = {
    "v": 1,
    "model": "flights",
    "request_id": "013eff9b-ca00-7e6f-9a41-93e8deadbeef",
    "time": 1_370_088_000_000,
    "sender": "arn:aws:iam::123456789012:role/labels",
    "prediction_ids": ["013eff9b-ca00-7e6f-9a41-93e8deadbeef-0", "order-7"],
    "labels": [True, False],
    "observed_at": [1_370_088_000_000, 1_370_088_000_000],
    "predicted_at": [None, 1_370_087_000_000],
}
OBSERVATIONS_1 = {
    "v": 1,
    "model": "flights",
    "request_id": "013eff9b-ca00-7e6f-9a41-93e8deadbeef",
    "time": 1_370_088_000_000,
    "sender": None,
    "ids": ["order-7"],
    "times": [1_370_087_000_000],
    "versions": ["2013-05"],
    "inputs": {"carrier": ["UA"], "distance": [1400]},
    "predictions": ["true"],
    "scores": [0.75],
    "probabilities": [None],
    "flags": [],
}
READERS = [(label_record.parse, LABELS_1, "label record"), (observation_record.parse, OBSERVATIONS_1, "observation")]


@pytest.mark.parametrize(("parse", "record", "_name"), READERS)
def test_reads_version_1(parse: Any, record: dict[str, Any], _name: str) -> None:
    assert parse(json.dumps(record)) == record
    assert parse(json.dumps(record).encode() + b"\n") == record


@pytest.mark.parametrize(("parse", "_record", "name"), READERS)
@pytest.mark.parametrize("line", ["", "{", "[]", "{}", "1", '{"v":0}', '{"v":2}', '{"v":"1"}', b"\xff"])
def test_does_not_read_what_it_does_not_know(parse: Any, _record: object, name: str, line: str | bytes) -> None:
    with pytest.raises(CorruptArtifactError, match=name):
        parse(line)


@given(st.sampled_from(READERS), st.binary(max_size=40) | st.text(max_size=40))
def test_whatever_lies_there_it_is_said_to_be_corrupt(reader: Any, line: str | bytes) -> None:
    parse, _, name = reader
    with pytest.raises(CorruptArtifactError, match=name):
        parse(line)
