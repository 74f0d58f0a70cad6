"""What a kind of resource is to the local cloud: the properties it knows, how it is put there, how it goes away."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from trimtab.local.credentials import ACCOUNT_SECRET
from trimtab.local.stacks import Resource

Properties = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """A resource that is there: what Ref gives, and what Fn::GetAtt gives."""

    physical_id: str
    attributes: dict[str, Any]


class Context:
    """Where resources are made: AWS clients of the local endpoint, and names for what has none."""

    def __init__(self, endpoint: str, account: str, region: str) -> None:
        self.endpoint, self.account, self.region = endpoint, account, region
        self._clients: dict[str, Any] = {}
        self._session = boto3.session.Session(account, ACCOUNT_SECRET, region_name=region)

    def client(self, service: str) -> Any:
        """A boto3 client, made once."""
        if service not in self._clients:
            config = Config(
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                parameter_validation=True,
            )
            self._clients[service] = self._session.client(service, endpoint_url=self.endpoint, config=config)
        return self._clients[service]

    def arn(self, service: str, rest: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{rest}"


Put = Callable[[Context, str, Properties, Resource | None], Made]
Delete = Callable[[Context, Resource], None]


@dataclass(frozen=True, slots=True)
class ResourceType:
    """`put(context, name, properties, existing)` creates the resource, or brings the existing one to `properties`.

    `name` is a name for resources that the template gives none: stack and logical name, with a digest. A property that
    isn't in `properties` is an error: nothing that the template asks for is passed over in silence.
    """

    properties: frozenset[str]
    put: Put
    delete: Delete


def created(make: Callable[[], Any], *there_already: str) -> bool:
    """Make something; False when it is there already, left by a deployment that was killed before it could note it."""
    try:
        make()
    except ClientError as error:
        if error.response["Error"]["Code"] not in there_already:
            raise
        return False
    return True


def generated_name(stack: str, logical: str, most: int = 64) -> str:
    """A physical name as CloudFormation makes one, but always the same."""
    digest = hashlib.sha256(f"{stack}/{logical}".encode()).hexdigest()[:12].upper()
    return f"{f'{stack}-{logical}'[: most - 13]}-{digest}"


def tag_list(properties: Mapping[str, Any]) -> list[dict[str, str]]:
    """Tags as most services take them."""
    return [{"Key": tag["Key"], "Value": tag["Value"]} for tag in properties.get("Tags") or []]


def tags_if_any(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The argument `Tags`, for services that take no empty list."""
    tags = tag_list(properties)
    return {"Tags": tags} if tags else {}


def tag_map(properties: Mapping[str, Any]) -> dict[str, str]:
    """Tags as the other services take them."""
    tags = properties.get("Tags") or {}
    return dict(tags) if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}


def known(*names: str) -> frozenset[str]:
    return frozenset({*names, "Tags"})
