"""Rights on the registry's table, held to the partitions that a function has business with."""

from collections.abc import Sequence

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam

EVERY_MODEL = "MODEL#*"  # what is known of each model: settings, versions, releases, evaluations
MODELS = "MODELS"  # which models there are, and what is live of each
STAGE = "STAGE"  # what is known of the stage itself: its policies
AUDIT_CHAIN = "AUDIT"  # to which every change of them appends; each item is put once, on the condition that it is new


def registry_statement(
    table: dynamodb.ITable, sid: str, actions: Sequence[str], *partitions: str
) -> iam.PolicyStatement:
    """Allow `actions` on items of these partitions (`pk`; with `*` a pattern), and on no others."""
    return iam.PolicyStatement(
        sid=sid,
        actions=list(actions),
        resources=[table.table_arn],
        conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(partitions)}},
    )
