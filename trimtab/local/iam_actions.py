"""What IAM must allow for an AWS call: action and resource, by what is on the wire. Only calls that functions make.

The names are those of AWS's Service Authorization Reference, where they differ from the API's: a listing of a bucket is
s3:ListBucket, HeadObject needs s3:GetObject, an invocation lambda:InvokeFunction, and a transaction of DynamoDB the
actions of its parts. What is not known here is an error: it would be a right that nobody counts.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote

from functions.domain.errors import MisconfiguredError
from trimtab.local.aws_call import aws_call
from trimtab.local.http_message import Request

# The parts of a transaction, and what each needs.
TRANSACTED = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
PARTITION = "pk"  # of the registry's table, the only one

LambdaCall = Callable[[Request], tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Needed:
    """One action on one resource, of these partitions of a table. `demanded` is False where it only told more."""

    action: str
    resource: str
    partitions: tuple[str, ...] = ()
    demanded: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """Where ARNs lie."""

    account: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


def needed_for(request: Request, status: int, place: Place, lambda_call: LambdaCall | None) -> list[Needed]:
    """What a call needs; `status` is how it was answered, `lambda_call` reads it where it is one of Lambda's.

    Raises:
        MisconfiguredError: it is of a service or an operation that is not known here.
    """
    if lambda_call is not None:
        return list(_of_lambda(*lambda_call(request), place))
    call = aws_call(request)
    if call.service == "s3":
        return list(_of_s3(request, status))
    try:
        asked = json.loads(request.body) if request.body else {}
    except ValueError:
        asked = {}  # CloudWatch's calls come in CBOR or as a form, and know no resource
    if (call.service, call.operation) in ON_RESOURCE:
        action, resources = ON_RESOURCE[call.service, call.operation]
        return [Needed(action, one) for one in resources(asked, place)]
    if call.service == "dynamodb":
        return list(_of_dynamodb(call.operation, asked, place))
    raise MisconfiguredError(f"iam_actions does not know which right {call.service} {call.operation} needs: add it")


def _of_lambda(operation: str, asked: Mapping[str, Any], place: Place) -> Iterator[Needed]:
    operation = "InvokeFunction" if operation == "Invoke" else operation
    if layer := asked.get("LayerName"):
        number = asked.get("VersionNumber")
        yield Needed(f"lambda:{operation}", _arn(f"layer:{layer}", place) + (f":{number}" if number else ""))
        return
    name, qualifier = str(asked.get("FunctionName", "*")), asked.get("Qualifier")
    yield Needed(f"lambda:{operation}", _arn(f"function:{name}", place) + (f":{qualifier}" if qualifier else ""))
    for layer_version in asked.get("Layers") or ():
        yield Needed("lambda:GetLayerVersion", layer_version)


def _arn(resource: str, place: Place) -> str:
    """An ARN of Lambda's, of a name that may be one already."""
    named = resource.partition(":")[2]
    return named if named.startswith("arn:") else place.arn("lambda", resource)


def _of_s3(request: Request, status: int) -> Iterator[Needed]:
    """The bucket is the path's first part."""
    bucket, _, key = unquote(request.raw_path).lstrip("/").partition("/")
    of_bucket, query = f"arn:aws:s3:::{bucket}", parse_qs(request.query, keep_blank_values=True)
    if not key:
        action = "s3:ListBucketVersions" if "versions" in query else "s3:ListBucket" if "list-type" in query else None
        if request.method != "GET" or action is None:
            raise MisconfiguredError(f"iam_actions does not know which right {request.method} {request.target} needs")
        yield Needed(action, of_bucket)
        return
    thing = f"{of_bucket}/{_told_apart(key)}"
    match request.method:
        case "GET" | "HEAD":
            yield Needed("s3:GetObjectVersion" if "versionId" in query else "s3:GetObject", thing)
            if status == 404:  # who may not list is told AccessDenied instead
                yield Needed("s3:ListBucket", of_bucket, demanded=False)
        case "PUT":
            yield Needed("s3:PutObject", thing)
            if request.header("x-amz-object-lock-mode"):
                yield Needed("s3:PutObjectRetention", thing)
        case _:
            raise MisconfiguredError(f"iam_actions does not know which right {request.method} of an object needs")


