"""Tables of the local cloud: an index comes to a table in use, as in AWS; what AWS would make anew is refused."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.domain.errors import MisconfiguredError
from trimtab.local.resources.resource_type import Properties
from trimtab.local.resources.storage import put_table
from trimtab.local.stacks import Resource

KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]


class Moto:
    """What `Context` does of it: boto3's clients."""

    endpoint, account, region = "", "123456789012", "us-east-1"

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name=self.region)


@pytest.fixture
def cloud() -> Iterator[Moto]:
    with mock_aws():
        yield Moto()


def described(*indexes: str, key: str = "pk", projection: str = "ALL") -> Properties:
    keys = [{"AttributeName": key, "KeyType": "HASH"}, KEYS[1]]
    properties: Properties = {
        "TableName": "registry",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": keys,
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in (key, "sk", *indexes)],
    }
    if indexes:
        properties["GlobalSecondaryIndexes"] = [
            {
                "IndexName": f"by-{name}",
                "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}, KEYS[1]],
                "Projection": {"ProjectionType": projection},
            }
            for name in indexes
        ]
    return properties


def deploy(cloud: Any, now: Properties, before: Properties | None = None) -> None:
    existing = None if before is None else Resource("AWS::DynamoDB::Table", "registry", {}, before, False)
    put_table(cloud, "Registry", now, existing)


def found(cloud: Moto, index: str) -> list[str]:
    values = {":value": {"S": "flights"}}
    answer = cloud.client("dynamodb").query(
        TableName="registry",
        IndexName=f"by-{index}",
        KeyConditionExpression=f"{index} = :value",
        ExpressionAttributeValues=values,
    )
    return [item["sk"]["S"] for item in answer["Items"]]


def test_an_index_that_comes_later_has_what_was_there_before(cloud: Moto) -> None:
    deploy(cloud, described())
    for sk, more in (("a", {"about": {"S": "flights"}}), ("b", {})):
        cloud.client("dynamodb").put_item(TableName="registry", Item={"pk": {"S": "AUDIT"}, "sk": {"S": sk}, **more})
    deploy(cloud, described("about"), described())
    assert found(cloud, "about") == ["a"]
    deploy(cloud, described("about"), described("about"))
    assert found(cloud, "about") == ["a"]


def test_an_index_that_is_wanted_no_more_goes(cloud: Moto) -> None:
    deploy(cloud, described("about"))
    deploy(cloud, described(), described("about"))
    assert not cloud.client("dynamodb").describe_table(TableName="registry")["Table"].get("GlobalSecondaryIndexes")


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (described(), described(key="id")),
        (described("about"), described("about", projection="KEYS_ONLY")),
        (described(), {**described(), "BillingMode": "PROVISIONED"}),
    ],
)
def test_what_would_make_another_table_is_refused(cloud: Moto, before: Properties, now: Properties) -> None:
    deploy(cloud, before)
    with pytest.raises(MisconfiguredError, match="can't change keys, an index or the capacity of table registry"):
        deploy(cloud, now, before)
