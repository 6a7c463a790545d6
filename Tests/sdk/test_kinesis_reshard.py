import time

import pytest
from conftest import refused

SPACE = 2**128


def shard(number):
    return f"shardId-{number:012d}"


@pytest.fixture
def stream(kinesis, name):
    kinesis.create_stream(StreamName=name, ShardCount=2)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    yield name
    kinesis.delete_stream(StreamName=name)


@pytest.fixture
def elastic(kinesis, name):
    kinesis.create_stream(StreamName=name, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    yield name
    kinesis.delete_stream(StreamName=name)


def shards(kinesis, stream, **filter):
    return kinesis.list_shards(StreamName=stream, **filter)["Shards"]


def open_ranges(kinesis, stream):
    still_open = [s for s in shards(kinesis, stream) if "EndingSequenceNumber" not in s["SequenceNumberRange"]]
    ranges = [(int(s["HashKeyRange"]["StartingHashKey"]), int(s["HashKeyRange"]["EndingHashKey"])) for s in still_open]
    return sorted(ranges)


def put(kinesis, stream, data, hash_key):
    return kinesis.put_record(StreamName=stream, Data=data, PartitionKey="k", ExplicitHashKey=str(hash_key))["ShardId"]


def drain(kinesis, stream, shard_id, kind="TRIM_HORIZON"):
    """All data of a shard, and the last answer."""
    iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard_id, ShardIteratorType=kind)["ShardIterator"]
    found = []
    for _ in range(20):
        page = kinesis.get_records(ShardIterator=iterator)
        found += [record["Data"] for record in page["Records"]]
        iterator = page.get("NextShardIterator")
        if iterator is None or not page["Records"]:
            return found, page
    raise AssertionError("the shard does not end")


