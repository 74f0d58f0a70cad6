"""Real flights as each contender takes them, in API Gateway events that differ in nothing but path and body."""

import base64
import json
from typing import Any

from functions.domain.contract import Contract

type Event = dict[str, Any]
DATATYPES = {"float32": "FP32", "int64": "INT64", "string": "BYTES", "bool": "BOOL"}


def v2_event(rows: list[dict[str, Any]], contract: Contract) -> Event:
    """Rows as an inference request of the Open Inference Protocol, a tensor a feature."""
    inputs = [
        {
            "name": feature.name,
            "shape": [len(rows), 1],
            "datatype": DATATYPES[feature.type],
            "data": [row[feature.name] for row in rows],
        }
        for feature in contract.features
    ]
    return gateway_event("/v2/models/flights/infer", {"inputs": inputs})


def rows_event(rows: list[dict[str, Any]]) -> Event:
    """Rows as the JSON objects that the peers read."""
    return gateway_event("/models/flights/predict", {"rows": rows})


def gateway_event(path: str, document: Any) -> Event:
    """A REST proxy event; the body is base64, as `binaryMediaTypes: */*` has it."""
    body = json.dumps(document, separators=(",", ":")).encode()
    headers = {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "Host": "abcdefghij.execute-api.us-east-1.amazonaws.com",
        "User-Agent": "bench",
        "X-Amzn-Trace-Id": "Root=1-51303a80-000000000000000000000000",
        "X-Forwarded-For": "192.0.2.1",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
        "x-api-key": "not-a-real-key",
    }
    return {
        "resource": path,
        "path": path,
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdefghij",
            "stage": "prod",
            "resourcePath": path,
            "httpMethod": "POST",
            "path": f"/prod{path}",
            "protocol": "HTTP/1.1",
            "requestId": "c6af9ac6-7b61-4e6f-9a41-93e8deadbeef",
            "requestTime": "01/Mar/2013:05:20:00 +0000",
            "requestTimeEpoch": 1362115200000,
            "identity": {"apiKeyId": "key", "sourceIp": "192.0.2.1", "userAgent": "bench"},
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
