"""A log group as all of ours are: named, kept as long as the stage says, gone with its stack."""

from typing import cast

from aws_cdk import Aws, RemovalPolicy, Stack
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.stage import StageContext


def add_log_group(scope: Construct, construct_id: str, stage: StageContext, name: str) -> logs.LogGroup:
    """Add the log group `name` to `scope`."""
    group = logs.LogGroup(scope, construct_id, log_group_name=name, removal_policy=RemovalPolicy.DESTROY)
    cast(logs.CfnLogGroup, group.node.default_child).retention_in_days = stage.settings.log_days
    return group


def function_logs_arn(scope: Construct, name: str) -> str:
    """The ARN of the log group of a Lambda function by its name, which may end in `*`."""
    stack = Stack.of(scope)
    return f"arn:{Aws.PARTITION}:logs:{stack.region}:{stack.account}:log-group:/aws/lambda/{name}"