def _told_apart(key: str) -> str:
    """Of a key what policies tell apart: the folders up to its model's, else the first, and the kind of file."""
    *folders, name = key.split("/")
    if not folders:
        return key
    ends = [place for place, folder in enumerate(folders, start=1) if folder.startswith("model=")]
    return "/".join([*folders[: ends[0] if ends else 1], f"_{PurePosixPath(name).suffix}"])


def _of_dynamodb(operation: str, asked: Mapping[str, Any], place: Place) -> Iterator[Needed]:
    if operation == "TransactWriteItems":
        for item in asked["TransactItems"]:
            ((kind, part),) = item.items()
            yield from _on_table(TRANSACTED[kind], part, place)
        return
    if operation not in ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"):
        raise MisconfiguredError(f"iam_actions does not know which right dynamodb {operation} needs: add it")
    yield from _on_table(operation, asked, place)


def _on_table(action: str, asked: Mapping[str, Any], place: Place) -> Iterator[Needed]:
    """Of a query IAM knows the partition that its key condition names, of an index's its own; of a scan none."""
    table = asked["TableName"]
    arn = table if table.startswith("arn:") else place.arn("dynamodb", f"table/{table}")
    arn += f"/index/{asked['IndexName']}" if "IndexName" in asked else ""
    values = asked.get("ExpressionAttributeValues") or {}
    key = asked.get("Key") or asked.get("Item") or {PARTITION: values.get(f":{PARTITION}", {})}
    partition = key[PARTITION].get("S")
    yield Needed(f"dynamodb:{action}", arn, (partition,) if partition else ())


Resources = Callable[[Mapping[str, Any], Place], list[str]]


def _everywhere(asked: Mapping[str, Any], place: Place) -> list[str]:
    """An action that knows no resource."""
    return ["*"]


def _under(service: str, prefix: str, *fields: str) -> Resources:
    """Resources whose names, or ARNs, stand in a field."""

    def named(asked: Mapping[str, Any], place: Place) -> list[str]:
        value = next((asked[field] for field in fields if asked.get(field)), "*")
        names = value if isinstance(value, list) else [value]
        return [name if str(name).startswith("arn:") else place.arn(service, f"{prefix}{name}") for name in names]

    return named


def _buses(asked: Mapping[str, Any], place: Place) -> list[str]:
    names = sorted({str(entry.get("EventBusName", "default")) for entry in asked["Entries"]})
    return [name if name.startswith("arn:") else place.arn("events", f"event-bus/{name}") for name in names]


_KEY = _under("kms", "key/", "KeyId")
_STREAM = _under("firehose", "deliverystream/", "DeliveryStreamName")
_PARAMETER = _under("ssm", "parameter", "Names", "Name", "Path")
ON_RESOURCE: Mapping[tuple[str, str], tuple[str, Resources]] = {
    ("monitoring", "GetMetricData"): ("cloudwatch:GetMetricData", _everywhere),
    ("events", "PutEvents"): ("events:PutEvents", _buses),
    ("firehose", "PutRecord"): ("firehose:PutRecord", _STREAM),
    ("firehose", "PutRecordBatch"): ("firehose:PutRecordBatch", _STREAM),
    ("kms", "GetPublicKey"): ("kms:GetPublicKey", _KEY),
    ("kms", "Sign"): ("kms:Sign", _KEY),
    ("kms", "Verify"): ("kms:Verify", _KEY),
    ("logs", "FilterLogEvents"): (
        "logs:FilterLogEvents",
        _under("logs", "log-group:", "logGroupIdentifier", "logGroupName"),
    ),
    ("ssm", "GetParameter"): ("ssm:GetParameter", _PARAMETER),
    ("ssm", "GetParameters"): ("ssm:GetParameters", _PARAMETER),
    ("ssm", "GetParametersByPath"): ("ssm:GetParametersByPath", _PARAMETER),
    ("states", "DescribeExecution"): ("states:DescribeExecution", _under("states", "execution:", "executionArn")),
    ("states", "StartExecution"): ("states:StartExecution", _under("states", "stateMachine:", "stateMachineArn")),
}
