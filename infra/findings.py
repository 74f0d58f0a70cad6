"""Findings of cdk-nag's AwsSolutions rules that we accept, each on one resource and with one reason.

The rules themselves run in the tests; an acceptance is written where the resource is.
"""

from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct


def accept(resource: IConstruct, rule: str, reason: str) -> None:
    """Accept the finding `rule`, e.g. `AwsSolutions-IAM5[Resource::*]`, on this resource alone."""
    exactly = resource.node.default_child or resource
    Validations.of(exactly).acknowledge(Acknowledgment(id=f"AwsSolutions::{rule}", reason=reason))


def accept_wildcard(role: IConstruct, arn: str, reason: str) -> None:
    """Accept that a statement of this role names the resources `arn`, which holds a `*`."""
    accept(role, f"AwsSolutions-IAM5[Resource::{_flat(Stack.of(role).resolve(arn))}]", reason)


def _flat(value: Any) -> str:
    """A value with CloudFormation's functions in it, written as cdk-nag does."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(map(_flat, parts))
    if "Fn::GetAtt" in value:
        return f"<{'.'.join(value['Fn::GetAtt'])}>"
    return f"<{value['Ref']}>"
