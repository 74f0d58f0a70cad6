"""What each role may do, in full; and that it is what the function's code calls, nothing less and nothing more."""

import re
from typing import Any

import pytest

from infra.own_code import own_files
from tests.infra.conftest import ROOT, Template, flat

_LAMBDA = "arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>"
_DATA = "arn:<AWS::Partition>:s3:::trimtab-prod-data-<AWS::AccountId>-<AWS::Region>"
_TRACES = {"*": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]}

_REGISTRY = "arn:<AWS::Partition>:dynamodb:<AWS::Region>:<AWS::AccountId>:table/trimtab-prod-registry"
_LOG_GROUPS = "arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:/aws/lambda"
_WRITE = ["s3:AbortMultipartUpload", "s3:PutObject"]
_PUT_RECORDS = ["firehose:PutRecord", "firehose:PutRecordBatch"]
_LOG = ["logs:CreateLogStream", "logs:PutLogEvents"]

# role: {resource: actions}; a resource with `of PARTITIONS` is a table, of which these alone may be touched.
PREDICT = {
    "<ServingLogStream.Arn>": _PUT_RECORDS,
    "<ServingPredictLogs.Arn>": _LOG,
    **_TRACES,
}
INGEST = {
    "<IngestionLabelsStream.Arn>": _PUT_RECORDS,
    "<IngestionObservationsStream.Arn>": _PUT_RECORDS,
    f"{_REGISTRY} of MODEL#flights": ["dynamodb:GetItem"],
    "<IngestionIngestLogs.Arn>": _LOG,
    **_TRACES,
}
SCHEDULES = {
    f"{_LAMBDA}:function:trimtab-prod-compact": ["lambda:InvokeFunction"],
    f"{_LAMBDA}:function:trimtab-prod-evaluate": ["lambda:InvokeFunction"],
}
COMPACT = {
    "<StorageData.Arn>": ["s3:ListBucket"],
    "<StorageData.Arn>/raw/*": ["s3:GetObject"],
    "<StorageData.Arn>/table/*": ["s3:GetObject", "s3:PutObject"],
    "<StorageData.Arn>/rejected/*": ["s3:PutObject"],
    "<StorageArtifacts.Arn>": ["s3:ListBucket"],
    "<StorageArtifacts.Arn>/artifacts/*": ["s3:GetObject"],
    f"{_LOG_GROUPS}/trimtab-prod-predict-*": ["logs:FilterLogEvents"],
    f"{_LOG_GROUPS}/trimtab-prod-ingest-*": ["logs:FilterLogEvents"],
    "<StorageRegistry.Arn> of MODEL#*": ["dynamodb:GetItem"],
    "<EvaluationCompactLogs.Arn>": _LOG,
    **_TRACES,
}
EVALUATE = {
    "<StorageData.Arn>": ["s3:ListBucket"],
    "<StorageData.Arn>/table/*": ["s3:GetObject"],
    "<StorageData.Arn>/reports/*": ["s3:GetObject", "s3:PutObject"],
    "<StorageData.Arn>/references/*": ["s3:GetObject", "s3:PutObject"],
    "<StorageArtifacts.Arn>": ["s3:ListBucket"],
    "<StorageArtifacts.Arn>/artifacts/*": ["s3:GetObject"],
    "<StorageRegistry.Arn> of MODEL#*": ["dynamodb:PutItem"],
    "<StorageRegistry.Arn> of MODEL#* MODELS": ["dynamodb:GetItem", "dynamodb:Query"],
    "<AlertsBus.Arn>": ["events:PutEvents"],
    "<EvaluationEvaluateLogs.Arn>": _LOG,
    # GetMetricData and X-Ray's actions know no resource.
    "*": ["cloudwatch:GetMetricData", *_TRACES["*"]],
}
_STATES = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>"
_RECORD_TRAININGS = {
    "<StorageRegistry.Arn> of MODELS": ["dynamodb:GetItem"],
    "<StorageRegistry.Arn> of MODEL#* AUDIT": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
}
SNAPSHOT = {
    "<StorageData.Arn>": ["s3:ListBucket"],
    "<StorageData.Arn>/table/*": ["s3:GetObject"],
    "<StorageArtifacts.Arn>": ["s3:ListBucket"],
    "<StorageArtifacts.Arn>/artifacts/*": ["s3:GetObject"],
    "<StorageArtifacts.Arn>/training/*": ["s3:GetObject", "s3:PutObject"],
    **_RECORD_TRAININGS,
    f"{_STATES}:execution:trimtab-prod-correct-*:*": ["states:DescribeExecution"],
    "<CorrectionSnapshotLogs.Arn>": _LOG,
    **_TRACES,
}
GATE = {
    "<StorageData.Arn>": ["s3:ListBucket"],
    "<StorageData.Arn>/table/*": ["s3:GetObject"],
    "<StorageArtifacts.Arn>": ["s3:ListBucket"],
    "<StorageArtifacts.Arn>/artifacts/*": ["s3:GetObject"],
    "<StorageArtifacts.Arn>/candidates/*": ["s3:GetObject"],
    "<StorageArtifacts.Arn>/gates/*": ["s3:GetObject", "s3:PutObject"],
    "<StorageArtifacts.Arn>/incoming/*": ["s3:GetObject", "s3:PutObject"],
    "<StorageArtifacts.Arn>/training/*": ["s3:GetObject"],
    **_RECORD_TRAININGS,
    "<RegistrationRegisterFunction.Arn>": ["lambda:InvokeFunction"],
    "<AlertsBus.Arn>": ["events:PutEvents"],
    "<CorrectionGateLogs.Arn>": _LOG,
    **_TRACES,
}


