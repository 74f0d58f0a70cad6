import json
from typing import Any

import pytest

from functions.domain.logged_record import recover
from functions.domain.prediction_record import MAX_RECORD_BYTES, parse
from tests.functions.predict.client import REQUEST_ID, TIME, Client, client_for, event, settings_for, tensors
from tests.functions.predict.small_models import ROW, write_model

ROWS = [{**ROW, "note": None}, {**ROW, "embedding": [0, 0.5, 1]}]


def test_a_request_leaves_one_record_of_all_that_was_sent_and_answered(client: Client) -> None:
    answer = client.infer(tensors(ROWS), outputs=[{"name": "label"}])
    assert answer.status == 200
    (line,) = client.sink.lines
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    (record,) = client.sink.records
    assert record["inputs"] == {name: [row[name] for row in ROWS] for name in ROW}
    outputs, latency = record.pop("outputs"), record.pop("latency_us")  # type: ignore[misc]  # taken off to compare the rest
    assert outputs["label"] == answer.json["outputs"][0]["data"]
    assert [len(row) for row in outputs["probabilities"]] == [2, 2]
    assert 0 < latency < 10_000_000
    assert {**record, "inputs": {}} == {
        "v": 1,
        "model": "visitors",
        "model_version": 3,
        "release": 7,
        "request_id": REQUEST_ID,
        "first_row": 0,
        "time": TIME,
        "client": "key-1",
        "inputs": {},
        "flags": [],
        "source": "api",
    }


def test_the_client_is_an_api_key_or_a_role(client: Client) -> None:
    body = json.dumps({"rows": [ROW]})
    request = event("POST", "/models/visitors/predict", body)
    context = request["requestContext"]
    for identity in ({"apiKeyId": None, "userArn": "arn:aws:iam::1:role/r"}, {"apiKeyId": None}, None):
        client.send({**request, "requestContext": {**context, "identity": identity}})
    assert [record["client"] for record in client.sink.records] == ["arn:aws:iam::1:role/r", None, None]


def test_only_a_direct_invocation_can_call_itself_a_smoke_test(client: Client) -> None:
    body = json.dumps({"rows": [ROW]})
    client.send(event("POST", "/models/visitors/predict", body, trimtab_source="smoke"))
    client.send(event("POST", "/models/visitors/predict", body, {"trimtab_source": "smoke"}))
    client.send(event("POST", "/models/visitors/predict", body, trimtab_source="other"))
    assert [record["source"] for record in client.sink.records] == ["smoke", "api", "api"]


def test_what_is_not_acknowledged_is_logged_and_counted(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    client.sink.losing = {0}
    assert client.predict(ROWS).status == 200
    *lines, metric = capsys.readouterr().out.splitlines()
    (found,) = recover(lines)
    record = parse(found.line)
    assert found.kind == "predictions"
    assert record["inputs"]["serial"] == [ROW["serial"]] * 2
    counted = json.loads(metric)
    (definition,) = counted["_aws"]["CloudWatchMetrics"]
    assert definition["Namespace"] == "Trimtab"
    assert [counted[name] for name in ("model", "UnacknowledgedRecords")] == ["visitors", 1]
    assert definition["Dimensions"] == [["model"]]
    assert [named["Name"] for named in definition["Metrics"]] == ["UnacknowledgedRecords"]
    assert counted["_aws"]["Timestamp"] == TIME


def test_what_is_acknowledged_is_not_logged(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert client.predict(ROWS).status == 200
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def roomy(tmp_path: Any) -> Client:
    """A client whose requests may be larger than a record."""
    write_model(tmp_path, max_body=4_000_000)
    return client_for(settings_for(tmp_path))


def test_a_record_too_large_for_firehose_is_split_by_rows(roomy: Client) -> None:
    rows = [{**ROW, "serial": number, "note": "é" * 5_000} for number in range(250)]
    assert roomy.predict(rows).status == 200
    records = roomy.sink.records
    assert len(records) > 1
    assert all(len(line) <= MAX_RECORD_BYTES for line in roomy.sink.lines)
    assert {record["request_id"] for record in records} == {REQUEST_ID}
    serials: list[int] = []
    for record in records:
        assert record["first_row"] == len(serials)
        assert len(record["outputs"]["label"]) == len(record["inputs"]["serial"])
        serials += record["inputs"]["serial"]
    assert serials == list(range(250))


def test_only_the_parts_that_were_not_acknowledged_are_logged(
    roomy: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    roomy.sink.losing = {1}
    rows = [{**ROW, "serial": number, "note": "é" * 5_000} for number in range(250)]
    assert roomy.predict(rows).status == 200
    *lines, _ = capsys.readouterr().out.splitlines()
    assert all(len(line.encode()) < 256_000 for line in lines), "CloudWatch cuts longer lines"
    logged = [parse(found.line) for found in recover(lines)]
    assert len(logged) == 1
    serials = {serial for record in [*logged, *roomy.sink.records] for serial in record["inputs"]["serial"]}
    assert serials == set(range(250))
    assert sum(len(record["inputs"]["serial"]) for record in [*logged, *roomy.sink.records]) == 250


def test_flags_are_split_with_their_rows(tmp_path: Any) -> None:
    from functions.domain.contract import Guard

    write_model(tmp_path, guard=Guard(unknown_category="flag"), max_body=4_000_000)
    client = client_for(settings_for(tmp_path))
    rows = [{**ROW, "note": "x" * 9_000, "level": 9 if number == 199 else 1} for number in range(200)]
    assert client.predict(rows).status == 200
    *_, last = client.sink.records
    assert last["flags"][-1] == ["unknown_category:level"]
    assert len(last["flags"]) == len(last["inputs"]["level"])


def test_a_row_that_no_record_holds_is_rejected_and_nothing_stored(roomy: Client) -> None:
    answer = roomy.predict([ROW, {**ROW, "note": "x" * 1_100_000}])
    assert answer.status == 413
    assert "row 1 takes" in answer.error
    assert roomy.sink.lines == []
