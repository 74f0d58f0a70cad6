"""The policies of KMS keys, as deployed: with a key its own policy counts before a role's does."""

from typing import Any

from trimtab.local.stacks import Stacks


def key_policies(stacks: Stacks) -> dict[str, Any]:
    """Each key's policy by the key's ARN. The stacks keep them: moto would judge only some of their statements."""
    keys = [key for stack in stacks for _, key in stack.of_type("AWS::KMS::Key")]
    return {str(key.attributes["Arn"]): key.properties["KeyPolicy"] for key in keys}
