"""What the calls that change nothing answer; each answer is held against the document that describes it."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from functions.adapters.registry_store import VERSIONS, Change, version_key
from functions.domain.management_calls import CALLS
from functions.domain.prediction_id import request_id
from functions.manage.calls import ANSWERING
from functions.manage.openapi import TOLD, document
from functions.manage.openapi_schemas import BODIES
from tests.functions.manage.client import ANN, GATEWAY_ID, TIME, Client, filled, management_event, routed
from tests.functions.manage.worlds import ManagedWorld, report_of
from tests.functions.snapshot.worlds import MODEL

DOCUMENT = document()
AT = f"/models/{MODEL}"


def described(name: str, status: int) -> Draft202012Validator:
    """The schema of what a call answers with that status."""
    (call,) = [call for call in CALLS if call.name == name]
    answers = DOCUMENT["paths"][call.path][call.method.lower()]["responses"]
    schema = answers[str(status)]["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def answered(client: Client, name: str, path: str, **query: str) -> Any:
    """What a GET answers: 200, and as the document says."""
    answer = client.get(path, **query)
    assert answer.status == 200, answer
    described(name, 200).validate(answer.json)
    return answer.json


def test_the_table_the_router_the_document_and_the_bodies_know_the_same_calls() -> None:
    names = {call.name for call in CALLS}
    assert set(ANSWERING) == names
    assert set(TOLD) == names
    assert set(BODIES) == {call.name for call in CALLS if call.method == "POST"}
    told = {(path, method) for path, item in DOCUMENT["paths"].items() for method in item if method != "parameters"}
    assert told == {(call.path, call.method.lower()) for call in CALLS}
    assert {call.name: routed(call.path)[0] for call in CALLS} == {call.name: call.path for call in CALLS}


def test_no_two_path_parameters_stand_side_by_side() -> None:
    """API Gateway takes one name a level."""
    seen: dict[str, str] = {}
    for call in CALLS:
        parts = call.path.split("/")
        for at, part in enumerate(parts):
            if part.startswith("{"):
                assert seen.setdefault("/".join(parts[:at]), part) == part, call.path


def test_models_are_those_of_the_registry_and_those_with_a_stack(client: Client) -> None:
    client.deployed.known = {"tides": "https://api/tides", MODEL: "https://api/small"}
    found = answered(client, "list_models", "/models")
    assert [(one["model"], one["url"], one["live"]) for one in found["items"]] == [
        (MODEL, "https://api/small", 3),
        ("tides", "https://api/tides", None),
    ]
    first = answered(client, "list_models", "/models", limit="1")
    assert [one["model"] for one in first["items"]] == [MODEL]
    second = answered(client, "list_models", "/models", limit="1", after=first["next"])
    assert ([one["model"] for one in second["items"]], second["next"]) == (["tides"], None)


def test_a_model_says_what_is_live_and_by_which_etag_it_is_known(client: Client) -> None:
    answer = client.get(AT)
    described("show_model", 200).validate(answer.json)
    assert answer.headers["ETag"] == f'"{answer.json["etag"]}"'
    assert (answer.json["live"], answer.json["model_version"], answer.json["external"]) == (3, 2, False)


def test_versions_come_newest_first_and_page_by_page(client: Client) -> None:
    found = answered(client, "list_versions", f"{AT}/versions")
    assert [one["number"] for one in found["items"]] == [2, 1]
    first = answered(client, "list_versions", f"{AT}/versions", limit="1")
    rest = answered(client, "list_versions", f"{AT}/versions", limit="1", after=first["next"])
    assert [*first["items"], *rest["items"]] == found["items"]
    assert rest["next"] is None


def test_every_page_of_many_versions_is_read_once(client: Client, world: ManagedWorld) -> None:
    known = world.table.read(version_key(MODEL, 2)).document
    for number in range(3, 28):
        world.table.commit([Change(version_key(MODEL, number), {**known, "number": number}, 0)], [])
    page = answered(client, "list_versions", f"{AT}/versions", limit="10")
    numbers = [one["number"] for one in page["items"]]
    while page["next"] is not None:
        page = answered(client, "list_versions", f"{AT}/versions", limit="10", after=page["next"])
        numbers += [one["number"] for one in page["items"]]
    assert numbers == list(range(27, 0, -1))
    assert len(world.table.read_all(f"MODEL#{MODEL}", VERSIONS)) == 27


def test_a_version_has_its_releases(client: Client) -> None:
    found = answered(client, "show_version", f"{AT}/versions/2")
    assert [release["number"] for release in found["releases"]] == [3]
    assert found["live"] is True
    assert client.get(f"{AT}/versions/3").status == 404
    assert client.get(f"{AT}/versions/x").status == 404


def test_rollouts_trainings_and_one_of_them(client: Client) -> None:
    (rollout,) = answered(client, "list_rollouts", f"{AT}/rollouts")["items"]
    assert (rollout["release"], rollout["state"]) == (3, "live")
    trainings = answered(client, "list_trainings", f"{AT}/trainings")["items"]
    assert {one["execution"]: one["state"] for one in trainings}["run-2"] == "refused"
    one = answered(client, "show_training", f"{AT}/trainings/run-2")
    assert one in trainings
    assert client.get(f"{AT}/trainings/run-9").status == 404


def test_a_report_is_found_by_the_end_of_its_window(client: Client, world: ManagedWorld) -> None:
    evaluation = world.evaluate(day=1)
    end = evaluation.window[1]
    assert client.get(f"{AT}/reports/{end}").status == 404, "its report is not there yet"
    world.report(evaluation, report_of("2"))
    assert [one["window"][1] for one in answered(client, "list_reports", f"{AT}/reports")["items"]] == [end]
    found = answered(client, "show_report", f"{AT}/reports/{end}")
    kept = world.data.get(str(evaluation.report))
    assert kept is not None
    assert found["report"] == json.loads(kept.body)
    escaped = management_event("GET", f"{AT}/reports/{end.replace(':', '%3A')}", None, {}, ANN)
    assert client.send(escaped).json == found, "API Gateway passes a path's parameters as they were sent"
    assert client.get(f"{AT}/reports/yesterday").status == 404


def test_quarantine_says_what_the_last_snapshot_kept_out(client: Client) -> None:
    found = answered(client, "show_quarantine", f"{AT}/quarantine", rows="2")
    assert len(found["rows"]) == min(2, found["quarantined"])
    assert client.get(f"{AT}/quarantine", rows="1001").status == 400


@pytest.mark.parametrize(
    ("name", "path", "query"),
    [
        ("show_card", f"{AT}/versions/2/card", {}),
        ("show_lineage", f"{AT}/versions/2/lineage", {}),
        ("show_model_lineage", f"{AT}/lineage", {}),
        ("compare_versions", f"{AT}/compare", {"versions": "1,2"}),
        ("compare_models", "/compare", {"versions": f"{MODEL}:1,2"}),
        ("list_audit", "/audit", {}),
        ("verify_audit", "/audit/verify", {}),
        ("show_openapi", "/openapi.json", {}),
    ],
)
def test_what_is_made_elsewhere_is_answered_here(client: Client, name: str, path: str, query: dict[str, str]) -> None:
    assert answered(client, name, path, **query)


def test_what_is_not_known_is_said(client: Client) -> None:
    unheard = request_id(GATEWAY_ID, TIME)
    assert client.get(f"/requests/{MODEL}/{unheard}").status == 404
    assert "no request" in client.get(f"/requests/{MODEL}/{unheard}").error
    assert client.get("/models/nobody").status == 404
    assert client.get("/compare", versions="nobody:1").status == 404
    assert client.get(f"/exports/{MODEL}/1").status in (200, 409), "versions that were never signed are not exported"
    assert client.get("/nothing").status == 404


def test_the_audit_is_read_page_by_page(client: Client) -> None:
    whole = answered(client, "list_audit", "/audit", limit="200")["items"]
    first = answered(client, "list_audit", "/audit", limit="2")
    rest = answered(client, "list_audit", "/audit", limit="200", after=first["next"])
    assert [*first["items"], *rest["items"]] == whole
    assert len(whole) > 3


def test_another_method_is_not_allowed_and_says_which_are(client: Client) -> None:
    for call in CALLS:
        other = management_event("DELETE", filled(call.path, model=MODEL), None, {}, ANN)
        answer = client.send({**other, "resource": call.path})
        assert answer.status == 405
        assert call.method in answer.headers["Allow"]


def test_who_signs_nothing_reads_nothing(client: Client) -> None:
    asked = management_event("GET", "/models", None, {}, None)
    assert client.send(asked).status == 403
