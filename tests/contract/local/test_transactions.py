"""DynamoDB's ClientRequestToken makes a transaction safe to send twice, which moto does not."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.local.cloud import LocalCloud


def put(key: str, value: str = "1") -> dict[str, Any]:
    item = {"pk": {"S": key}, "v": {"S": value}}
    return {"Put": {"TableName": "tiny", "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def test_the_same_transaction_with_the_same_token_is_done_once(cloud: LocalCloud) -> None:
    table = cloud.client("dynamodb")
    for _ in range(2):
        table.transact_write_items(TransactItems=[put("once")], ClientRequestToken="token-1")
    with pytest.raises(ClientError) as refused:
        table.transact_write_items(TransactItems=[put("once")], ClientRequestToken="token-2")
    assert refused.value.response["Error"]["Code"] == "TransactionCanceledException"


def test_a_token_with_another_transaction_is_refused(cloud: LocalCloud) -> None:
    table = cloud.client("dynamodb")
    table.transact_write_items(TransactItems=[put("first")], ClientRequestToken="token-3")
    with pytest.raises(ClientError) as refused:
        table.transact_write_items(TransactItems=[put("second")], ClientRequestToken="token-3")
    assert refused.value.response["Error"]["Code"] == "IdempotentParameterMismatchException"
