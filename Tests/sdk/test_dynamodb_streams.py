"""DynamoDB Streams through an unmodified SDK."""

import datetime

import pytest
from conftest import make_client


@pytest.fixture(scope="session")
def dynamodb():
    return make_client("dynamodb")


@pytest.fixture(scope="session")
def dynamodbstreams():
    return make_client("dynamodbstreams")


def make_table(dynamodb, name, view):
    description = dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "Id", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
    )
    return description["TableDescription"]["LatestStreamArn"]


def shard_of(streams, arn):
    description = streams.describe_stream(StreamArn=arn)["StreamDescription"]
    assert description["StreamArn"] == arn
    return description["Shards"][0]["ShardId"]


def read_all(streams, arn):
    """Every record of the stream's first shard, page by page."""
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard_of(streams, arn), ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    records = []
    while iterator:
        page = streams.get_records(ShardIterator=iterator, Limit=2)
        if not page["Records"]:
            break
        records += page["Records"]
        iterator = page.get("NextShardIterator")
    return records


def play(dynamodb, name):
    """The documentation's example: an item is made, changed, and deleted."""
    key = {"Id": {"N": "101"}}
    dynamodb.put_item(TableName=name, Item={**key, "Message": {"S": "New item!"}})
    dynamodb.put_item(TableName=name, Item={**key, "Message": {"S": "This item has changed"}})
    dynamodb.put_item(TableName=name, Item={**key, "Message": {"S": "This item has changed"}})
    dynamodb.delete_item(TableName=name, Key=key)
    dynamodb.delete_item(TableName=name, Key=key)


@pytest.mark.parametrize(
    "view, sizes, images",
    [
        ("KEYS_ONLY", [5, 5, 5], [set(), set(), set()]),
        ("NEW_IMAGE", [26, 38, 5], [{"NewImage"}, {"NewImage"}, set()]),
        ("OLD_IMAGE", [5, 26, 38], [set(), {"OldImage"}, {"OldImage"}]),
        ("NEW_AND_OLD_IMAGES", [26, 59, 38], [{"NewImage"}, {"NewImage", "OldImage"}, {"OldImage"}]),
    ],
)
def test_each_view_has_its_images_and_sizes(dynamodb, dynamodbstreams, name, view, sizes, images):
    arn = make_table(dynamodb, name, view)
    play(dynamodb, name)
    records = read_all(dynamodbstreams, arn)
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    assert [record["dynamodb"]["SizeBytes"] for record in records] == sizes
    assert [{"NewImage", "OldImage"} & set(record["dynamodb"]) for record in records] == images
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
    assert numbers == sorted(set(numbers))
    for record in records:
        assert record["eventSource"] == "aws:dynamodb"
        assert record["eventVersion"] == "1.1"
        assert len(record["eventID"]) == 32
        assert record["dynamodb"]["Keys"] == {"Id": {"N": "101"}}
        assert record["dynamodb"]["StreamViewType"] == view
        made = record["dynamodb"]["ApproximateCreationDateTime"]
        assert isinstance(made, datetime.datetime) and made.microsecond == 0
        assert "userIdentity" not in record
    dynamodb.delete_table(TableName=name)


def test_streams_are_listed_and_outlive_their_table(dynamodb, dynamodbstreams, name):
    arn = make_table(dynamodb, name, "KEYS_ONLY")
    play(dynamodb, name)
    listed = dynamodbstreams.list_streams(TableName=name)["Streams"]
    assert listed == [{"StreamArn": arn, "TableName": name, "StreamLabel": arn.rpartition("/")[2]}]
    dynamodb.delete_table(TableName=name)
    assert dynamodbstreams.describe_stream(StreamArn=arn)["StreamDescription"]["StreamStatus"] == "DISABLED"
    assert len(read_all(dynamodbstreams, arn)) == 3


def test_a_stream_that_is_switched_off_ends(dynamodb, dynamodbstreams, name):
    arn = make_table(dynamodb, name, "KEYS_ONLY")
    dynamodb.put_item(TableName=name, Item={"Id": {"N": "1"}})
    dynamodb.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
    iterator = dynamodbstreams.get_shard_iterator(
        StreamArn=arn, ShardId=shard_of(dynamodbstreams, arn), ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    page = dynamodbstreams.get_records(ShardIterator=iterator)
    assert len(page["Records"]) == 1
    assert "NextShardIterator" not in page
    dynamodb.delete_table(TableName=name)


def test_an_unknown_stream_is_a_modelled_exception(dynamodbstreams):
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/nowhere/stream/2024-01-01T00:00:00.000"
    with pytest.raises(dynamodbstreams.exceptions.ResourceNotFoundException) as caught:
        dynamodbstreams.describe_stream(StreamArn=arn)
    assert caught.value.response["Error"]["Message"] == f"Requested resource not found: Stream: {arn} not found"