def delivery(kind: str, log_group: str) -> dict[str, list[str]]:
    """What a stream of flights' may do."""
    return {
        f"{_DATA}/raw/{kind}/model=flights/*": _WRITE,
        f"{_DATA}/failed/{kind}/model=flights/*": _WRITE,
        _DATA: ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
        log_group: ["logs:PutLogEvents"],
    }


BOOTSTRAP = {
    f"{_LAMBDA}:function:trimtab-prod-predict-*": [
        "lambda:CreateAlias",
        "lambda:GetAlias",
        "lambda:GetFunctionConfiguration",
        "lambda:PublishVersion",
    ],
    "<StorageRegistry.Arn> of MODEL#* STAGE AUDIT": ["dynamodb:GetItem", "dynamodb:PutItem"],
    "<RolloutBootstrapLogs.Arn>": _LOG,
    **_TRACES,
}
# Its right to sign and verify is in the key's own policy.
REGISTER = {
    "<StorageArtifacts.Arn>/incoming/*": ["s3:GetObject"],
    "<StorageArtifacts.Arn>/artifacts/*": ["s3:GetObject", "s3:PutObject"],
    "<StorageRegistry.Arn> of MODEL#* MODELS AUDIT": ["dynamodb:GetItem", "dynamodb:PutItem"],
    "<RegistrationRegisterLogs.Arn>": _LOG,
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
    f"{_LAMBDA}:function:trimtab-prod-predict-*:*": ["lambda:DeleteFunction", "lambda:InvokeFunction"],
    f"{_LAMBDA}:function:trimtab-prod-gate": ["lambda:InvokeFunction"],
    f"{_LAMBDA}:layer:trimtab-prod-model-*": ["lambda:ListLayerVersions", "lambda:PublishLayerVersion"],
    f"{_LAMBDA}:layer:trimtab-prod-model-*:*": ["lambda:DeleteLayerVersion", "lambda:GetLayerVersion"],
    "<StorageArtifacts.Arn>/artifacts/*": ["s3:GetObject"],
    "<RegistrationKey.Arn>": ["kms:Verify"],
    "<StorageRegistry.Arn>": [
        "dynamodb:ConditionCheckItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
    ],
    "<AlertsBus.Arn>": ["events:PutEvents"],
    "<RolloutRollOutLogs.Arn>": _LOG,
    # GetMetricData and X-Ray's actions know no resource.
    "*": ["cloudwatch:GetMetricData", *_TRACES["*"]],
}
MANAGE = {
    "<StorageData.Arn>": ["s3:ListBucket"],
    "<StorageData.Arn>/raw/*": ["s3:GetObject"],
    "<StorageData.Arn>/references/*": ["s3:GetObject"],
    "<StorageData.Arn>/reports/*": ["s3:GetObject"],
    "<StorageData.Arn>/table/*": ["s3:GetObject"],
    "<StorageArtifacts.Arn>": ["s3:ListBucket"],
    "<StorageArtifacts.Arn>/artifacts/*": ["s3:GetObject"],
    "<StorageArtifacts.Arn>/gates/*": ["s3:GetObject"],
    "<StorageArtifacts.Arn>/training/*": ["s3:GetObject", "s3:PutObject"],
    # Uploads are signed with its right, and made by whoever was given the URL.
    "<StorageArtifacts.Arn>/incoming/*": ["s3:PutObject"],
    "<AuditBucket.Arn>": ["s3:ListBucketVersions"],
    "<AuditBucket.Arn>/*": ["s3:GetObjectVersion"],
    "<StorageRegistry.Arn> of MODEL#* MODELS AUDIT": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
    "<StorageRegistry.Arn>": ["dynamodb:Scan"],
    "<StorageRegistry.Arn>/index/audit-by-model": ["dynamodb:Query"],
    "<RegistrationKey.Arn>": ["kms:GetPublicKey", "kms:Verify"],
    f"{_LAMBDA}:function:trimtab-prod-compact": ["lambda:InvokeFunction"],
    f"{_LAMBDA}:function:trimtab-prod-register": ["lambda:InvokeFunction"],
    f"{_LAMBDA}:function:trimtab-prod-roll-out": ["lambda:InvokeFunction"],
    f"{_STATES}:stateMachine:trimtab-prod-correct-*": ["states:StartExecution"],
    "arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/trimtab/prod/models": [
        "ssm:GetParametersByPath"
    ],
    f"{_LOG_GROUPS}/trimtab-prod-predict-*": ["logs:FilterLogEvents"],
    "<ManagementManageLogs.Arn>": _LOG,
    **_TRACES,
}
ROLL_OUT_SCHEDULE = {"<RolloutRollOutFunction.Arn>": ["lambda:InvokeFunction"]}

