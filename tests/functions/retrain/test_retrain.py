"""`retrain`: the same bytes as by hand, written once; a clear word where it cannot, and no surprise in the middle."""

import json
from pathlib import Path

import pytest

from functions.adapters.candidate_judge import judge
from functions.adapters.candidate_store import fetch_candidate
from functions.adapters.training_rows import read_manifest, read_split
from functions.domain.candidate import DESCRIPTION
from functions.domain.errors import CorruptArtifactError, InvalidRequestError, MisconfiguredError, NotFoundError
from functions.domain.fit_estimate import LastFit
from functions.retrain.request import RetrainRequest
from functions.retrain.settings import Settings
from tests.functions.retrain.worlds import BUCKET, World, world
from tests.unit.folders import BINARY, ESTIMATOR, write_folder

LAST_FIT = "candidates/model=small/last_fit.json"


@pytest.fixture
def small(tmp_path: Path) -> World:
    return world(tmp_path)


def test_the_two_functions_make_the_artifact_that_training_by_hand_makes(small: World) -> None:
    answer = small.retrain()
    assert answer["decision"] == "fitted"
    assert answer["fit_rows"] == 240

    candidate = fetch_candidate(small.lake, "small", answer["candidate"])
    manifest = read_manifest(small.lake, "small", small.snapshot)
    parts = read_split(small.lake, manifest, candidate.description.features)
    judged = judge(candidate, parts, lambda line: None)

    by_hand = {path.name: path.read_bytes() for path in small.by_hand.folder.iterdir()}
    assert judged.files == by_hand


def test_a_second_run_writes_nothing_else(small: World) -> None:
    first = small.retrain()
    before = {key: body for key, body in small.s3.objects.items() if key[1] != LAST_FIT}
    second = small.retrain()
    assert first["candidate"] == second["candidate"]
    assert {key: body for key, body in small.s3.objects.items() if key[1] != LAST_FIT} == before


def test_the_code_that_fitted_is_kept_under_its_digest(small: World) -> None:
    lineage = json.loads(small.s3.objects[BUCKET, small.retrain()["candidate"] + "lineage.json"])
    assert f"training/model=small/{lineage['code']['archive']}.zip" in small.keys("training/")


def test_a_run_that_died_half_way_is_ended_by_the_next(small: World) -> None:
    whole = small.retrain()["candidate"]
    for name in (DESCRIPTION, "model.onnx"):
        del small.s3.objects[BUCKET, whole + name]
    with pytest.raises(NotFoundError, match="retrain again"):
        fetch_candidate(small.lake, "small", whole)
    assert small.retrain()["candidate"] == whole
    assert fetch_candidate(small.lake, "small", whole).description.model == "small"


@pytest.mark.parametrize("suffix", [".json", ".npz"])
def test_a_file_that_was_changed_stops_it(small: World, suffix: str) -> None:
    snapshot = small.snapshot
    (key,) = [key for key in small.keys("training/") if key.endswith(suffix)]
    small.s3.objects[BUCKET, key] += b" "
    with pytest.raises(CorruptArtifactError, match="changed"):
        small.retrain(snapshot=snapshot)


def test_a_file_that_is_gone_stops_it(small: World) -> None:
    (key,) = [key for key in small.keys("training/") if key.endswith(".npz")]
    del small.s3.objects[BUCKET, key]
    with pytest.raises(NotFoundError, match="not in the artifact bucket"):
        small.retrain()


def test_a_candidate_that_was_changed_is_not_read(small: World) -> None:
    prefix = small.retrain()["candidate"]
    small.s3.objects[BUCKET, prefix + "model.onnx"] += b"x"
    with pytest.raises(CorruptArtifactError, match="not what its digest says"):
        fetch_candidate(small.lake, "small", prefix)
    with pytest.raises(InvalidRequestError):
        fetch_candidate(small.lake, "tides", prefix)


@pytest.mark.parametrize(("memory", "seconds", "said"), [(200, 900.0, "raise [train] memory"), (3_008, 0.001, "µs")])
def test_rows_that_will_not_fit_are_refused_before_they_are_read(
    small: World, memory: int, seconds: float, said: str
) -> None:
    small.memory_mb, small.seconds_left = memory, seconds
    (key,) = [key for key in small.keys("training/") if key.endswith(".npz")]
    del small.s3.objects[BUCKET, key]  # nobody asks for it
    answer = small.retrain()
    assert answer["decision"] == "refused"
    assert said in answer["reasons"][0]
    assert "240 rows of 3 columns" in answer["reasons"][0]


def test_the_next_estimate_stands_on_what_the_last_fit_took(small: World) -> None:
    small.retrain()
    last = LastFit.from_bytes(small.s3.objects[BUCKET, LAST_FIT])
    assert (last.cells, last.seconds > 0, last.peak_mb > 100) == (720, True, True)

    slow = LastFit(last.code, 7, 100.0, last.peak_mb)
    small.s3.objects[BUCKET, LAST_FIT] = slow.to_bytes()
    (reason,) = small.retrain()["reasons"]
    assert "by the last fit: 100 s" in reason

    (small.folder / "estimator.py").write_text(ESTIMATOR + "# another estimator\n")
    assert small.retrain()["decision"] == "fitted"
    small.s3.objects[BUCKET, LAST_FIT] = b"{"
    assert small.retrain()["decision"] == "fitted"


@pytest.mark.parametrize(
    ("settings", "estimator", "said"),
    [
        (BINARY, "def build():\n    return 1 / 0\n", "ZeroDivisionError"),
        (BINARY.replace("[features.amount]", "[features.speed]"), ESTIMATOR, "no column 'speed'"),
        (BINARY.replace('type = "int64"', 'type = "int64"\nmax = 3'), ESTIMATOR, "[features.count] max"),
    ],
    ids=["an estimator that fails", "a feature that the rows lack", "rows that the contract rejects"],
)
def test_what_is_the_folders_or_the_datas_fault_is_answered(
    small: World, settings: str, estimator: str, said: str
) -> None:
    write_folder(small.folder.parent.parent, settings, estimator=estimator)
    answer = small.retrain()
    assert answer["decision"] == "refused"
    assert said in answer["reasons"][0]
    assert not small.keys("candidates/")


def test_it_fits_its_own_model_alone(small: World) -> None:
    with pytest.raises(InvalidRequestError, match="fits small, not tides"):
        small.retrain(model="tides")
    with pytest.raises(InvalidRequestError, match="must be 'training/model=small/"):
        small.retrain(snapshot="training/model=tides/x.json")
    with pytest.raises(InvalidRequestError, match="snapshot must be text"):
        RetrainRequest.from_event({"model": "small"})


def test_a_setting_that_is_missing_stops_the_start_with_its_name() -> None:
    whole = {"MODEL": "small", "ARTIFACT_BUCKET": "b", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008"}
    assert Settings.from_environment(whole) == Settings("small", "b", 3_008)
    for name in whole:
        with pytest.raises(MisconfiguredError, match=name):
            Settings.from_environment({key: value for key, value in whole.items() if key != name})
