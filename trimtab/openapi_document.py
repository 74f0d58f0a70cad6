"""Both APIs in one OpenAPI document: serving, of a model with these features for an example, and management.

`python -m trimtab.openapi_document` prints it; docs/openapi.json is what it printed last, which a test holds it to.
Each API serves its own part at `/openapi.json`, and a model's has that model's own features.
"""

import json
import sys
from typing import Any

from functions.adapters.openapi import VERSION
from functions.domain.contract import Contract, Feature, Output
from functions.domain.errors import ConflictError
from functions.manage import openapi as management
from functions.predict import openapi as serving

EXAMPLE = Contract(
    model="example",
    task="binary",
    onnx_sha256="0" * 64,
    features=(
        Feature("distance", "float32", min=0, max=10_000),
        Feature("carrier", "string", categories=("AA", "UA")),
        Feature("cancelled_before", "bool"),
    ),
    outputs=(Output("label", "BOOL"), Output("probabilities", "FP32", (2,))),
    label_output="label",
    probability_output="probabilities",
    classes=(False, True),
    positive=True,
)
DESCRIPTION = (
    "Two APIs, each with a URL of its own. Tagged `serving`: a model's, here of one called `example`; its clients have "
    "an API key or sign. Tagged `management`: the stage's; every call is signed, and access is IAM policy."
)


def document() -> dict[str, Any]:
    """The two documents as one, each operation tagged with its API and with the security that this one asks for.

    Raises:
        ConflictError: both have a path or a component of one name that is not the same.
    """
    parts = {"serving": serving.document(EXAMPLE.model, EXAMPLE), "management": management.document()}
    # Each API has this path for its own part; here it is the management API's.
    del parts["serving"]["paths"]["/openapi.json"]
    merged: dict[str, Any] = {"paths": {}, "components": {}}
    for tag, part in parts.items():
        _into(merged["paths"], {path: _tagged(item, tag, part["security"]) for path, item in part["paths"].items()})
        for kind, named in part["components"].items():
            _into(merged["components"].setdefault(kind, {}), named)
    return {
        "openapi": VERSION,
        "info": {"title": "Trimtab", "version": "2", "description": DESCRIPTION},
        "tags": [{"name": tag, "description": part["info"]["description"]} for tag, part in parts.items()],
        **merged,
    }


def as_text() -> str:
    """The document as docs/openapi.json has it."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def _tagged(item: dict[str, Any], tag: str, security: list[dict[str, Any]]) -> dict[str, Any]:
    shared = {name: value for name, value in item.items() if name == "parameters"}
    operations = {
        method: {"tags": [tag], **operation, "security": operation.get("security", security)}
        for method, operation in item.items()
        if method != "parameters"
    }
    return {**shared, **operations}


def _into(whole: dict[str, Any], part: dict[str, Any]) -> None:
    """Add what is new; what has the name of another must be the same."""
    for name, value in part.items():
        if whole.setdefault(name, value) != value:
            raise ConflictError(f"both documents have a {name}, and not the same one")


if __name__ == "__main__":
    sys.stdout.write(as_text())
