"""Which right an AWS call needs: read from the wire, by the names that IAM has for it."""

import json
from typing import Any

import pytest

from functions.domain.errors import MisconfiguredError
from trimtab.local.http_message import Request
from trimtab.local.iam_actions import Needed, Place, needed_for

PLACE = Place("123456789012", "us-east-1")
HERE = "us-east-1:123456789012"


def signed(service: str, method: str = "POST", target: str = "/", body: Any = None, **headers: str) -> Request:
    scope = (
        f"AWS4-HMAC-SHA256 Credential=ASIA1/20261101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Request(
        method, target, [("Authorization", scope), *named], b"" if body is None else json.dumps(body).encode()
    )


def needed(request: Request, status: int = 200) -> list[Needed]:
    return needed_for(request, status, PLACE, None)


@pytest.mark.parametrize(
    ("method", "target", "wanted"),
    [
        ("GET", "/lake/table/a/b.parquet", [Needed("s3:GetObject", "arn:aws:s3:::lake/table/_.parquet")]),
        (
            "GET",
            "/lake/training/model%3Dm/ab/c.zip",
            [Needed("s3:GetObject", "arn:aws:s3:::lake/training/model=m/_.zip")],
        ),
        (
            "GET",
            "/lake/raw/labels/model=m/h/c.gz",
            [Needed("s3:GetObject", "arn:aws:s3:::lake/raw/labels/model=m/_.gz")],
        ),
        ("HEAD", "/lake/table/a%2Fb", [Needed("s3:GetObject", "arn:aws:s3:::lake/table/_")]),
        ("PUT", "/lake/reports/r.json", [Needed("s3:PutObject", "arn:aws:s3:::lake/reports/_.json")]),
        ("GET", "/lake?list-type=2&prefix=raw%2F", [Needed("s3:ListBucket", "arn:aws:s3:::lake")]),
        ("GET", "/lake?versions", [Needed("s3:ListBucketVersions", "arn:aws:s3:::lake")]),
        ("GET", "/lake/heads/1?versionId=a", [Needed("s3:GetObjectVersion", "arn:aws:s3:::lake/heads/_")]),
        ("GET", "/lake/top", [Needed("s3:GetObject", "arn:aws:s3:::lake/top")]),
    ],
)
def test_objects_and_buckets(method: str, target: str, wanted: list[Needed]) -> None:
    assert needed(signed("s3", method, target)) == wanted


def test_to_be_told_that_an_object_is_not_there_one_may_list_the_bucket() -> None:
    assert needed(signed("s3", "GET", "/lake/table/x"), 404) == [
        Needed("s3:GetObject", "arn:aws:s3:::lake/table/_"),
        Needed("s3:ListBucket", "arn:aws:s3:::lake", demanded=False),
    ]


def test_an_object_under_a_lock_needs_both_rights() -> None:
    request = signed("s3", "PUT", "/sealed/heads/1.json", x_amz_object_lock_mode="COMPLIANCE")
    assert [one.action for one in needed(request)] == ["s3:PutObject", "s3:PutObjectRetention"]


def dynamodb(operation: str, body: dict[str, Any]) -> list[Needed]:
    return needed(signed("dynamodb", body=body, X_Amz_Target=f"DynamoDB_20120810.{operation}"))


def test_a_transaction_needs_the_rights_of_its_parts() -> None:
    table, arn = "registry", f"arn:aws:dynamodb:{HERE}:table/registry"
    items = [
        {"Put": {"TableName": table, "Item": {"pk": {"S": "MODEL#a"}, "sk": {"S": "x"}}}},
        {"ConditionCheck": {"TableName": table, "Key": {"pk": {"S": "AUDIT"}, "sk": {"S": "y"}}}},
    ]
    assert dynamodb("TransactWriteItems", {"TransactItems": items}) == [
        Needed("dynamodb:PutItem", arn, ("MODEL#a",)),
        Needed("dynamodb:ConditionCheckItem", arn, ("AUDIT",)),
    ]


@pytest.mark.parametrize(
    ("operation", "body", "partitions"),
    [
        ("GetItem", {"Key": {"pk": {"S": "MODELS"}, "sk": {"S": "x"}}}, ("MODELS",)),
        ("Query", {"ExpressionAttributeValues": {":low": {"S": "no"}, ":pk": {"S": "MODEL#a"}}}, ("MODEL#a",)),
        ("Scan", {"ExpressionAttributeValues": {":audit": {"S": "AUDIT"}}}, ()),
    ],
)
def test_items_are_of_partitions(operation: str, body: dict[str, Any], partitions: tuple[str, ...]) -> None:
    (found,) = dynamodb(operation, {"TableName": "registry", **body})
    assert found == Needed(f"dynamodb:{operation}", f"arn:aws:dynamodb:{HERE}:table/registry", partitions)


