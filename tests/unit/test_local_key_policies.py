"""Policies of keys as the stacks keep them."""

from pathlib import Path

from trimtab.local.key_policies import key_policies
from trimtab.local.stacks import Resource, Stacks


def test_each_key_is_named_by_its_arn_with_the_policy_that_was_deployed(tmp_path: Path) -> None:
    stacks = Stacks(tmp_path)
    policy: dict[str, list[str]] = {"Statement": []}
    resources = stacks.get("platform").resources
    resources["Key"] = Resource("AWS::KMS::Key", "id", {"Arn": "arn:key/id"}, {"KeyPolicy": policy}, retained=True)
    resources["Alias"] = Resource("AWS::KMS::Alias", "alias/x", {}, {}, retained=False)

    assert key_policies(stacks) == {"arn:key/id": policy}
