"""Findings that we accept, of cdk-nag's AwsSolutions and of cfn-lint: each on one resource and with one reason.

The rules themselves run in the tests; an acceptance is written where the resource is.
"""

from typing import Any, cast

from aws_cdk import Acknowledgment, CfnResource, Stack, Validations
from constructs import IConstruct


def accept(resource: IConstruct, rule: str, reason: str) -> None:
    """Accept the finding `rule`, e.g. `AwsSolutions-IAM5[Resource::*]`, on this resource alone."""
    exactly = resource.node.default_child or resource
    Validations.of(exactly).acknowledge(Acknowledgment(id=f"AwsSolutions::{rule}", reason=reason))


def accept_wildcard(role: IConstruct, arn: str, reason: str) -> None:
    """Accept that a statement of this role names the resources `arn`, which holds a `*`."""
    accept(role, f"AwsSolutions-IAM5[Resource::{_flat(Stack.of(role).resolve(arn))}]", reason)


def accept_lint(resource: IConstruct, rule: str, reason: str) -> None:
    """Accept the finding `rule` of cfn-lint, which CDK has built in too, on this resource alone."""
    exactly = cast(CfnResource, resource.node.default_child)
    Validations.of(exactly).acknowledge(Acknowledgment(id=f"CloudFormation-Validate::{rule}", reason=reason))
    exactly.add_metadata("cfn-lint", {"config": {"ignore_checks": [rule]}, "reason": reason})


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
