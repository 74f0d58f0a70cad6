"""IAM's decision: may a principal with these policies do this action on this resource?

An explicit denial counts more than what is allowed, and what nothing allows is not allowed; a permissions boundary must
allow it too (IAM User Guide, "Policy evaluation logic"). Pure: documents in, a decision out.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from functions.domain.errors import MisconfiguredError
from trimtab.local.iam_condition import Condition, Context, read_conditions
from trimtab.local.iam_pattern import matches

Decision = Literal["allowed", "denied", "not allowed"]
KNOWN = frozenset(
    {"Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)  # NotPrincipal is one that AWS itself advises against


@dataclass(frozen=True, slots=True)
class Asked:
    """What a principal wants to do. `context`: the request's condition keys in lower case, each with its values."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `principal` only in a policy of a resource; `has_variables` from version 2012-10-17 on."""

    allows: bool
    actions: tuple[str, ...]
    besides_actions: bool
    resources: tuple[str, ...]
    besides_resources: bool
    conditions: tuple[Condition, ...]
    principal: Any
    has_variables: bool

    def applies(self, asked: Asked) -> bool:
        """Whether it is about this action and resource, and its conditions hold."""
        does = any(matches(pattern.lower(), asked.action.lower()) for pattern in self.actions)
        if does == self.besides_actions:
            return False
        known = asked.context if self.has_variables else None
        on = any(matches(pattern, asked.resource, known) for pattern in self.resources)
        if on == self.besides_resources:
            return False
        return all(condition.holds(asked.context, known) for condition in self.conditions)


Policy = tuple[Statement, ...]


def read_policy(document: str | Mapping[str, Any]) -> Policy:
    """A policy's statements.

    Raises:
        MisconfiguredError: it is no policy, or has an element or a condition operator that is not known here.
    """
    try:
        read = json.loads(document) if isinstance(document, str) else document
        statements = read["Statement"]
        has_variables = read.get("Version") == "2012-10-17"
        listed = [statements] if isinstance(statements, Mapping) else list(statements)
        return tuple(_statement(one, has_variables) for one in listed)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MisconfiguredError(f"this is no IAM policy ({error!r}): {str(document)[:200]}") from error


def decide(policies: Iterable[Policy], asked: Asked, boundary: Policy | None = None) -> Decision:
    """What all policies of a principal together, within its boundary, say."""
    decision = judge(policies, asked)
    if boundary is None or decision == "denied":
        return decision
    within = judge([boundary], asked)
    return within if within == "denied" or decision == "allowed" else decision


def judge(policies: Iterable[Policy], asked: Asked) -> Decision:
    """What policies say together: denied if one denies, allowed if one allows."""
    applying = [statement for policy in policies for statement in policy if statement.applies(asked)]
    if any(not statement.allows for statement in applying):
        return "denied"
    return "allowed" if applying else "not allowed"


def _statement(read: Mapping[str, Any], has_variables: bool) -> Statement:
    if unknown := set(read) - KNOWN:
        raise MisconfiguredError(f"the local cloud does not know {', '.join(sorted(unknown))} in an IAM statement")
    if read["Effect"] not in ("Allow", "Deny"):
        raise ValueError(f"Effect {read['Effect']!r}")
    actions, besides_actions = _either(read, "Action", "NotAction")
    if "Principal" in read and not {"Resource", "NotResource"} & set(read):
        read = {**read, "Resource": "*"}  # a role's trust policy is about that role
    resources, besides_resources = _either(read, "Resource", "NotResource")
    return Statement(
        allows=read["Effect"] == "Allow",
        actions=actions,
        besides_actions=besides_actions,
        resources=resources,
        besides_resources=besides_resources,
        conditions=read_conditions(read.get("Condition") or {}),
        principal=read.get("Principal"),
        has_variables=has_variables,
    )


def _either(read: Mapping[str, Any], name: str, besides: str) -> tuple[tuple[str, ...], bool]:
    if (name in read) == (besides in read):
        raise ValueError(f"one of {name} and {besides}")
    return several(read[name] if name in read else read[besides]), besides in read


def several(value: str | Sequence[str]) -> tuple[str, ...]:
    """One text or many, as policies write them."""
    return (value,) if isinstance(value, str) else tuple(str(one) for one in value)