def test_a_query_of_an_index_needs_the_right_to_the_index() -> None:
    values = {":pk": {"S": "flights"}}
    asked = {"TableName": "registry", "IndexName": "by-model", "ExpressionAttributeValues": values}
    arn = f"arn:aws:dynamodb:{HERE}:table/registry/index/by-model"
    assert dynamodb("Query", asked) == [Needed("dynamodb:Query", arn, ("flights",))]


@pytest.mark.parametrize(
    ("operation", "asked", "wanted"),
    [
        ("Invoke", {"FunctionName": "gate"}, [("lambda:InvokeFunction", "function:gate")]),
        ("Invoke", {"FunctionName": "p", "Qualifier": "7"}, [("lambda:InvokeFunction", "function:p:7")]),
        ("GetAlias", {"FunctionName": f"arn:aws:lambda:{HERE}:function:p"}, [("lambda:GetAlias", "function:p")]),
        ("DeleteLayerVersion", {"LayerName": "m", "VersionNumber": 3}, [("lambda:DeleteLayerVersion", "layer:m:3")]),
        (
            "UpdateFunctionConfiguration",
            {"FunctionName": "p", "Layers": [f"arn:aws:lambda:{HERE}:layer:m:3"]},
            [("lambda:UpdateFunctionConfiguration", "function:p"), ("lambda:GetLayerVersion", "layer:m:3")],
        ),
    ],
)
def test_functions_and_layers(operation: str, asked: dict[str, Any], wanted: list[tuple[str, str]]) -> None:
    found = needed_for(signed("lambda"), 200, PLACE, lambda request: (operation, asked))
    assert found == [Needed(action, f"arn:aws:lambda:{HERE}:{resource}") for action, resource in wanted]


@pytest.mark.parametrize(
    ("service", "target", "body", "action", "resource"),
    [
        ("monitoring", "GraniteServiceVersion20100801.GetMetricData", {}, "cloudwatch:GetMetricData", "*"),
        (
            "events", "AWSEvents.PutEvents", {"Entries": [{"EventBusName": "trimtab"}]},
            "events:PutEvents", f"arn:aws:events:{HERE}:event-bus/trimtab",
        ),
        (
            "firehose", "Firehose_20150804.PutRecord", {"DeliveryStreamName": "s"},
            "firehose:PutRecord", f"arn:aws:firehose:{HERE}:deliverystream/s",
        ),
        (
            "kms", "TrentService.Sign", {"KeyId": f"arn:aws:kms:{HERE}:key/k"},
            "kms:Sign", f"arn:aws:kms:{HERE}:key/k",
        ),
        (
            "ssm", "AmazonSSM.GetParametersByPath", {"Path": "/trimtab/local/models"},
            "ssm:GetParametersByPath", f"arn:aws:ssm:{HERE}:parameter/trimtab/local/models",
        ),
        (
            "states", "AWSStepFunctions.StartExecution", {"stateMachineArn": f"arn:aws:states:{HERE}:stateMachine:m"},
            "states:StartExecution", f"arn:aws:states:{HERE}:stateMachine:m",
        ),
        (
            "logs", "Logs_20140328.FilterLogEvents", {"logGroupName": "/aws/lambda/p"},
            "logs:FilterLogEvents", f"arn:aws:logs:{HERE}:log-group:/aws/lambda/p",
        ),
    ],
)  # fmt: skip
def test_other_services(service: str, target: str, body: dict[str, Any], action: str, resource: str) -> None:
    assert needed(signed(service, body=body, X_Amz_Target=target)) == [Needed(action, resource)]


@pytest.mark.parametrize(
    "request_",
    [
        signed("sqs", body={}, X_Amz_Target="AmazonSQS.SendMessage"),
        signed("dynamodb", body={"TableName": "t"}, X_Amz_Target="DynamoDB_20120810.DeleteTable"),
        signed("s3", "DELETE", "/lake/table/x"),
        signed("s3", "PUT", "/lake"),
        signed("s3", "GET", "/lake?policy"),
        signed("kms", body={"KeyId": "k"}, X_Amz_Target="TrentService.ScheduleKeyDeletion"),
    ],
)
def test_a_call_whose_right_is_not_known_is_an_error_and_never_nothing(request_: Request) -> None:
    with pytest.raises(MisconfiguredError, match="iam_actions does not know which right"):
        needed(request_)
