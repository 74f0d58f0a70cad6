"""A snapshot's manifest: its bytes are its name, and what is none is an error."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.errors import CorruptArtifactError, InvalidRequestError
from functions.domain.snapshot_manifest import (
    Counts,
    GoldenFile,
    QuarantineSummary,
    SnapshotManifest,
    TrainingFile,
    digest_in_key,
    training_key,
)

MANIFEST = SnapshotManifest(
    model="flights",
    as_of="2013-04-01T00:00:00Z",
    files=(
        TrainingFile(training_key("flights", "a" * 64, "npz"), "a" * 64, 48_000, "first"),
        TrainingFile(training_key("flights", "b" * 64, "npz"), "b" * 64, 12_000, "log"),
    ),
    hold_out_from="2013-03-25T06:00:00.000000Z",
    fit_rows=58_000,
    holdout_rows=2_000,
    rows=Counts(first=48_000, log=12_000, unlabelled=90, immature=4, quarantined=31),
    seed=7,
    window={"start": None, "end": "2013-04-01T00:00:00Z"},
    golden=GoldenFile(training_key("flights", "c" * 64, "npz"), "c" * 64, 500),
    quarantine=QuarantineSummary(training_key("flights", "d" * 64, "parquet"), 31, {"duplicates": 31}, {"key-1": 31}),
)


@pytest.mark.parametrize("manifest", [MANIFEST, replace(MANIFEST, golden=None, as_of=None, hold_out_from=None)])
def test_a_manifest_comes_back_as_it_was(manifest: SnapshotManifest) -> None:
    data = manifest.to_bytes()
    assert SnapshotManifest.from_bytes(data) == manifest
    assert SnapshotManifest.from_bytes(data).to_bytes() == data


def test_a_manifest_lies_where_its_digest_says() -> None:
    assert digest_in_key("flights", MANIFEST.key, "json") != digest_in_key(
        "flights", replace(MANIFEST, seed=8).key, "json"
    )
    with pytest.raises(InvalidRequestError, match="must be 'training/model=tides/"):
        digest_in_key("tides", MANIFEST.key, "json")
    with pytest.raises(InvalidRequestError):
        digest_in_key("flights", f"{MANIFEST.key}/../x.json", "json")


@given(
    st.binary(max_size=60) | st.sampled_from([b"{}", b"[]", b'{"v":1}', b'{"v":1,"golden":3}', b"null", b"[" * 9999])
)
def test_what_is_no_manifest_is_an_error(data: bytes) -> None:
    with pytest.raises(CorruptArtifactError, match=r"no snapshot's manifest"):
        SnapshotManifest.from_bytes(data)


@pytest.mark.parametrize(
    "other",
    [
        {"files": (TrainingFile(training_key("tides", "a" * 64, "npz"), "a" * 64, 9, "first"),)},
        {"files": (TrainingFile(training_key("flights", "a" * 64, "npz"), "b" * 64, 9, "log"),)},
        {"files": (TrainingFile("artifacts/model=tides/version=1/model.onnx", "a" * 64, 9, "log"),)},
        {"golden": GoldenFile(training_key("tides", "c" * 64, "npz"), "c" * 64, 9)},
        {"quarantine": QuarantineSummary(training_key("tides", "d" * 64, "parquet"), 9, {}, {})},
        {"quarantine": QuarantineSummary("training/model=flights/../model=tides/x.parquet", 9, {}, {})},
    ],
)
def test_a_manifest_that_names_a_file_which_is_not_its_models_own_is_an_error(other: dict[str, Any]) -> None:
    with pytest.raises(CorruptArtifactError, match=r"a snapshot of flights names '.*', which is no file of its own"):
        SnapshotManifest.from_bytes(replace(MANIFEST, **other).to_bytes())


def test_a_later_version_is_an_error_that_says_so() -> None:
    with pytest.raises(CorruptArtifactError, match="schema version 2"):
        SnapshotManifest.from_bytes(MANIFEST.to_bytes().replace(b'"v":1', b'"v":2'))
