"""Signs requests to the REST APIs of a stage with AWS credentials."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from functions.domain.errors import UnavailableError
from trimtab.local_users import local_key
from trimtab.stage import Stage

SERVICE = "execute-api"


def find_credentials(stage: Stage) -> Any:
    """What requests to a stage are signed with: there the key of TRIMTAB_USER or of the account, else what boto3 finds.

    Raises:
        NotFoundError: the local cloud has no such user.
        UnavailableError: there are no AWS credentials.
    """
    if stage.is_local:
        return Credentials(*local_key(stage))
    found = boto3.session.Session().get_credentials()
    if found is None:
        raise UnavailableError("no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    return found


def signed_headers(
    credentials: Any, region: str, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
) -> dict[str, str]:
    """`headers` and the signature over them, by Signature Version 4; good for five minutes."""
    request = AWSRequest(method, url, headers=dict(headers), data=body)
    SigV4Auth(credentials.get_frozen_credentials(), SERVICE, region).add_auth(request)
    return dict(request.headers.items())
