import hashlib
import time
from datetime import datetime, timedelta, timezone

import pytest
from conftest import ACCOUNT, REGION, refused

FIRST = "shardId-000000000000"


def make_stream(kinesis, name, shards=1):
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    return name


@pytest.fixture
def stream(kinesis, name):
    yield make_stream(kinesis, name)
    kinesis.delete_stream(StreamName=name)


@pytest.fixture
def wide(kinesis, name):
    yield make_stream(kinesis, name, shards=4)
    kinesis.delete_stream(StreamName=name)


def iterator(kinesis, stream, kind="TRIM_HORIZON", shard=FIRST, **arguments):
    return kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard, ShardIteratorType=kind, **arguments
    )["ShardIterator"]


def read(kinesis, stream, kind="TRIM_HORIZON", shard=FIRST, **arguments):
    page = kinesis.get_records(ShardIterator=iterator(kinesis, stream, kind, shard, **arguments))
    return [record["Data"] for record in page["Records"]]


def put(kinesis, stream, data, key="key", **arguments):
    return kinesis.put_record(StreamName=stream, Data=data, PartitionKey=key, **arguments)


def is_recent(moment):
    return abs(datetime.now(timezone.utc) - moment) < timedelta(seconds=60)


# Streams


def test_describe(kinesis, wide):
    found = kinesis.describe_stream(StreamName=wide)["StreamDescription"]
    assert found["StreamARN"] == f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{wide}"
    assert found["StreamStatus"] == "ACTIVE"
    assert found["RetentionPeriodHours"] == 24
    assert found["EncryptionType"] == "NONE"
    assert found["HasMoreShards"] is False
    assert [shard["ShardId"] for shard in found["Shards"]] == [f"shardId-{index:012}" for index in range(4)]
    ranges = [shard["HashKeyRange"] for shard in found["Shards"]]
    assert ranges[0]["StartingHashKey"] == "0"
    assert ranges[-1]["EndingHashKey"] == str(2**128 - 1)
    for left, right in zip(ranges, ranges[1:]):
        assert int(left["EndingHashKey"]) + 1 == int(right["StartingHashKey"])
    page = kinesis.describe_stream(StreamName=wide, Limit=2)["StreamDescription"]
    assert page["HasMoreShards"] is True
    assert len(page["Shards"]) == 2
    by_arn = kinesis.describe_stream(StreamARN=found["StreamARN"])["StreamDescription"]
    assert by_arn["StreamName"] == wide