# boto3's calls and what IAM wants for them.
CALLS = {
    "create_alias": {"lambda:CreateAlias"},
    "delete_function": {"lambda:DeleteFunction"},
    "delete_layer_version": {"lambda:DeleteLayerVersion"},
    "describe_execution": {"states:DescribeExecution"},
    "filter_log_events": {"logs:FilterLogEvents"},
    "get_alias": {"lambda:GetAlias"},
    "get_function_configuration": {"lambda:GetFunctionConfiguration"},
    "get_item": {"dynamodb:GetItem"},
    "get_layer_version": {"lambda:GetLayerVersion"},
    "get_metric_data": {"cloudwatch:GetMetricData"},
    "get_object": {"s3:GetObject"},
    "generate_presigned_url": {"s3:GetObject", "s3:PutObject"},
    "get_parameters_by_path": {"ssm:GetParametersByPath"},
    "get_public_key": {"kms:GetPublicKey"},
    "invoke": {"lambda:InvokeFunction"},
    "list_layer_versions": {"lambda:ListLayerVersions"},
    "list_object_versions": {"s3:GetObjectVersion", "s3:ListBucketVersions"},  # which are then read, each
    "list_objects_v2": {"s3:ListBucket"},
    "list_versions_by_function": {"lambda:ListVersionsByFunction"},
    "publish_layer_version": {"lambda:PublishLayerVersion"},
    "publish_version": {"lambda:PublishVersion"},
    "put_events": {"events:PutEvents"},
    "put_object": {"s3:PutObject"},
    "query": {"dynamodb:Query"},
    "scan": {"dynamodb:Scan"},
    "start_execution": {"states:StartExecution"},
    "transact_write_items": {"dynamodb:PutItem", "dynamodb:ConditionCheckItem"},
    "sign": {"kms:Sign"},
    "verify": {"kms:Verify"},
    "update_alias": {"lambda:UpdateAlias"},
    "update_function_configuration": {"lambda:UpdateFunctionConfiguration"},
}


