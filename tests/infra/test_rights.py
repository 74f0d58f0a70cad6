"""What each role may do, in full; and that it is what the function's code calls, nothing less and nothing more."""

import re
from typing import Any

import pytest

from infra.own_code import own_files
from tests.infra.conftest import ROOT, Template, flat

_LAMBDA = "arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>"
_DATA = "arn:<AWS::Partition>:s3:::trimtab-prod-data-<AWS::AccountId>-<AWS::Region>"
_TRACES = {"*": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]}

# role: {resource: actions}
PREDICT = {
    "<ServingLogStream.Arn>": ["firehose:PutRecord", "firehose:PutRecordBatch"],
    "<ServingPredictLogs.Arn>": ["logs:CreateLogStream", "logs:PutLogEvents"],
    **_TRACES,
}
DELIVERY = {
    f"{_DATA}/raw/predictions/model=flights/*": ["s3:AbortMultipartUpload", "s3:PutObject"],
    f"{_DATA}/failed/predictions/model=flights/*": ["s3:AbortMultipartUpload", "s3:PutObject"],
    _DATA: ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
    "<ServingLogLogs.Arn>": ["logs:PutLogEvents"],
}
BOOTSTRAP = {
    f"{_LAMBDA}:function:trimtab-prod-predict-*": [
        "lambda:CreateAlias",
        "lambda:GetAlias",
        "lambda:GetFunctionConfiguration",
        "lambda:PublishVersion",
    ],
    "<RolloutBootstrapLogs.Arn>": ["logs:CreateLogStream", "logs:PutLogEvents"],
    **_TRACES,
}
ROLL_OUT = {
    f"{_LAMBDA}:function:trimtab-prod-predict-*": [
        "lambda:GetAlias",
        "lambda:GetFunctionConfiguration",
        "lambda:ListVersionsByFunction",
        "lambda:PublishVersion",
        "lambda:UpdateAlias",
        "lambda:UpdateFunctionConfiguration",
    ],
    f"{_LAMBDA}:function:trimtab-prod-predict-*:*": ["lambda:InvokeFunction"],
    f"{_LAMBDA}:layer:trimtab-prod-model-*": ["lambda:ListLayerVersions", "lambda:PublishLayerVersion"],
    f"{_LAMBDA}:layer:trimtab-prod-model-*:*": ["lambda:GetLayerVersion"],
    "<StorageArtifacts.Arn>/incoming/*": ["s3:GetObject"],
    "<StorageArtifacts.Arn>/artifacts/*": ["s3:GetObject", "s3:PutObject"],
    "<StorageRegistry.Arn>": [
        "dynamodb:ConditionCheckItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
    ],
    "<RolloutRollOutLogs.Arn>": ["logs:CreateLogStream", "logs:PutLogEvents"],
    **_TRACES,
}

# boto3's calls and what IAM wants for them.
CALLS = {
    "create_alias": {"lambda:CreateAlias"},
    "get_alias": {"lambda:GetAlias"},
    "get_function_configuration": {"lambda:GetFunctionConfiguration"},
    "get_item": {"dynamodb:GetItem"},
    "get_layer_version": {"lambda:GetLayerVersion"},
    "get_object": {"s3:GetObject"},
    "invoke": {"lambda:InvokeFunction"},
    "list_layer_versions": {"lambda:ListLayerVersions"},
    "list_versions_by_function": {"lambda:ListVersionsByFunction"},
    "publish_layer_version": {"lambda:PublishLayerVersion"},
    "publish_version": {"lambda:PublishVersion"},
    "put_object": {"s3:PutObject"},
    "query": {"dynamodb:Query"},
    "transact_write_items": {"dynamodb:PutItem", "dynamodb:ConditionCheckItem"},
    "update_alias": {"lambda:UpdateAlias"},
    "update_function_configuration": {"lambda:UpdateFunctionConfiguration"},
}


def rights(role: dict[str, Any]) -> dict[str, list[str]]:
    """A role's policies as {resource: actions}; anything but a plain Allow without a condition is an error."""
    table: dict[str, set[str]] = {}
    for policy in role["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            assert set(statement) <= {"Sid", "Effect", "Action", "Resource"}
            actions, resources = statement["Action"], statement["Resource"]
            for resource in resources if isinstance(resources, list) else [resources]:
                table.setdefault(flat(resource), set()).update([actions] if isinstance(actions, str) else actions)
    return {resource: sorted(actions) for resource, actions in table.items()}


def test_predict_writes_its_own_stream_and_its_own_log_and_nothing_else(flights: Template) -> None:
    assert rights(flights.role_of("lambda", "trimtab-prod-predict-flights may do")) == PREDICT


def test_the_prediction_log_writes_below_its_models_prefixes_alone(flights: Template) -> None:
    assert rights(flights.role_of("firehose", "flights may do")) == DELIVERY


def test_bootstrap_makes_aliases_and_cannot_move_one(platform: Template) -> None:
    assert rights(platform.role_of("lambda", "trimtab-prod-bootstrap may do")) == BOOTSTRAP


def test_roll_out_releases_and_registers_and_nothing_else(platform: Template) -> None:
    assert rights(platform.role_of("lambda", "trimtab-prod-roll-out may do")) == ROLL_OUT


def test_there_is_no_role_and_no_policy_beside_these(platform: Template, flights: Template) -> None:
    services = {
        template: sorted(
            role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"].partition(".")[0]
            for role in stack.all("AWS::IAM::Role")
        )
        for template, stack in (("platform", platform), ("flights", flights))
    }
    assert services == {"platform": ["apigateway", "lambda", "lambda"], "flights": ["firehose", "lambda"]}
    assert not any(stack.all(f"AWS::IAM::{kind}") for stack in (platform, flights) for kind in ("Policy", "User"))


def test_only_the_role_of_api_gateway_has_a_managed_policy(platform: Template, flights: Template) -> None:
    managed = [
        flat(policy)
        for stack in (platform, flights)
        for role in stack.all("AWS::IAM::Role")
        for policy in role.get("ManagedPolicyArns", [])
    ]
    assert managed == ["arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"]


@pytest.mark.parametrize(
    ("verb", "table", "not_called"),
    [
        ("roll_out", ROLL_OUT, {"lambda:CreateAlias"}),
        (
            "bootstrap",
            BOOTSTRAP,
            {
                "lambda:GetLayerVersion",
                "lambda:InvokeFunction",
                "lambda:ListLayerVersions",
                "lambda:ListVersionsByFunction",
                "lambda:PublishLayerVersion",
                "lambda:UpdateAlias",
                "lambda:UpdateFunctionConfiguration",
            },
        ),
    ],
)
def test_the_rights_are_those_that_the_shipped_code_calls(
    verb: str, table: dict[str, list[str]], not_called: set[str]
) -> None:
    """`not_called` are the parts of a shared adapter that belong to the other function."""
    text = "\n".join(path.read_text() for path in own_files(ROOT, verb).values() if path.suffix == ".py")
    called = set(re.findall(r"_client\.(?:get_paginator\(\"(\w+)\"|(\w+)\()", text))
    operations = {paginated or plain for paginated, plain in called} - {""}
    needed = set().union(*(CALLS[operation] for operation in operations - {"get_paginator"}))
    allowed = {action for actions in table.values() for action in actions if not action.startswith(("logs:", "xray:"))}
    assert needed - not_called == allowed
