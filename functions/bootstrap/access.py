"""Access as a deployment leaves it, held against what it was: a change stands in the audit."""

import json
import re
from collections.abc import Mapping
from typing import Any, Protocol

from functions.bootstrap.deployment import Deployment
from functions.domain.errors import InvalidRequestError

_DIGEST = re.compile(r"[0-9a-f]{64}")


class KnownAccess(Protocol):
    """Where it is kept; `AccessRegistry` is one."""

    def record(self, model: str, policies: Mapping[str, str], actor: str, when: str) -> bool: ...


def record_access(registry: KnownAccess, properties: Mapping[str, Any], by: Deployment) -> str:
    """Record the custom resource's properties Model ("" is the stage) and Policies; what they are about.

    Raises:
        InvalidRequestError: a property is missing, or holds no digests of policies.
        ConflictError: others kept changing them.
        UnavailableError: DynamoDB did not answer.
    """
    try:
        model, policies = str(properties["Model"]), json.loads(properties["Policies"])
        sound = all(_DIGEST.fullmatch(digest) for digest in policies.values())
    except KeyError as error:
        raise InvalidRequestError(f"the custom resource lacks {error}") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise InvalidRequestError(f"the custom resource's property Policies holds no digests: {error}") from error
    if not sound:
        raise InvalidRequestError("the custom resource's property Policies holds something that is no SHA-256")
    registry.record(model, policies, by.actor, by.time)
    return f"access to {model}" if model else "access to the stage"
