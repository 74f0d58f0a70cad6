"""A role that one service of AWS takes to do one thing: a schedule or a rule starts what it is meant to start."""

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct


def caller_role(
    scope: Construct, construct_id: str, *, service: str, source: str, description: str, may: iam.PolicyStatement
) -> iam.Role:
    """The role, which `service` takes on behalf of `source` (an ARN, which may end in `*`) in this account alone."""
    return iam.Role(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal(
            f"{service}.amazonaws.com",
            conditions={
                "StringEquals": {"aws:SourceAccount": Stack.of(scope).account},
                "ArnLike": {"aws:SourceArn": source},
            },
        ),
        description=description,
        inline_policies={"call": iam.PolicyDocument(statements=[may])},
    )


def schedule_group(scope: Construct) -> str:
    """The ARN of the group that schedules are in: on whose behalf EventBridge Scheduler takes a role."""
    stack = Stack.of(scope)
    return f"arn:{Aws.PARTITION}:scheduler:{stack.region}:{stack.account}:schedule-group/default"
