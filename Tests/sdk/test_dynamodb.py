"""DynamoDB through an unmodified SDK: what botocore sends and reads back, not only what the golden pairs show."""

import decimal

import boto3
import pytest
from boto3.dynamodb.types import Binary
from botocore.exceptions import ClientError
from conftest import make_client


@pytest.fixture(scope="session")
def dynamodb():
    return make_client("dynamodb")


def resource(client):
    """The resource interface, which turns Python values into attribute values, on the same endpoint."""
    return boto3.resource(
        "dynamodb",
        endpoint_url=client.meta.endpoint_url,
        region_name=client.meta.region_name,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture
def table(dynamodb, name):
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "n", "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": "id", "KeyType": "HASH"},
            {"AttributeName": "n", "KeyType": "RANGE"},
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    yield name
    dynamodb.delete_table(TableName=name)
    dynamodb.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 5})


def test_every_type_survives_the_resource_interface(dynamodb, table):
    item = {
        "id": "a",
        "n": decimal.Decimal("1.50"),
        "text": "é \U0001f600 \"quoted\"",
        "empty": "",
        "large": decimal.Decimal("12345678901234567890123456789012345678"),
        "small": decimal.Decimal("-1E-130"),
        "bytes": Binary(b"\x00\x01\xff"),
        "strings": {"b", "a"},
        "numbers": {decimal.Decimal("1"), decimal.Decimal("-2.5")},
        "binaries": {Binary(b"\x00"), Binary(b"\x01")},
        "list": [1, "two", [decimal.Decimal("3")], {"four": None}],
        "map": {"deep": {"deeper": True}, "none": None},
        "flag": False,
    }
    resource(dynamodb).Table(table).put_item(Item=item)
    found = resource(dynamodb).Table(table).get_item(Key={"id": "a", "n": decimal.Decimal("1.5")})["Item"]
    assert found == item


def test_a_put_returns_the_old_item_when_asked(dynamodb, table):
    key = {"id": {"S": "a"}, "n": {"N": "1"}}
    first = dynamodb.put_item(TableName=table, Item={**key, "v": {"S": "old"}}, ReturnValues="ALL_OLD")
    assert "Attributes" not in first
    second = dynamodb.put_item(TableName=table, Item=key, ReturnValues="ALL_OLD")
    assert second["Attributes"]["v"] == {"S": "old"}
    gone = dynamodb.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")
    assert gone["Attributes"] == key
    assert "Item" not in dynamodb.get_item(TableName=table, Key=key)


def test_the_batch_writer_writes_more_than_one_batch(dynamodb, table):
    with resource(dynamodb).Table(table).batch_writer() as batch:
        for number in range(60):
            batch.put_item(Item={"id": "batch", "n": number})
        batch.delete_item(Key={"id": "batch", "n": 7})
    assert "Item" in resource(dynamodb).Table(table).get_item(Key={"id": "batch", "n": 59})
    assert "Item" not in resource(dynamodb).Table(table).get_item(Key={"id": "batch", "n": 7})


@pytest.mark.parametrize(
    "item, message",
    [
        ({"id": {"S": "a"}}, "One or more parameter values were invalid: Missing the key n in the item"),
        ({"id": {"S": "a"}, "n": {"N": "x"}}, "The parameter cannot be converted to a numeric value: x"),
        (
            {"id": {"S": "a"}, "n": {"S": "1"}},
            "One or more parameter values were invalid: Type mismatch for key n expected: N actual: S",
        ),
    ],
)
def test_wrong_items_are_validation_errors(dynamodb, table, item, message):
    with pytest.raises(ClientError) as caught:
        dynamodb.put_item(TableName=table, Item=item)
    assert caught.value.response["Error"] == {"Code": "ValidationException", "Message": message}


def test_missing_tables_are_modelled_exceptions(dynamodb):
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException) as caught:
        dynamodb.put_item(TableName="nowhere", Item={"id": {"S": "a"}})
    assert caught.value.response["Error"]["Message"] == "Requested resource not found"
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException) as caught:
        dynamodb.describe_table(TableName="nowhere")
    assert caught.value.response["Error"]["Message"] == "Requested resource not found: Table: nowhere not found"


def test_what_is_missing_is_named_and_not_retried(dynamodb, table):
    with pytest.raises(ClientError) as caught:
        dynamodb.execute_statement(Statement=f'SELECT * FROM "{table}"')
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "ExecuteStatement" in caught.value.response["Error"]["Message"]


def test_tables_are_described_and_listed(dynamodb, table):
    description = dynamodb.describe_table(TableName=table)["Table"]
    assert description["TableStatus"] == "ACTIVE"
    assert description["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert description["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert description["LatestStreamArn"].endswith("/stream/" + description["LatestStreamLabel"])
    names = [name for page in dynamodb.get_paginator("list_tables").paginate() for name in page["TableNames"]]
    assert table in names