def test_split(kinesis, stream):
    assert put(kinesis, stream, b"before", 5) == shard(0)
    kinesis.split_shard(StreamName=stream, ShardToSplit=shard(0), NewStartingHashKey=str(SPACE // 4))
    kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    parent, _, left, right = shards(kinesis, stream)
    assert "EndingSequenceNumber" in parent["SequenceNumberRange"]
    assert [child["ParentShardId"] for child in (left, right)] == [shard(0), shard(0)]
    assert left["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": str(SPACE // 4 - 1)}
    assert right["HashKeyRange"] == {"StartingHashKey": str(SPACE // 4), "EndingHashKey": str(SPACE // 2 - 1)}
    assert put(kinesis, stream, b"left", 5) == left["ShardId"]
    assert put(kinesis, stream, b"right", SPACE // 4) == right["ShardId"]
    found, page = drain(kinesis, stream, shard(0))
    assert found == [b"before"]
    assert "NextShardIterator" not in page
    assert page["MillisBehindLatest"] == 0
    assert [child["ShardId"] for child in page["ChildShards"]] == [left["ShardId"], right["ShardId"]]
    assert page["ChildShards"][0]["ParentShards"] == [shard(0)]
    assert drain(kinesis, stream, left["ShardId"])[0] == [b"left"]
    assert kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["OpenShardCount"] == 3


def test_merge(kinesis, stream):
    kinesis.merge_shards(StreamName=stream, ShardToMerge=shard(1), AdjacentShardToMerge=shard(0))
    child = shards(kinesis, stream)[2]
    assert (child["ParentShardId"], child["AdjacentParentShardId"]) == (shard(1), shard(0))
    assert open_ranges(kinesis, stream) == [(0, SPACE - 1)]
    for parent in (0, 1):
        found, page = drain(kinesis, stream, shard(parent), "LATEST")
        assert found == []
        assert page["ChildShards"][0]["ShardId"] == child["ShardId"]
        assert page["ChildShards"][0]["ParentShards"] == [shard(1), shard(0)]


@pytest.mark.parametrize("target", [1, 2, 3, 4])
def test_update_shard_count(kinesis, stream, target):
    answer = kinesis.update_shard_count(StreamName=stream, TargetShardCount=target, ScalingType="UNIFORM_SCALING")
    assert (answer["CurrentShardCount"], answer["TargetShardCount"], answer["StreamName"]) == (2, target, stream)
    assert answer["StreamARN"].endswith(f":stream/{stream}")
    ranges = open_ranges(kinesis, stream)
    width = SPACE // target
    assert [start for start, _ in ranges] == [width * number for number in range(target)]
    assert ranges[-1][1] == SPACE - 1
    description = kinesis.describe_stream(StreamName=stream)["StreamDescription"]
    assert description["StreamStatus"] == "ACTIVE"


def test_every_record_is_found_along_the_lineage(kinesis, stream):
    sent = []
    for target in (4, 3, 6, 5, 3):
        for number in range(8):
            data = f"{target} {number}".encode()
            put(kinesis, stream, data, number * SPACE // 8)
            sent.append(data)
        kinesis.update_shard_count(StreamName=stream, TargetShardCount=target, ScalingType="UNIFORM_SCALING")
    found = []
    for listed in shards(kinesis, stream):
        found += drain(kinesis, stream, listed["ShardId"])[0]
    assert sorted(found) == sorted(sent)


def test_what_cannot_be_resharded(kinesis, stream):
    with refused("ResourceNotFoundException") as refusal:
        kinesis.split_shard(StreamName=stream, ShardToSplit=shard(9), NewStartingHashKey="5")
    assert refusal.message == f"Could not find shard {shard(9)} in stream {stream} under account 000000000000."
    with refused("InvalidArgumentException") as refusal:
        kinesis.split_shard(StreamName=stream, ShardToSplit=shard(0), NewStartingHashKey="1")
    assert "is not both greater than one plus the shard's StartingHashKey 0" in refusal.message
    with refused("ValidationException"):
        kinesis.split_shard(StreamName=stream, ShardToSplit=shard(0), NewStartingHashKey="minus")
    kinesis.split_shard(StreamName=stream, ShardToSplit=shard(0), NewStartingHashKey="7")
    with refused("InvalidArgumentException") as refusal:
        kinesis.merge_shards(StreamName=stream, ShardToMerge=shard(0), AdjacentShardToMerge=shard(1))
    assert "has already been merged or split" in refusal.message
    with refused("InvalidArgumentException") as refusal:
        kinesis.merge_shards(StreamName=stream, ShardToMerge=shard(2), AdjacentShardToMerge=shard(1))
    assert refusal.message.endswith("are not an adjacent pair of shards eligible for merging")
    with refused("LimitExceededException") as refusal:
        kinesis.update_shard_count(StreamName=stream, TargetShardCount=7, ScalingType="UNIFORM_SCALING")
    assert "Current open shard count: 3, Target shard count: 7" in refusal.message
    with refused("LimitExceededException"):
        kinesis.update_shard_count(StreamName=stream, TargetShardCount=1, ScalingType="UNIFORM_SCALING")
    with refused("ResourceNotFoundException"):
        kinesis.update_shard_count(StreamName="no-such", TargetShardCount=1, ScalingType="UNIFORM_SCALING")


def test_on_demand_streams_are_not_resharded_by_hand(kinesis, elastic):
    with refused("ValidationException") as refusal:
        kinesis.update_shard_count(StreamName=elastic, TargetShardCount=8, ScalingType="UNIFORM_SCALING")
    assert refusal.message == f"Request is invalid. Stream {elastic} under account 000000000000 is in On-Demand mode."
    with refused("ValidationException"):
        kinesis.split_shard(StreamName=elastic, ShardToSplit=shard(0), NewStartingHashKey="5")
    with refused("ValidationException"):
        kinesis.merge_shards(StreamName=elastic, ShardToMerge=shard(0), AdjacentShardToMerge=shard(1))


def test_retention(kinesis, stream):
    def hours():
        return kinesis.describe_stream(StreamName=stream)["StreamDescription"]["RetentionPeriodHours"]

    assert hours() == 24
    kinesis.increase_stream_retention_period(StreamName=stream, RetentionPeriodHours=8760)
    assert hours() == 8760
    kinesis.decrease_stream_retention_period(StreamName=stream, RetentionPeriodHours=48)
    assert hours() == 48
    with refused("InvalidArgumentException") as refusal:
        kinesis.increase_stream_retention_period(StreamName=stream, RetentionPeriodHours=47)
    assert refusal.message.endswith("(48 hours). Use DecreaseRetentionPeriod API.")
    with refused("InvalidArgumentException") as refusal:
        kinesis.decrease_stream_retention_period(StreamName=stream, RetentionPeriodHours=49)
    assert refusal.message.endswith("(48 hours). Use IncreaseRetentionPeriod API.")
    with refused("InvalidArgumentException") as refusal:
        kinesis.decrease_stream_retention_period(StreamName=stream, RetentionPeriodHours=23)
    assert refusal.message.startswith("Minimum allowed retention period is 24 hours.")
    with refused("InvalidArgumentException"):
        kinesis.increase_stream_retention_period(StreamName=stream, RetentionPeriodHours=8761)
    assert hours() == 48


def test_puts_while_the_stream_is_resharded(kinesis, stream):
    """The answer names the shard that took the record, whatever is split or merged meanwhile."""
    began = time.time()
    for round in range(4):
        target = 4 if round % 2 == 0 else 2
        kinesis.update_shard_count(StreamName=stream, TargetShardCount=target, ScalingType="UNIFORM_SCALING")
        answer = kinesis.put_records(
            StreamName=stream,
            Records=[{"Data": b"x", "PartitionKey": f"{round}-{number}"} for number in range(50)],
        )
        still_open = {
            s["ShardId"] for s in shards(kinesis, stream) if "EndingSequenceNumber" not in s["SequenceNumberRange"]
        }
        assert {record["ShardId"] for record in answer["Records"]} <= still_open
    assert time.time() - began < 20
