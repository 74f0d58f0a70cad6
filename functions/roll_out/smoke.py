"""The smoke test: a published version, invoked by its number, must answer recorded rows as it did at training.

Two calls: named rows, for the label and for which version and release answers; and the Open Inference Protocol, for
every output of the model.
"""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from functions.domain.contract import Contract, Feature
from functions.domain.errors import SmokeTestError
from functions.domain.release import Release
from functions.domain.release_artifact import Artifact
from functions.domain.witness_answers import flat, same_answer
from functions.roll_out.run import Run

_DATATYPES = {"float32": "FP32", "int64": "INT64", "string": "BYTES", "bool": "BOOL"}
_SHOWN = 200


def smoke_test(run: Run, release: Release, artifact: Artifact) -> str | None:
    """Why a release does not answer as it should; None when it does.

    Raises:
        UnavailableError: Lambda could not be asked.
    """
    contract, witness = artifact.contract, artifact.witness
    try:
        rows = _ask(run, release, f"/models/{release.model}/predict", {"rows": witness["rows"]})
        _check_rows(rows, release, contract, witness)
        inputs = list(_tensors(contract, witness["rows"]))
        _check_outputs(_ask(run, release, f"/v2/models/{release.model}/infer", {"inputs": inputs}), witness)
    except SmokeTestError as error:
        return str(error)
    except (KeyError, TypeError, AttributeError) as error:
        return f"its answer is not of the form that it should be: {error!r}"
    return None


def proxy_event(run: Run, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """A POST as API Gateway would pass it on, marked as a smoke test."""
    return {
        "trimtab_source": "smoke",
        "resource": path,
        "path": path,
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json"},
        "queryStringParameters": None,
        "pathParameters": None,
        "requestContext": {
            "requestId": f"smoke-{run.id}-{path.rsplit('/', 1)[1]}",
            "requestTimeEpoch": run.request.epoch_ms(),
            "resourcePath": path,
            "httpMethod": "POST",
            "identity": {"userArn": run.request.actor},
        },
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def _ask(run: Run, release: Release, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    event = json.dumps(proxy_event(run, path, body)).encode()
    answer = run.tools.releases.invoke(run.function, release.number, event)
    try:
        response = json.loads(answer)
        status, text = response["statusCode"], response["body"]
        document = json.loads(b64decode(text) if response.get("isBase64Encoded") else text)
    except (ValueError, KeyError, TypeError):
        raise SmokeTestError(f"POST {path} answered no HTTP response: {answer[:_SHOWN]!r}") from None
    if status != 200 or not isinstance(document, dict):
        raise SmokeTestError(f"POST {path} answered {status}: {str(document)[:_SHOWN]}")
    return document


def _check_rows(answer: Mapping[str, Any], release: Release, contract: Contract, witness: Mapping[str, Any]) -> None:
    expected = {"model": release.model, "model_version": release.model_version, "release": release.number}
    for key, value in expected.items():
        if answer.get(key) != value:
            raise SmokeTestError(f"{key} should be {value!r}, the release says {answer.get(key)!r}")
    predictions = answer.get("predictions")
    labels = list(flat(witness["outputs"][contract.label_output]))
    if not isinstance(predictions, list) or len(predictions) != len(labels):
        raise SmokeTestError(f"{len(labels)} rows were sent, the answer is {str(predictions)[:_SHOWN]}")
    for row, (label, prediction) in enumerate(zip(labels, predictions, strict=True)):
        if not same_answer(label, prediction.get("label")):
            raise SmokeTestError(f"row {row}: label should be {label!r}, the release says {prediction.get('label')!r}")


def _check_outputs(answer: Mapping[str, Any], witness: Mapping[str, Any]) -> None:
    outputs = {output["name"]: list(flat(output["data"])) for output in answer.get("outputs", [])}
    for name, rows in witness["outputs"].items():
        answered = outputs.get(name, [])
        expected = [list(flat(row)) for row in rows]
        if len(answered) != sum(map(len, expected)):
            raise SmokeTestError(f"output {name} should have {sum(map(len, expected))} values, it has {len(answered)}")
        for row, values in enumerate(expected):
            got, answered = answered[: len(values)], answered[len(values) :]
            if not all(map(same_answer, values, got)):
                raise SmokeTestError(f"row {row}: output {name} should be {values!r}, the release says {got!r}")


def _tensors(contract: Contract, rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for feature in contract.features:
        yield {
            "name": feature.name,
            "datatype": _DATATYPES[feature.type],
            "shape": _shape(feature, len(rows)),
            "data": list(flat([row.get(feature.name) for row in rows])),
        }


def _shape(feature: Feature, rows: int) -> list[int]:
    return [rows, 1 if feature.size is None else feature.size]
