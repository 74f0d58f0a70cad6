"""The `live` alias, created once: a CloudFormation custom resource that never moves it (DESIGN rule 7.1).

Whatever happens, CloudFormation gets an answer: without one a stack hangs for an hour.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.adapters.lambda_releases import LambdaReleases, lambda_client
from functions.bootstrap.alias import ensure_live
from functions.bootstrap.answer import send
from functions.domain.release_function import LIVE, Releases


@cache
def build() -> Releases:
    return LambdaReleases(lambda_client())


def handler(event: Mapping[str, Any], context: Any) -> None:
    answer: dict[str, Any] = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    function = event.get("ResourceProperties", {}).get("FunctionName", "")
    answer["PhysicalResourceId"] = event.get("PhysicalResourceId") or f"{function}:{LIVE}"
    try:
        data = {} if event["RequestType"] == "Delete" else {"AliasArn": ensure_live(build(), function).arn}
        answer |= {"Status": "SUCCESS", "Data": data}
    except Exception as error:  # whatever it is: an unanswered stack hangs
        answer |= {"Status": "FAILED", "Reason": f"{type(error).__name__}: {error}"[:1000]}
    print(f"{function}: {event.get('RequestType')}: {answer['Status']} {answer.get('Reason', '')}")
    send(event["ResponseURL"], answer)