def rights(role: dict[str, Any]) -> dict[str, list[str]]:
    """A role's policies as {resource: actions}; anything but an Allow, of certain partitions at most, is an error."""
    table: dict[str, set[str]] = {}
    for policy in role["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            assert set(statement) <= {"Sid", "Effect", "Action", "Resource", "Condition"}
            actions, resources = statement["Action"], statement["Resource"]
            for resource in resources if isinstance(resources, list) else [resources]:
                name = flat(resource) + of_partitions(statement.get("Condition"))
                table.setdefault(name, set()).update([actions] if isinstance(actions, str) else actions)
    return {resource: sorted(actions) for resource, actions in table.items()}


def of_partitions(condition: dict[str, Any] | None) -> str:
    """` of A B` for the one kind of condition that our statements have; else nothing."""
    if condition is None:
        return ""
    ((operator, ((key, partitions),)),) = [(operator, tuple(keys.items())) for operator, keys in condition.items()]
    assert (operator, key) == ("ForAllValues:StringLike", "dynamodb:LeadingKeys")
    return " of " + " ".join(partitions if isinstance(partitions, list) else [partitions])


def test_predict_writes_its_own_stream_and_its_own_log_and_nothing_else(flights: Template) -> None:
    assert rights(flights.role_of("lambda", "trimtab-prod-predict-flights may do")) == PREDICT


def test_ingest_writes_its_two_streams_and_reads_its_own_models_settings(flights: Template) -> None:
    assert rights(flights.role_of("lambda", "trimtab-prod-ingest-flights may do")) == INGEST


@pytest.mark.parametrize(
    ("kind", "log_group"),
    [
        ("predictions", "<ServingLogLogs.Arn>"),
        ("labels", "<IngestionLabelsLogs.Arn>"),
        ("observations", "<IngestionObservationsLogs.Arn>"),
    ],
)
def test_a_stream_writes_below_its_own_kinds_and_models_prefixes_alone(
    flights: Template, kind: str, log_group: str
) -> None:
    role = flights.role_of("firehose", f"What the stream of {kind} of flights may do")
    assert rights(role) == delivery(kind, log_group)


def test_the_schedules_run_compact_and_evaluate_and_nothing_else(flights: Template) -> None:
    role = flights.role_of("scheduler", "schedules of flights may do")
    assert rights(role) == SCHEDULES
    condition = role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]
    here = "<AWS::Region>:<AWS::AccountId>"
    assert flat(condition["StringEquals"]["aws:SourceAccount"]) == "<AWS::AccountId>"
    assert flat(condition["ArnLike"]["aws:SourceArn"]) == (
        f"arn:<AWS::Partition>:scheduler:{here}:schedule-group/default"
    )


def test_compact_reads_raw_records_and_writes_the_table(platform: Template) -> None:
    assert rights(platform.role_of("lambda", "trimtab-prod-compact may do")) == COMPACT


def test_evaluate_reads_the_table_and_writes_what_it_found(platform: Template) -> None:
    assert rights(platform.role_of("lambda", "trimtab-prod-evaluate may do")) == EVALUATE


def test_snapshot_reads_the_log_and_writes_what_is_learnt_from(platform: Template) -> None:
    assert rights(platform.role_of("lambda", "trimtab-prod-snapshot may do")) == SNAPSHOT


def test_gate_reads_what_was_trained_and_registers_what_passed(platform: Template) -> None:
    assert rights(platform.role_of("lambda", "trimtab-prod-gate may do")) == GATE


def test_register_reads_uploads_and_writes_versions_once(platform: Template) -> None:
    assert rights(platform.role_of("lambda", "trimtab-prod-register may do")) == REGISTER


def test_manage_reads_all_and_asks_others_for_what_is_more_than_a_note(platform: Template) -> None:
    assert rights(platform.role_of("lambda", "trimtab-prod-manage may do")) == MANAGE


def test_only_what_changes_models_can_touch_the_audit_chain(platform: Template, flights: Template) -> None:
    """All others are held to the partitions of models: what they write is no act that an audit asks for."""
    roles = [role for stack in (platform, flights) for role in stack.all("AWS::IAM::Role") if "Policies" in role]
    unheld = {
        role["Description"]
        for role in roles
        for resource, actions in rights(role).items()
        if " of " not in resource and any(action.startswith("dynamodb:") for action in actions)
    }
    # manage scans, to verify: that names no partition.
    assert unheld == {"What trimtab-prod-manage may do", "What trimtab-prod-roll-out may do"}
    chained = {role["Description"] for role in roles if any("AUDIT" in resource for resource in rights(role))}
    changing = ("bootstrap", "gate", "manage", "register", "snapshot")
    reading = ("seal",)
    assert chained == {f"What trimtab-prod-{verb} may do" for verb in (*changing, *reading)}


