"""Users of the local cloud: so that what a role may not do is refused on a laptop too.

A user is one of moto's IAM, with the policies that the stacks made; its key lies in the state folder beside the cloud.
"""

import os
from pathlib import Path

from botocore.exceptions import ClientError

from functions.domain.errors import InvalidRequestError, NotFoundError
from trimtab.local.credentials import ACCOUNT_SECRET
from trimtab.local.state_folder import read_json, write_json
from trimtab.stage import Stage

VARIABLE = "TRIMTAB_USER"  # whose requests are sent; unset: the account's own, which may do all


def local_key(stage: Stage, user: str | None = None) -> tuple[str, str]:
    """Key id and secret that requests to the local cloud are signed with: `user`'s, or TRIMTAB_USER's.

    Raises:
        NotFoundError: there is no such user.
    """
    name = os.environ.get(VARIABLE) if user is None else user
    if not name:
        return stage.names.account, ACCOUNT_SECRET
    key = None if stage.state is None else read_json(_file(stage.state, name))
    if key is None:
        raise NotFoundError(f"the local cloud has no user {name}: `trimtab user {name} --role viewer` makes one")
    return key["id"], key["secret"]


def add_local_user(stage: Stage, name: str, role: str, model: str | None = None) -> None:
    """Make the user where there is none, and give it a role's policy: over one model, or over all.

    Raises:
        InvalidRequestError: the stage is not the local cloud, or the name is none for IAM.
        NotFoundError: there is no such role, or no such model, or the role has nothing to do with it.
    """
    if not stage.is_local or stage.state is None:
        raise InvalidRequestError(f"stage {stage.name} is in AWS: its users are made there (docs/access.md)")
    if not all(letter.isascii() and (letter.isalnum() or letter in "+=,.@_-") for letter in name) or len(name) > 64:
        raise InvalidRequestError(f"a user has 1 to 64 of the characters A-Z a-z 0-9 + = , . @ _ -, unlike {name!r}")
    iam = stage.client("iam")
    policies = [found["PolicyName"] for found in iam.list_policies(Scope="Local", MaxItems=1000)["Policies"]]
    wanted = stage.names.access(role, model)
    if wanted not in policies:
        there = ", ".join(sorted(policies)) or "none yet"
        raise NotFoundError(f"the local cloud has no policy {wanted}: there are {there}")
    try:
        iam.create_user(UserName=name)
        is_new = True
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityAlreadyExists":
            raise
        is_new = False
    iam.attach_user_policy(UserName=name, PolicyArn=f"arn:aws:iam::{stage.names.account}:policy/{wanted}")
    file = _file(stage.state, name)
    if is_new or not file.exists():
        made = iam.create_access_key(UserName=name)["AccessKey"]
        file.parent.mkdir(mode=0o700, exist_ok=True)
        write_json(file, {"id": made["AccessKeyId"], "secret": made["SecretAccessKey"]})


def _file(state: Path, name: str) -> Path:
    return state / "users" / f"{name}.json"
