"""A log group as all of ours are: named, kept as long as the stage says, gone with its stack."""

from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.stage import StageContext


def add_log_group(scope: Construct, construct_id: str, stage: StageContext, name: str) -> logs.LogGroup:
    """Add the log group `name` to `scope`."""
    group = logs.LogGroup(scope, construct_id, log_group_name=name, removal_policy=RemovalPolicy.DESTROY)
    cast(logs.CfnLogGroup, group.node.default_child).retention_in_days = stage.settings.log_days
    return group