def test_bootstrap_makes_aliases_and_cannot_move_one(platform: Template) -> None:
    assert rights(platform.role_of("lambda", "trimtab-prod-bootstrap may do")) == BOOTSTRAP


def test_roll_out_releases_and_registers_nothing(platform: Template) -> None:
    assert rights(platform.role_of("lambda", "trimtab-prod-roll-out may do")) == ROLL_OUT
    assert rights(platform.role_of("scheduler", "schedule of roll_out may do")) == ROLL_OUT_SCHEDULE


def test_there_is_no_role_and_no_policy_beside_these(platform: Template, flights: Template, waves: Template) -> None:
    services = {
        template: sorted(
            role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"].partition(".")[0]
            for role in stack.all("AWS::IAM::Role")
            if "RoleName" not in role  # those have names that people assume: test_access.py
        )
        for template, stack in (("platform", platform), ("flights", flights), ("waves", waves))
    }
    assert services == {
        "platform": ["apigateway", *["lambda"] * 9, "scheduler", "scheduler"],
        "flights": ["events", *["firehose"] * 3, *["lambda"] * 3, "scheduler", "scheduler", "states"],
        "waves": ["firehose", "firehose", "lambda", "scheduler"],
    }
    stacks = (platform, flights, waves)
    assert not any(stack.all(f"AWS::IAM::{kind}") for stack in stacks for kind in ("Policy", "User"))


def test_of_services_only_api_gateway_has_a_role_with_a_managed_policy(platform: Template, flights: Template) -> None:
    managed = [
        flat(policy)
        for stack in (platform, flights)
        for role in stack.all("AWS::IAM::Role")
        if "RoleName" not in role
        for policy in role.get("ManagedPolicyArns", [])
    ]
    assert managed == ["arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"]


@pytest.mark.parametrize(
    ("verb", "table", "not_called"),
    [
        ("roll_out", ROLL_OUT, {"kms:GetPublicKey", "kms:Sign", "lambda:CreateAlias", "s3:PutObject"}),
        (
            "register",
            REGISTER,
            {"dynamodb:ConditionCheckItem", "dynamodb:Query", "kms:GetPublicKey", "kms:Sign", "kms:Verify"},
        ),
        (
            "bootstrap",
            BOOTSTRAP,
            {
                "dynamodb:ConditionCheckItem",
                "dynamodb:Query",
                "lambda:DeleteFunction",
                "lambda:DeleteLayerVersion",
                "lambda:GetLayerVersion",
                "lambda:InvokeFunction",
                "lambda:ListLayerVersions",
                "lambda:ListVersionsByFunction",
                "lambda:PublishLayerVersion",
                "lambda:UpdateAlias",
                "lambda:UpdateFunctionConfiguration",
            },
        ),
        ("ingest", INGEST, {"dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:Query"}),
        ("compact", COMPACT, {"dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:Query"}),
        ("evaluate", EVALUATE, {"dynamodb:ConditionCheckItem"}),
        ("snapshot", SNAPSHOT, {"dynamodb:ConditionCheckItem"}),
        ("gate", GATE, {"dynamodb:ConditionCheckItem"}),
        ("manage", MANAGE, {"dynamodb:ConditionCheckItem", "kms:Sign", "states:DescribeExecution"}),
    ],
)
def test_the_rights_are_those_that_the_shipped_code_calls(
    verb: str, table: dict[str, list[str]], not_called: set[str]
) -> None:
    """`not_called` are the parts of a shared adapter that belong to another function; Firehose needs no boto3."""
    text = "\n".join(path.read_text() for path in own_files(ROOT, verb).values() if path.suffix == ".py")
    called = set(re.findall(r"\b_?client\.(?:get_paginator\(\"(\w+)\"|(\w+)\()", text))
    operations = {paginated or plain for paginated, plain in called} - {""}
    needed = set().union(*(CALLS[operation] for operation in operations - {"get_paginator"}))
    own = ("logs:CreateLogStream", "logs:PutLogEvents", "firehose:", "xray:")
    allowed = {action for actions in table.values() for action in actions if not action.startswith(own)}
    verifies = set() if verb == "manage" else {"dynamodb:Scan"}  # all of the registry is read by manage alone
    assert needed - not_called - verifies == allowed
