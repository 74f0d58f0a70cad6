"""docs/openapi.json: both APIs in one document, as the code makes it, and as the routes are."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from functions.domain.errors import ConflictError
from functions.domain.management_calls import CALLS
from functions.manage import openapi as management
from infra.routes import _INGESTION, _SERVING
from trimtab.openapi_document import EXAMPLE, as_text, document

ROOT = Path(__file__).parents[2]
DOCUMENT = document()


def operations(tag: str) -> set[tuple[str, str]]:
    return {
        (method.upper(), path)
        for path, item in DOCUMENT["paths"].items()
        for method, operation in item.items()
        if method != "parameters" and operation["tags"] == [tag]
    }


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_the_file_in_docs_is_what_the_code_makes() -> None:
    there = (ROOT / "docs" / "openapi.json").read_text()
    assert there == as_text(), "run: python -m trimtab.openapi_document > docs/openapi.json"


def test_management_is_the_table_of_calls_and_serving_the_routes_of_a_model() -> None:
    assert operations("management") == {(call.method, call.path) for call in CALLS}
    routes = {(route.method, route.path.replace("{model}", EXAMPLE.model)) for route in (*_SERVING, *_INGESTION)}
    assert operations("serving") == routes - {("GET", "/openapi.json")}


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    used = set(references(DOCUMENT))
    there = {
        f"#/components/{kind}/{name}"
        for kind, named in DOCUMENT["components"].items()
        for name in named
        if kind != "securitySchemes"
    }
    assert used == there


def test_every_schema_is_one() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_parameter_of_a_path_is_described_and_operations_have_names_of_their_own() -> None:
    names = []
    for path, item in DOCUMENT["paths"].items():
        named = {reference.rpartition("/")[2] for reference in references(item.get("parameters", []))}
        parameters = DOCUMENT["components"]["parameters"]
        assert {parameters[name]["name"] for name in named} == set(re.findall(r"{([a-z]+)}", path)), path
        names += [operation["operationId"] for method, operation in item.items() if method != "parameters"]
    assert len(set(names)) == len(names)


def test_management_asks_for_a_signature_everywhere() -> None:
    for method, path in operations("management"):
        assert DOCUMENT["paths"][path][method.lower()]["security"] == [{"signature": []}]


def test_two_things_of_one_name_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    other = json.loads(json.dumps(management.document()))
    other["components"]["schemas"]["Error"] = {"type": "string"}
    monkeypatch.setattr(management, "document", lambda: other)
    with pytest.raises(ConflictError, match="both documents have a Error"):
        document()
