"""What `trimtab deploy` asks of the management API, and what it makes of each answer."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from functions.domain.errors import AccessDeniedError, ConflictError, CorruptArtifactError
from functions.domain.names import Names
from trimtab import deploy as deploying
from trimtab.deploy import deploy
from trimtab.stage import Stage

STAGE = Stage(Names("test", "123456789012", "eu-central-1"))
DONE = {"state": "done", "model": "small", "model_version": 3, "release": 7, "live": 7, "weight": 1.0, "changed": True,
        "steps": ["published release 7"], "message": "release 7 is live"}  # fmt: skip


class Api:
    """Answers by the last part of the path; an exception is raised. Of a list, one answer after the other."""

    def __init__(self, **answers: Any) -> None:
        self.answers, self.asked = answers, list[tuple[str, Mapping[str, Any]]]()

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append((path, body))
        answer = self.answers[path.rpartition("/")[2].replace("-", "_")]
        answer = answer.pop(0) if isinstance(answer, list) else answer
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    files = {"model.onnx": b"onnx", "lineage.json": b'{"data": null}'}
    listed = {name: sha256(body).hexdigest() for name, body in files.items()}
    for name, body in {**files, "manifest.json": json.dumps({"files": listed}).encode()}.items():
        (tmp_path / name).write_bytes(body)
    return tmp_path


def deployed(monkeypatch: pytest.MonkeyPatch, artifact: Path, api: Api) -> deploying.Deployment:
    api.answers.setdefault("uploads", {"artifact": "incoming/model=small/1/", "files": [], "training": []})
    api.answers.setdefault("versions", {"version": 3, "waits": None, "steps": ["registered version 3"]})
    monkeypatch.setattr(deploying, "Management", lambda stage: api)
    monkeypatch.setattr(deploying, "sleep", lambda seconds: None)
    return deploy(STAGE, "small", artifact, at_once=True)


def test_a_version_is_registered_and_rolled_out_in_the_callers_name(
    monkeypatch: pytest.MonkeyPatch, artifact: Path
) -> None:
    api = Api(roll_out=DONE)
    found = deployed(monkeypatch, artifact, api)
    assert (found.release, found.steps) == (7, ["registered version 3", "published release 7"])
    paths = ["/models/small/uploads", "/models/small/versions", "/models/small/versions/3/roll-out"]
    assert [path for path, _ in api.asked] == paths
    assert api.asked[-1][1] == {"now": True}


def test_what_is_still_under_way_is_asked_for_until_it_is_done(monkeypatch: pytest.MonkeyPatch, artifact: Path) -> None:
    under_way = {"state": "under way", "message": "at work", "steps": []}
    api = Api(roll_out=[under_way, ConflictError("the lease is held"), DONE])
    assert deployed(monkeypatch, artifact, api).release == 7


def test_a_conflict_at_first_is_the_callers(monkeypatch: pytest.MonkeyPatch, artifact: Path) -> None:
    with pytest.raises(ConflictError, match="barred"):
        deployed(monkeypatch, artifact, Api(roll_out=ConflictError("release 7 is barred")))


def test_a_version_that_waits_for_people_is_not_rolled_out(monkeypatch: pytest.MonkeyPatch, artifact: Path) -> None:
    waits = {"version": 3, "waits": "version 3 waits until two people approved it", "steps": []}
    api = Api(versions=waits)
    found = deployed(monkeypatch, artifact, api)
    assert (found.release, found.changed) == (None, False)
    assert found.message == "version 3 waits until two people approved it; it goes live by itself then"


def test_who_may_only_propose_is_told_what_becomes_of_it(monkeypatch: pytest.MonkeyPatch, artifact: Path) -> None:
    found = deployed(monkeypatch, artifact, Api(roll_out=AccessDeniedError("no")))
    assert (found.model_version, found.release) == (3, None)
    assert "the next run of roll_out takes it up" in found.message


def test_a_file_that_was_changed_is_not_sent(monkeypatch: pytest.MonkeyPatch, artifact: Path) -> None:
    (artifact / "model.onnx").write_bytes(b"another")
    api = Api()
    with pytest.raises(CorruptArtifactError, match="was changed after training"):
        deployed(monkeypatch, artifact, api)
    assert api.asked == []
