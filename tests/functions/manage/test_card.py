"""Model cards: of a version by hand, of one of the loop, of one that is hosted elsewhere; and what is not known."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from functions.domain.canonical_json import canonical_json
from functions.domain.errors import CorruptArtifactError, NotFoundError
from functions.domain.metric_names import METRICS
from functions.domain.reference import Reference
from functions.manage.card import ModelCard
from functions.manage.service_record import LAST_REPORTS
from tests.functions.gate.worlds import EXECUTION
from tests.functions.manage.worlds import ABOUT, EXTERNAL, MODEL, ManagedWorld, report_of
from tests.functions.snapshot.worlds import ARTIFACTS

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "model-card.schema.json").read_text())


def card(world: ManagedWorld, version: str = "2", model: str = MODEL) -> dict[str, Any]:
    """The card, which is as the schema says."""
    found = ModelCard(*world.args).document(model, version)
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(canonical_json(found)))
    return found


def unknown(found: dict[str, Any]) -> set[str]:
    return {entry["part"] for entry in found["unknown"]}


def test_a_version_of_the_loop_tells_what_it_learnt_from_by_digest(world: ManagedWorld) -> None:
    data = card(world)["data"]
    manifest = world.stage.manifest(data["snapshot"]["key"])
    assert data["snapshot_sha256"] in data["snapshot"]["key"]
    assert {file["sha256"] for file in data["snapshot"]["files"]} == {file.sha256 for file in manifest.files}
    assert data["fit"]["rows"] == manifest.fit_rows
    assert data["snapshot"]["quarantine"]["by_reason"] == dict(manifest.quarantine.by_reason)
    assert sum(data["snapshot"]["quarantine"]["by_reason"].values()) == data["snapshot"]["rows"]["quarantined"] > 0


def test_metrics_are_those_of_its_hold_out_with_intervals_in_the_order_of_reports(world: ManagedWorld) -> None:
    found = card(world)
    values = found["metrics"]["values"]
    assert found["metrics"]["rows"] == found["data"]["holdout"]["rows"]
    assert [one["name"] for one in values] == [name for name in METRICS if name in {one["name"] for one in values}]
    assert all(one["low"] <= one["value"] <= one["high"] for one in values)


def test_the_gate_s_decision_stands_there_with_every_check_slice_and_time(world: ManagedWorld) -> None:
    found, decided = card(world), world.decision()
    assert (found["gate"]["decision"], found["gate"]["execution"]) == ("passed", EXECUTION)
    assert [check["name"] for check in found["gate"]["checks"]] == [check["name"] for check in decided["checks"]]
    slices = next(check for check in decided["checks"] if check["name"] == "slices")
    assert found["slices"]["gate"]["slices"] == slices["numbers"]["slices"]
    assert found["slices"]["gate"]["champion"] == 1
    latency = next(check for check in decided["checks"] if check["name"] == "latency")
    assert found["latency"]["gate"] == latency["numbers"]
    assert found["parity"]["largest_difference"] <= found["parity"]["tolerance"]


def test_what_a_person_deployed_says_that_the_gate_was_not_asked(world: ManagedWorld) -> None:
    found = card(world, "1")
    assert found["gate"] is None
    assert found["made_by"]["training"] is None
    assert found["latency"] == {"gate": None, "service": None}
    assert {"gate", "service", "rollouts", "about.owner"} <= unknown(found)
    assert found["registered"]["by"] == "tests"


def test_the_drift_baseline_is_the_reference_that_it_brought(world: ManagedWorld) -> None:
    baseline = card(world)["baseline"]
    assert baseline["source"] == "training"
    columns = {column["name"]: column for column in baseline["columns"]}
    assert (
        columns["size"]["numbers"]["min"] <= columns["size"]["numbers"]["median"] <= columns["size"]["numbers"]["max"]
    )
    colours = columns["colour"]["values"]
    assert sum(one["rows"] for one in colours) + columns["colour"]["other"] == baseline["rows"]


def test_its_life_in_production_is_that_of_the_windows_in_which_it_was_live(world: ManagedWorld) -> None:
    world.evaluate(1, live="1")
    world.evaluate(2, verdict="RETRAIN")
    world.report(world.evaluate(3), report_of("1", "2"))
    found = card(world)
    service = found["service"]
    assert (service["windows"], service["verdicts"]) == (2, {"RETRAIN": 1, "KEEP": 1})
    assert [(one["rows"], one["predictions"]) for one in service["last"]] == [(900, None), (900, 450)]
    assert found["latency"]["service"]["p95"] > 0
    assert found["slices"]["service"]["versions"] == ["1", "2"]
    assert "service" not in unknown(found)
    [rollout] = found["rollouts"]
    assert (rollout["release"], rollout["champion"], rollout["state"]) == (3, 2, "live")


def test_the_audit_is_of_this_version_its_training_and_its_releases_alone(world: ManagedWorld) -> None:
    found = card(world)["audit"]
    acts = [entry["action"] for entry in found]
    assert acts[0] == "training.started"
    assert {"version.registered", "version.approved"} <= set(acts)
    assert all(entry["details"].get("version", 2) == 2 for entry in found)
    assert all(entry["details"].get("execution", EXECUTION) == EXECUTION for entry in found)
    [registered] = [entry for entry in card(world, "1")["audit"] if entry["action"] == "version.registered"]
    assert registered["details"]["version"] == 1
    chain = {entry.number: entry.digest for entry in world.table.entries()}
    assert all(chain[entry["number"]] == entry["sha256"] for entry in found)


def test_the_signature_is_told_as_it_is_kept(world: ManagedWorld) -> None:
    found = card(world)["registered"]
    assert found["signature"]["algorithm"] == "ECDSA_SHA_256"
    assert {file["name"] for file in found["files"]} >= {"model.onnx", "contract.json", "reference.json"}
    assert all(file["bytes"] > 0 for file in found["files"])


def test_an_external_version_has_the_name_that_its_observations_give_and_no_file_of_its_own(
    world: ManagedWorld,
) -> None:
    world.add_external()
    world.report(world.evaluate(1, "2024-02", EXTERNAL), report_of("2024-02"))
    found = card(world, "2024-02", EXTERNAL)
    assert (found["hosted"], found["live"], found["registered"], found["data"]) == (False, True, None, None)
    assert found["about"] == {**ABOUT, "limitations": None}
    assert {"registered", "about.limitations"} <= unknown(found)
    assert found["service"]["last"][0]["predictions"] == 450
    assert [node["kind"] for node in found["lineage"]["nodes"]] == ["version", "predictions"]


def test_an_external_version_is_held_against_the_first_window_of_its_model(world: ManagedWorld) -> None:
    world.add_external()
    world.evaluate(1, "2024-02", EXTERNAL)
    assert card(world, "2024-02", EXTERNAL)["baseline"] is None
    known = Reference.from_bytes(world.s3.objects[ARTIFACTS, f"artifacts/model={MODEL}/version=1/reference.json"])
    world.stage.tools.references.freeze(replace(known, model=EXTERNAL, source="first_window"))
    baseline = card(world, "2024-02", EXTERNAL)["baseline"]
    assert (baseline["source"], baseline["rows"]) == ("first_window", known.rows)


def test_of_many_windows_the_last_reports_alone_are_read(world: ManagedWorld) -> None:
    for day in range(1, 31):
        world.report(world.evaluate(day), report_of("2"))
    service = card(world)["service"]
    assert service["windows"] == len(service["last"]) == 30
    assert [one["predictions"] for one in service["last"]] == [None] * 18 + [450] * LAST_REPORTS


def test_a_version_that_is_not_there_is_named_with_those_that_are(world: ManagedWorld) -> None:
    with pytest.raises(NotFoundError, match="small has no version 7: it has 1, 2"):
        card(world, "7")
    world.add_external()
    with pytest.raises(NotFoundError, match="tides has no version 1: no evaluation has found one yet"):
        card(world, "1", EXTERNAL)


def test_a_file_that_was_changed_makes_no_card(world: ManagedWorld) -> None:
    key = (ARTIFACTS, f"artifacts/model={MODEL}/version=2/lineage.json")
    world.s3.objects[key] = world.s3.objects[key].replace(b"2013", b"2014")
    with pytest.raises(CorruptArtifactError, match=r"lineage\.json was changed"):
        card(world)


def test_a_snapshot_that_was_changed_makes_no_card(world: ManagedWorld) -> None:
    key = card(world)["data"]["snapshot"]["key"]
    world.s3.objects[ARTIFACTS, key] = world.s3.objects[ARTIFACTS, key].replace(b'"seed":0', b'"seed":1')
    with pytest.raises(CorruptArtifactError, match=r"snapshot .* was changed"):
        card(world)


def test_a_snapshot_that_is_gone_is_not_made_up(world: ManagedWorld) -> None:
    key = card(world)["data"]["snapshot"]["key"]
    del world.s3.objects[ARTIFACTS, key]
    found = card(world)
    assert found["data"]["snapshot"] is None
    assert found["data"]["sha256"]
    assert "data.snapshot" in unknown(found)


def test_every_object_of_the_schema_says_what_it_has_and_nothing_else_may_come() -> None:
    for part in _parts(SCHEMA):
        if part.get("type") == "object" and "properties" in part:
            assert part["additionalProperties"] is False, part
            assert set(part["required"]) == set(part["properties"]), part
    assert SCHEMA["$defs"]["metric_name"]["enum"] == list(METRICS)


def test_what_is_not_as_the_schema_says_is_found(world: ManagedWorld) -> None:
    found = json.loads(canonical_json(ModelCard(*world.args).document(MODEL, "2")))
    found["service_level"] = "gold"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(found)


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for value in schema:
            yield from _parts(value)
