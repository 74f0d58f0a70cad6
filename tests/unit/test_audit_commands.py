"""`trimtab audit` and `trimtab explain`: exit codes that mean something, files that can be verified."""

import csv
import io
import json
from typing import Any

import pytest
from typer.testing import CliRunner

from functions.domain.audit import START, Act, Written, chain
from functions.domain.canonical_json import digest_of
from functions.domain.errors import NotFoundError
from functions.manage.audit import document
from functions.manage.verification import Verification
from trimtab import audit as audits
from trimtab import explanation
from trimtab.audit import COLUMNS, write
from trimtab.cli import app
from trimtab.commands import audit as commands
from trimtab.explanation import explained, lines

ACT = Act("version.approved", "flights", "=cmd|calc", "2013-03-01T00:00:00Z", {"version": 3, "comment": "gut, größer"})
ENTRIES = [document(entry) for entry in chain(START, [ACT, ACT], {"MODELS/flights": Written(2, "ab")})]


@pytest.fixture(autouse=True)
def no_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "open_stage", lambda project, name: name)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize(("findings", "code"), [([], 0), (["entry 3 was changed: its hash does not match"], 5)])
def test_the_exit_code_says_whether_anything_was_tampered_with(
    monkeypatch: pytest.MonkeyPatch, findings: list[str], code: int
) -> None:
    def verified(stage: str, tell: Any) -> Verification:
        tell("entries", 10_000, 0)
        return Verification(entries=7, items=5, heads=2, versions=1, sealed_to=6, findings=findings, notes=["a gap"])

    monkeypatch.setattr(audits, "verify_stage", verified)
    found = run("audit", "verify")
    assert found.exit_code == code
    assert "7 entries, 5 items, 2 heads, 1 versions; sealed up to entry 6" in found.output
    assert "note: a gap" in found.output
    assert all(f"FOUND {finding}" in found.output for finding in findings)
    told = run("audit", "verify", "--json")
    assert told.exit_code == code
    assert json.loads(told.stdout)["findings"] == findings


def test_a_chain_that_is_too_long_for_the_api_is_neither_sound_nor_tampered_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Api:
        def __init__(self, stage: str) -> None: ...

        def get(self, path: str) -> dict[str, Any]:
            assert path == "/audit/verify"
            return {**Verification(notes=["too many for one answer"]).to_document(), "sound": None}

    monkeypatch.setattr("trimtab.management.Management", Api)
    found = run("audit", "verify", "--api")
    assert found.exit_code == 1
    assert "not verified" in found.output


def test_json_lines_hold_the_bytes_that_the_hash_is_of() -> None:
    file = io.StringIO()
    assert write(ENTRIES, "jsonl", file) == 2
    read = [json.loads(line) for line in file.getvalue().splitlines()]
    assert [digest_of(entry["body"]) for entry in read] == [entry["sha256"] for entry in ENTRIES]
    assert read[1]["previous"] == read[0]["sha256"]
    assert json.loads(read[0]["body"])["details"]["comment"] == "gut, größer"


def test_a_spreadsheet_gets_no_formula() -> None:
    file = io.StringIO()
    assert write(ENTRIES, "csv", file) == 2
    head, first, _ = csv.reader(io.StringIO(file.getvalue()))
    assert tuple(head) == COLUMNS
    told = dict(zip(head, first, strict=True))
    assert told["actor"] == "'=cmd|calc"
    assert json.loads(told["details"]) == {"comment": "gut, größer", "version": 3}
    assert told["number"] == "1"


def test_an_export_asks_for_a_period_and_goes_to_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    asked: dict[str, Any] = {}

    class Api:
        def __init__(self, stage: str) -> None: ...

        def pages(self, path: str, **query: Any) -> list[dict[str, Any]]:
            asked.update(path=path, **query)
            return ENTRIES

    monkeypatch.setattr(audits, "Management", Api)
    file = tmp_path / "audit.jsonl"
    assert run("audit", "export", str(file), "--from", "2013-03-01", "--to", "2013-04-01").exit_code == 0
    assert len(file.read_text().splitlines()) == 2
    assert (asked["path"], asked["start"], asked["end"]) == ("/audit", "2013-03-01T00:00:00Z", "2013-04-01T00:00:00Z")
    assert run("audit", "export", "--format", "xml").exit_code == 2


EXPLAINED: dict[str, Any] = {
    "model": "flights",
    "request": "r-1",
    "served": {
        "where": "table/…", "time": "2013-03-01T00:00:00Z", "version": "3", "release": 4, "client": "key-1",
        "source": "api", "latency_us": 1_500, "rows": 1,
        "shown": [{"id": "r-1-0", "inputs": {"size": 1}, "outputs": {"score": 0.5}, "flags": [], "label": None}],
    },
    "release": {"number": 4, "model_version": 3, "code_digest": "c" * 64, "published_at": "t", "state": "tested",
                "live_at": None},
    "rollout": {"number": 2, "actor": "reconcile", "cause": "gate", "share": 0.1},
    "version": {
        "version": 3, "state": "approved", "registered_at": "t", "registered_by": "ann", "artifact_sha256": "a" * 64,
        "trained_on": {"fit": {"rows": 900}, "holdout": None, "snapshot_sha256": "b" * 64, "sha256": None},
        "made_by": {"training": {"execution": "run-1", "actor": "verdict", "cause": "verdict", "started_at": "t"}},
        "gate": {"decision": "passed", "as_of": "t", "champion": {"version": 2}},
        "approvals": [{"by": "bea", "person": "bea", "time": "t", "comment": "fine"}],
        "acts": [{"number": 9, "time": "t", "action": "version.approved", "actor": "bea"}],
    },
}  # fmt: skip


def test_an_explanation_is_told_a_line_for_each_thing() -> None:
    told = dict(lines(EXPLAINED))
    assert told["request"] == "r-1 to flights, 2013-03-01T00:00:00Z"
    assert told["asked by"] == "key-1 (api), 1 rows, answered in 1.5 ms"
    assert told["rollout"] == "2 by reconcile (gate); its share then: 10%"
    assert told["data"] == f"snapshot {'b' * 64}"
    assert told["approved"] == "by bea, t: fine"
    assert told["entry 9"] == "t version.approved by bea"
    ready_made = {**EXPLAINED["version"], "trained_on": None, "gate": None, "acts": None, "approvals": []}
    assert dict(lines({**EXPLAINED, "version": ready_made}))["trained on"].startswith("nothing that is known")
    nothing = {**EXPLAINED, "version": None, "release": None, "rollout": None}
    assert dict(lines(nothing))["version"] == "3: the registry has none of that name"


def test_without_a_model_all_are_asked_and_the_first_that_had_it_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    class Api:
        def __init__(self, stage: str) -> None: ...

        def pages(self, path: str) -> list[dict[str, Any]]:
            return [{"model": "loans"}, {"model": "flights"}]

        def get(self, path: str, **query: Any) -> dict[str, Any]:
            if path == "/requests/flights/r-1":
                return EXPLAINED
            raise NotFoundError("no such request")

    monkeypatch.setattr(explanation, "Management", Api)
    found = run("explain", "r-1")
    assert found.exit_code == 0, found.output
    assert "r-1-0" in found.output
    stage: Any = "local"
    with pytest.raises(NotFoundError, match="no log of loans, flights has the request r-2"):
        explained(stage, "r-2", None, None)
