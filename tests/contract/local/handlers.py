"""Handlers of the tiny functions that the local cloud's contract tests run. Shipped as the only file of their asset."""

import base64
import json
import os
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

SEEN: list[Any] = []


def handler(event: dict[str, Any], context: Any) -> Any:
    """Does what the event asks for; by default says what it was given."""
    SEEN.append(event)
    if "print" in event:
        print(event["print"])
    if "raise" in event:
        raise ValueError(event["raise"])
    if "exit" in event:
        os._exit(event["exit"])
    if "sleep" in event:
        time.sleep(event["sleep"])
    if "bytes" in event:
        return "x" * event["bytes"]
    return {
        "event": event,
        "count": len(SEEN),
        "pid": os.getpid(),
        "environment": dict(os.environ),
        "path": sys.path,
        "modules": sorted(_importable("boto3", "numpy", "from_layer")),
        "context": {
            "function": context.function_name,
            "version": context.function_version,
            "arn": context.invoked_function_arn,
            "remaining_ms": context.get_remaining_time_in_millis(),
        },
    }


def told(event: dict[str, Any], context: Any) -> None:
    """Says in its log what it was given, in a line."""
    print("TOLD " + json.dumps(event))
    if "sleep" in event:
        time.sleep(event["sleep"])


class TransientError(Exception):
    """What a second attempt may overcome."""


def step(event: dict[str, Any], context: Any) -> Any:
    """A step of a state machine: says in its log what it was given; `asked` says what it does."""
    print("TOLD " + json.dumps(event), flush=True)
    asked = event.get("asked") or {}
    SEEN.append(event.get("execution"))
    time.sleep(asked.get("sleep", 0))
    if SEEN.count(event.get("execution")) <= asked.get("fail", 0):
        raise TransientError("try again")
    if "raise" in asked:
        raise ValueError(asked["raise"])
    return {"decision": asked.get("decision", "go"), "step": event["step"], "version": context.function_version}


def from_layer(event: dict[str, Any], context: Any) -> Any:
    """Imports what its layers carry, and reads their other files."""
    import library  # type: ignore[import-not-found] # the layer's

    return {
        "library": library.NAME,
        "place": library.__file__,
        "data": Path(os.environ["DATA"]).read_text(),
        "later": Path(os.environ["DATA"]).with_name("later.txt").exists(),
        "path": sys.path,
    }


def web(event: dict[str, Any], context: Any) -> Any:
    """Behind the gateway: the query says how to answer."""
    asked = event["queryStringParameters"] or {}
    if "raise" in asked:
        raise ValueError("asked for")
    if "malformed" in asked:
        return json.loads(asked["malformed"])
    if "binary" in asked:
        body = base64.b64encode(bytes(range(256))).decode()
        headers = {"Content-Type": "application/octet-stream"}
        return {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": True}
    headers = {"Content-Type": "application/json", "X-Version": context.function_version}
    cookies = {"Set-Cookie": ["a=1", "b=2"]}
    return {"statusCode": 200, "headers": headers, "multiValueHeaders": cookies, "body": json.dumps(event)}


def custom(event: dict[str, Any], context: Any) -> None:
    """A CloudFormation custom resource."""
    status = "FAILED" if event["ResourceProperties"].get("Fail") == "true" else "SUCCESS"
    answer = {
        "Status": status,
        "Reason": "told to",
        "PhysicalResourceId": "made-by-hand",
        "Data": {"Request": event["RequestType"], "Asked": json.dumps(event["ResourceProperties"])},
    }
    data = json.dumps(answer).encode()
    request = urllib.request.Request(event["ResponseURL"], data=data, method="PUT")
    urllib.request.urlopen(request, timeout=5).close()


def no_init(event: dict[str, Any], context: Any) -> None:
    """Never reached: its module path does not exist."""


def _importable(*names: str) -> list[str]:
    found = []
    for name in names:
        try:
            __import__(name)
        except ImportError:
            continue
        found.append(name)
    return found