def test_summary(kinesis, wide):
    found = kinesis.describe_stream_summary(StreamName=wide)["StreamDescriptionSummary"]
    assert found["OpenShardCount"] == 4
    assert found["ConsumerCount"] == 0
    assert found["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}
    assert is_recent(found["StreamCreationTimestamp"])


def test_on_demand(kinesis, name):
    kinesis.create_stream(StreamName=name, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    found = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    assert found["OpenShardCount"] == 4
    assert found["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    kinesis.delete_stream(StreamName=name)


def test_stream_errors(kinesis, stream, name):
    with pytest.raises(kinesis.exceptions.ResourceInUseException) as caught:
        kinesis.create_stream(StreamName=stream, ShardCount=1)
    assert caught.value.response["Error"]["Message"] == f"Stream {stream} under account {ACCOUNT} already exists."
    with refused("ResourceNotFoundException") as refusal:
        kinesis.describe_stream(StreamName="there-is-no-such-stream")
    assert refusal.message == f"Stream there-is-no-such-stream under account {ACCOUNT} not found."
    with refused("ValidationException"):
        kinesis.create_stream(StreamName="not valid", ShardCount=1)


def test_list_streams(kinesis, name):
    names = [f"{name}-{index}" for index in range(3)]
    for each in names:
        make_stream(kinesis, each)
    listed = []
    for page in kinesis.get_paginator("list_streams").paginate(PaginationConfig={"PageSize": 2}):
        listed += page["StreamNames"]
    assert [each for each in listed if each in names] == names
    page = kinesis.list_streams(ExclusiveStartStreamName=names[0], Limit=1)
    assert page["StreamNames"] == [names[1]]
    for each in names:
        kinesis.delete_stream(StreamName=each)
    kinesis.get_waiter("stream_not_exists").wait(
        StreamName=names[0], WaiterConfig={"Delay": 1, "MaxAttempts": 10}
    )


def test_list_shards(kinesis, wide):
    page = kinesis.list_shards(StreamName=wide, MaxResults=3)
    assert len(page["Shards"]) == 3
    rest = kinesis.list_shards(NextToken=page["NextToken"])
    assert [shard["ShardId"] for shard in rest["Shards"]] == ["shardId-000000000003"]
    assert "NextToken" not in rest
    after = kinesis.list_shards(StreamName=wide, ShardFilter={"Type": "AFTER_SHARD_ID", "ShardId": FIRST})
    assert len(after["Shards"]) == 3
    assert len(kinesis.list_shards(StreamName=wide, ShardFilter={"Type": "AT_LATEST"})["Shards"]) == 4
    with refused("InvalidArgumentException") as refusal:
        kinesis.list_shards(StreamName=wide, NextToken=page["NextToken"])
    assert refusal.message == "NextToken and StreamName cannot be provided together."


# Writing


def test_put_record(kinesis, wide):
    data = bytes(range(256))
    answer = put(kinesis, wide, data, key="schlüssel")
    key = int.from_bytes(hashlib.md5("schlüssel".encode()).digest(), "big")
    assert answer["ShardId"] == f"shardId-{key // (2**128 // 4):012}"
    page = kinesis.get_records(ShardIterator=iterator(kinesis, wide, shard=answer["ShardId"]))
    [record] = page["Records"]
    assert record["Data"] == data
    assert record["PartitionKey"] == "schlüssel"
    assert record["SequenceNumber"] == answer["SequenceNumber"]
    assert is_recent(record["ApproximateArrivalTimestamp"])
    assert page["MillisBehindLatest"] == 0


def test_explicit_hash_key(kinesis, wide):
    assert put(kinesis, wide, b"x", ExplicitHashKey="0")["ShardId"] == FIRST
    assert put(kinesis, wide, b"x", ExplicitHashKey=str(2**128 - 1))["ShardId"] == "shardId-000000000003"
    with refused("InvalidArgumentException") as refusal:
        put(kinesis, wide, b"x", ExplicitHashKey=str(2**128))
    assert "ExplicitHashKey must be in the range: [0, 2^128-1]" in refusal.message


def test_put_records(kinesis, wide):
    records = [{"Data": f"{index}".encode(), "PartitionKey": f"key-{index}"} for index in range(500)]
    answer = kinesis.put_records(StreamName=wide, Records=records)
    assert answer["FailedRecordCount"] == 0
    assert len(answer["Records"]) == 500
    found = []
    for index in range(4):
        found += read(kinesis, wide, shard=f"shardId-{index:012}")
    assert sorted(found) == sorted(record["Data"] for record in records)
    by_shard = {}
    for record in answer["Records"]:
        by_shard.setdefault(record["ShardId"], []).append(int(record["SequenceNumber"]))
    assert all(numbers == sorted(set(numbers)) for numbers in by_shard.values())


def test_write_errors(kinesis, stream):
    with refused("ValidationException"):
        put(kinesis, stream, b"x", key="")
    with refused("ValidationException"):
        put(kinesis, stream, b"x", key="k" * 257)
    with refused("ValidationException"):
        put(kinesis, stream, b"x" * 1_048_577)
    with refused("ValidationException"):
        kinesis.put_records(StreamName=stream, Records=[{"Data": b"", "PartitionKey": "k"}] * 501)
    with refused("ValidationException"):
        kinesis.put_records(StreamName=stream, Records=[])
    with refused("ResourceNotFoundException"):
        put(kinesis, "there-is-no-such-stream", b"x")


def test_largest_record(kinesis, stream):
    data = b"x" * (1_048_576 - 3)
    put(kinesis, stream, data, key="key")
    assert read(kinesis, stream) == [data]


# Reading


def test_iterator_types(kinesis, stream):
    first = put(kinesis, stream, b"one")["SequenceNumber"]
    # botocore sends whole seconds, so the two records lie on either side of one.
    time.sleep(1.01 - time.time() % 1)
    middle = datetime.fromtimestamp(int(time.time()), timezone.utc)
    second = put(kinesis, stream, b"two")["SequenceNumber"]
    assert int(second) > int(first)
    assert len(second) == 56
    latest = iterator(kinesis, stream, "LATEST")
    assert read(kinesis, stream) == [b"one", b"two"]
    assert read(kinesis, stream, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=second) == [b"two"]
    assert read(kinesis, stream, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=first) == [b"two"]
    assert read(kinesis, stream, "AT_TIMESTAMP", Timestamp=middle) == [b"two"]
    start = kinesis.list_shards(StreamName=stream)["Shards"][0]["SequenceNumberRange"]["StartingSequenceNumber"]
    assert read(kinesis, stream, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=start) == [b"one", b"two"]
    put(kinesis, stream, b"three")
    page = kinesis.get_records(ShardIterator=latest)
    assert [record["Data"] for record in page["Records"]] == [b"three"]
    again = kinesis.get_records(ShardIterator=latest)
    assert again["Records"] == page["Records"]
    following = kinesis.get_records(ShardIterator=page["NextShardIterator"])
    assert following["Records"] == []
    assert following["MillisBehindLatest"] == 0


def test_pages(kinesis, stream):
    kinesis.put_records(
        StreamName=stream, Records=[{"Data": b"%d" % index, "PartitionKey": "k"} for index in range(5)]
    )
    page = kinesis.get_records(ShardIterator=iterator(kinesis, stream), Limit=2)
    assert [record["Data"] for record in page["Records"]] == [b"0", b"1"]
    page = kinesis.get_records(ShardIterator=page["NextShardIterator"])
    assert [record["Data"] for record in page["Records"]] == [b"2", b"3", b"4"]


def test_a_page_holds_ten_megabytes(kinesis, stream):
    for index in range(12):
        put(kinesis, stream, bytes([index]) * 1_000_000)
    page = kinesis.get_records(ShardIterator=iterator(kinesis, stream))
    assert len(page["Records"]) == 10
    rest = kinesis.get_records(ShardIterator=page["NextShardIterator"])
    assert len(rest["Records"]) == 2


def test_read_errors(kinesis, wide):
    with refused("ResourceNotFoundException") as refusal:
        iterator(kinesis, wide, shard="shardId-000000000009")
    assert refusal.message == (
        f"Shard shardId-000000000009 in stream {wide} under account {ACCOUNT} does not exist"
    )
    with refused("InvalidArgumentException") as refusal:
        kinesis.get_records(ShardIterator="garbage")
    assert refusal.message == "Invalid ShardIterator."
    with refused("ValidationException") as refusal:
        kinesis.get_records(ShardIterator=iterator(kinesis, wide), Limit=10_001)
    assert "Member must have value less than or equal to 10000" in refusal.message
    with refused("InvalidArgumentException") as refusal:
        iterator(kinesis, wide, "AT_TIMESTAMP")
    assert "Must specify timestampInMillis parameter" in refusal.message
    with refused("InvalidArgumentException"):
        iterator(kinesis, wide, "AT_TIMESTAMP", Timestamp=datetime.now(timezone.utc) + timedelta(hours=1))
    with refused("InvalidArgumentException"):
        iterator(kinesis, wide, "LATEST", StartingSequenceNumber="1")
    number = put(kinesis, wide, b"x", ExplicitHashKey="0")["SequenceNumber"]
    with refused("InvalidArgumentException") as refusal:
        iterator(kinesis, wide, "AT_SEQUENCE_NUMBER", "shardId-000000000001", StartingSequenceNumber=number)
    assert "It encodes shardId-000000000000, while it was used in a call to a shard with" in refusal.message


def test_a_deleted_stream_is_gone(kinesis, name):
    make_stream(kinesis, name)
    held = iterator(kinesis, name)
    kinesis.delete_stream(StreamName=name)
    with refused("ResourceNotFoundException"):
        kinesis.describe_stream(StreamName=name)
    with refused("ResourceNotFoundException"):
        kinesis.get_records(ShardIterator=held)


def test_unknown_operations_are_named(kinesis, stream):
    with refused("UnsupportedOperation") as refusal:
        kinesis.update_stream_warm_throughput(StreamName=stream, WarmThroughputMiBps=1)
    assert "UpdateStreamWarmThroughput" in refusal.message
    assert refusal.status == 501
