"""What functions ask of AWS is counted by their roles; what people ask is nobody's here."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trimtab.local.credentials import Credentials, Key
from trimtab.local.http_message import Request
from trimtab.local.iam_actions import Place
from trimtab.local.moto_app import Moto
from trimtab.local.role_calls import GATHERED, RoleCalls

ACCOUNT, ROLE = "123456789012", "arn:aws:iam::123456789012:role/of-gate"
POLICY: dict[str, list[str]] = {"Statement": []}


@pytest.fixture
def credentials() -> Credentials:
    return Credentials(ACCOUNT, Moto(ACCOUNT, 0))


def calls_in(folder: Path, credentials: Credentials) -> RoleCalls:
    place = Place(ACCOUNT, "us-east-1")
    return RoleCalls(
        folder,
        credentials,
        place,
        lambda: [("gate", ROLE), ("idle", ROLE)],
        lambda role: [POLICY],
        lambda: {"key": POLICY},
    )


def get(key_id: str, target: str = "/lake/table/x") -> Request:
    scope = f"AWS4-HMAC-SHA256 Credential={key_id}/20261101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
    return Request("GET", target, [("Authorization", scope)])


def kept(folder: Path) -> dict[str, object]:
    document: dict[str, object] = json.loads((folder / "role_calls.json").read_text())
    return document


def test_a_functions_call_is_counted_with_its_policies_beside_it(tmp_path: Path, credentials: Credentials) -> None:
    key, calls = credentials.issue(ROLE, "gate"), calls_in(tmp_path, credentials)
    calls.note(get(key.id), 200, None)
    calls.note(get(key.id, "/lake/table/y"), 200, None)
    calls.keep()

    call = {"action": "s3:GetObject", "resource": "arn:aws:s3:::lake/table/_", "partitions": [], "demanded": True}
    assert kept(tmp_path) == {
        "v": 1,
        "functions": {
            "gate": {"role": ROLE, "policies": [POLICY], "calls": [{**call, "count": 2}]},
            "idle": {"role": ROLE, "policies": [POLICY], "calls": []},
        },
        "keys": {"key": POLICY},
        "unknown": [],
    }


def test_a_right_that_was_not_needed_before_is_written_at_once(tmp_path: Path, credentials: Credentials) -> None:
    calls_in(tmp_path, credentials).note(get(credentials.issue(ROLE, "gate").id), 200, None)
    assert '"s3:GetObject"' in json.dumps(kept(tmp_path))


def test_a_url_that_a_function_signed_is_its_own_call(tmp_path: Path, credentials: Credentials) -> None:
    key, calls = credentials.issue(ROLE, "gate"), calls_in(tmp_path, credentials)
    scope = f"{key.id}%2F20261101%2Fus-east-1%2Fs3%2Faws4_request"
    calls.note(Request("GET", f"/lake/artifacts/m?X-Amz-Credential={scope}&X-Amz-Expires=900", []), 200, None)

    assert "arn:aws:s3:::lake/artifacts/_" in json.dumps(kept(tmp_path))


def session(credentials: Credentials) -> Key:
    return credentials.assume(ROLE, "AROA1", "ann", datetime(2100, 1, 1, tzinfo=UTC))


def test_calls_of_the_account_and_of_peoples_sessions_are_not_counted(tmp_path: Path, credentials: Credentials) -> None:
    calls = calls_in(tmp_path, credentials)
    for key_id in (ACCOUNT, session(credentials).id, "ASIANOBODY", "AKIANOBODY"):
        calls.note(get(key_id), 200, None)
    calls.note(Request("GET", "/lake/table/x", []), 200, None)

    assert all(function["calls"] == [] for function in calls.shown()["functions"].values())


def test_a_call_whose_right_is_not_known_is_kept_as_such(tmp_path: Path, credentials: Credentials) -> None:
    calls = calls_in(tmp_path, credentials)
    calls.note(get(credentials.issue(ROLE, "gate").id, "/lake?policy"), 200, None)

    ((function, why),) = calls.shown()["unknown"]
    assert function == "gate"
    assert "iam_actions does not know" in why


def test_what_several_clouds_saw_is_gathered_in_one_folder(
    tmp_path: Path, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(GATHERED, str(tmp_path / "all"))
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        calls_in(tmp_path / name, credentials).keep()

    assert len(list((tmp_path / "all").glob("*.json"))) == 2
