"""Findings of cdk-nag's AwsSolutions rules that we accept, each on one resource and with one reason."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def accept(resource: IConstruct, rule: str, reason: str) -> None:
    """Accept the finding `rule`, e.g. `AwsSolutions-IAM5[Resource::*]`, on this resource alone."""
    Validations.of(resource).acknowledge(Acknowledgment(id=rule, reason=reason))
