"""What describes and sets Kinesis streams, beside the way of records."""

import json
import time
from datetime import datetime, timedelta, timezone

import pytest
from conftest import ACCOUNT, REGION, make_client, refused

FIRST = "shardId-000000000000"
HIGHEST = str(2**128 - 1)


@pytest.fixture
def stream(kinesis, name):
    kinesis.create_stream(StreamName=name, ShardCount=1)
    yield name
    kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)


@pytest.fixture
def arn(stream):
    return f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{stream}"


def summary(kinesis, stream):
    return kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]


def pairs(tags):
    return {tag["Key"]: tag["Value"] for tag in tags}


# Tags


def test_tags_of_a_stream(kinesis, stream, arn):
    kinesis.add_tags_to_stream(StreamName=stream, Tags={"team": "red", "empty": ""})
    kinesis.tag_resource(ResourceARN=arn, Tags={"stage": "test", "team": "blue"})
    expected = {"team": "blue", "empty": "", "stage": "test"}
    assert pairs(kinesis.list_tags_for_stream(StreamName=stream)["Tags"]) == expected
    assert pairs(kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"]) == expected
    kinesis.remove_tags_from_stream(StreamARN=arn, TagKeys=["empty"])
    kinesis.untag_resource(ResourceARN=arn, TagKeys=["stage", "never there"])
    assert pairs(kinesis.list_tags_for_stream(StreamARN=arn)["Tags"]) == {"team": "blue"}


def test_tags_come_in_pages(kinesis, stream):
    kinesis.add_tags_to_stream(StreamName=stream, Tags={f"key-{index}": "v" for index in range(5)})
    page = kinesis.list_tags_for_stream(StreamName=stream, Limit=3)
    assert [tag["Key"] for tag in page["Tags"]] == ["key-0", "key-1", "key-2"]
    assert page["HasMoreTags"] is True
    page = kinesis.list_tags_for_stream(StreamName=stream, Limit=3, ExclusiveStartTagKey="key-2")
    assert [tag["Key"] for tag in page["Tags"]] == ["key-3", "key-4"]
    assert page["HasMoreTags"] is False


def test_tags_given_at_the_creation(kinesis, name):
    kinesis.create_stream(StreamName=name, ShardCount=1, Tags={"made": "with"}, MaxRecordSizeInKiB=2048)
    assert pairs(kinesis.list_tags_for_stream(StreamName=name)["Tags"]) == {"made": "with"}
    assert summary(kinesis, name)["MaxRecordSizeInKiB"] == 2048
    kinesis.delete_stream(StreamName=name)


def test_more_than_fifty_tags(kinesis, stream):
    kinesis.add_tags_to_stream(StreamName=stream, Tags={f"{index}": "" for index in range(50)})
    with refused("InvalidArgumentException") as refusal:
        kinesis.add_tags_to_stream(StreamName=stream, Tags={"one more": ""})
    assert "cannot have more than 50 tags" in refusal.message
    assert len(kinesis.list_tags_for_stream(StreamName=stream)["Tags"]) == 50


def test_tags_with_wrong_characters(kinesis, stream, arn):
    for tags in [{"a*": "b"}, {"a": "<b>"}]:
        with refused("InvalidArgumentException") as refusal:
            kinesis.tag_resource(ResourceARN=arn, Tags=tags)
        assert "illegal characters" in refusal.message
    assert kinesis.list_tags_for_stream(StreamName=stream)["Tags"] == []


def test_tags_of_what_is_not_there(kinesis):
    missing = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/nowhere"
    with refused("ResourceNotFoundException"):
        kinesis.tag_resource(ResourceARN=missing, Tags={"a": "b"})
    with refused("ResourceNotFoundException"):
        kinesis.add_tags_to_stream(StreamName="nowhere", Tags={"a": "b"})
    with refused("ValidationException"):
        kinesis.tag_resource(ResourceARN="arn:aws:sqs:us-east-1:000000000000:queue", Tags={"a": "b"})


# Encryption


def test_encryption_is_told(kinesis, stream):
    before = kinesis.put_record(StreamName=stream, Data=b"plain", PartitionKey="k")
    assert "EncryptionType" not in before
    time.sleep(0.05)
    kinesis.start_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    found = summary(kinesis, stream)
    assert (found["EncryptionType"], found["KeyId"]) == ("KMS", "alias/aws/kinesis")
    time.sleep(0.05)
    assert kinesis.put_record(StreamName=stream, Data=b"a", PartitionKey="k")["EncryptionType"] == "KMS"
    batch = kinesis.put_records(StreamName=stream, Records=[{"Data": b"b", "PartitionKey": "k"}])
    assert batch["EncryptionType"] == "KMS"
    time.sleep(0.05)
    kinesis.stop_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    assert summary(kinesis, stream)["EncryptionType"] == "NONE"
    time.sleep(0.05)
    kinesis.put_record(StreamName=stream, Data=b"plain again", PartitionKey="k")
    start = kinesis.get_shard_iterator(StreamName=stream, ShardId=FIRST, ShardIteratorType="TRIM_HORIZON")
    records = kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]
    assert [record.get("EncryptionType") for record in records] == [None, "KMS", "KMS", None]


def test_encryption_is_kms_only(kinesis, stream):
    with refused("InvalidArgumentException"):
        kinesis.start_stream_encryption(StreamName=stream, EncryptionType="NONE", KeyId="x")
    with refused("ValidationException"):
        kinesis.start_stream_encryption(StreamName=stream, EncryptionType="KMS", KeyId="")
    assert summary(kinesis, stream)["EncryptionType"] == "NONE"


# Monitoring


def test_enhanced_monitoring(kinesis, stream, arn):
    answer = kinesis.enable_enhanced_monitoring(StreamName=stream, ShardLevelMetrics=["OutgoingBytes"])
    assert answer["StreamName"] == stream and answer["StreamARN"] == arn
    assert answer["CurrentShardLevelMetrics"] == []
    assert answer["DesiredShardLevelMetrics"] == ["OutgoingBytes"]
    answer = kinesis.enable_enhanced_monitoring(StreamARN=arn, ShardLevelMetrics=["ALL"])
    assert len(answer["DesiredShardLevelMetrics"]) == 7
    answer = kinesis.disable_enhanced_monitoring(StreamName=stream, ShardLevelMetrics=["IncomingBytes"])
    assert len(answer["CurrentShardLevelMetrics"]) == 7
    assert len(answer["DesiredShardLevelMetrics"]) == 6
    described = kinesis.describe_stream(StreamName=stream)["StreamDescription"]["EnhancedMonitoring"]
    assert described == [{"ShardLevelMetrics": answer["DesiredShardLevelMetrics"]}]
    with refused("ValidationException"):
        kinesis.enable_enhanced_monitoring(StreamName=stream, ShardLevelMetrics=["Nonsense"])


# Mode, limits, record size


def test_mode(kinesis, stream, arn):
    kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    assert summary(kinesis, stream)["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert kinesis.describe_limits()["OnDemandStreamCount"] >= 1
    kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": "PROVISIONED"})
    assert summary(kinesis, stream)["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}
    with refused("ValidationException"):
        kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": "WILD"})


def test_limits(kinesis, stream):
    limits = kinesis.describe_limits()
    assert 1 <= limits["OpenShardCount"] <= limits["ShardLimit"]
    assert limits["OnDemandStreamCount"] <= limits["OnDemandStreamCountLimit"]


def test_account_settings(kinesis):
    settings = kinesis.describe_account_settings()
    assert settings["MinimumThroughputBillingCommitment"]["Status"] == "DISABLED"


def test_record_size(kinesis, stream, arn):
    with refused("ValidationException"):
        kinesis.put_record(StreamName=stream, Data=bytes(1024 * 1024), PartitionKey="k")
    kinesis.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=10240)
    assert summary(kinesis, stream)["MaxRecordSizeInKiB"] == 10240
    kinesis.put_record(StreamName=stream, Data=bytes(10 * 1024 * 1024 - 1), PartitionKey="k")
    with refused("ValidationException"):
        kinesis.put_record(StreamName=stream, Data=bytes(10 * 1024 * 1024), PartitionKey="k")
    start = kinesis.get_shard_iterator(StreamName=stream, ShardId=FIRST, ShardIteratorType="TRIM_HORIZON")
    records = kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]
    assert [len(record["Data"]) for record in records] == [10 * 1024 * 1024 - 1]
    for size in [1023, 10241]:
        with refused("ValidationException"):
            kinesis.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=size)


# Policies


def test_policy(kinesis, stream, arn):
    policy = json.dumps(
        {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kinesis:GetRecords", "Resource": arn}]}
    )
    with refused("ResourceNotFoundException"):
        kinesis.get_resource_policy(ResourceARN=arn)
    kinesis.put_resource_policy(ResourceARN=arn, Policy=policy)
    assert kinesis.get_resource_policy(ResourceARN=arn)["Policy"] == policy
    with refused("InvalidArgumentException"):
        kinesis.put_resource_policy(ResourceARN=arn, Policy="not json")
    assert kinesis.get_resource_policy(ResourceARN=arn)["Policy"] == policy
    kinesis.delete_resource_policy(ResourceARN=arn)
    with refused("ResourceNotFoundException"):
        kinesis.delete_resource_policy(ResourceARN=arn)


# Lists


def test_streams_come_in_pages(kinesis, name):
    made = [f"{name}-{index}" for index in range(3)]
    for each in made:
        kinesis.create_stream(StreamName=each, ShardCount=1)
    page = kinesis.list_streams(ExclusiveStartStreamName=name, Limit=2)
    assert page["StreamNames"] == made[:2] and page["HasMoreStreams"] is True
    assert [each["StreamName"] for each in page["StreamSummaries"]] == made[:2]
    rest = kinesis.list_streams(NextToken=page["NextToken"], Limit=1)
    assert rest["StreamNames"] == made[2:]
    with refused("InvalidArgumentException"):
        kinesis.list_streams(NextToken="nonsense")
    for each in made:
        kinesis.delete_stream(StreamName=each)


def test_shards_come_in_pages_of_their_filter(kinesis, name):
    kinesis.create_stream(StreamName=name, ShardCount=5)
    after = {"Type": "AFTER_SHARD_ID", "ShardId": FIRST}
    page = kinesis.list_shards(StreamName=name, MaxResults=2, ShardFilter=after)
    assert [shard["ShardId"][-1] for shard in page["Shards"]] == ["1", "2"]
    page = kinesis.list_shards(NextToken=page["NextToken"], MaxResults=2)
    assert [shard["ShardId"][-1] for shard in page["Shards"]] == ["3", "4"]
    assert "NextToken" not in page
    described = kinesis.describe_stream(StreamName=name, Limit=3, ExclusiveStartShardId=FIRST)
    found = described["StreamDescription"]
    assert [shard["ShardId"][-1] for shard in found["Shards"]] == ["1", "2", "3"]
    assert found["HasMoreShards"] is True
    kinesis.delete_stream(StreamName=name)


def test_shard_filters_of_time(kinesis, stream):
    created = summary(kinesis, stream)["StreamCreationTimestamp"]
    early = created - timedelta(hours=1)
    late = datetime.now(timezone.utc) + timedelta(seconds=2)
    for kind in ["AT_TIMESTAMP", "FROM_TIMESTAMP"]:
        for moment in [early, late]:
            found = kinesis.list_shards(StreamName=stream, ShardFilter={"Type": kind, "Timestamp": moment})
            assert [shard["ShardId"] for shard in found["Shards"]] == [FIRST]
    for wrong in [
        {"Type": "AT_TIMESTAMP"},
        {"Type": "AFTER_SHARD_ID"},
        {"Type": "AT_LATEST", "ShardId": FIRST},
        {"Type": "AT_LATEST", "Timestamp": late},
    ]:
        with refused("InvalidArgumentException"):
            kinesis.list_shards(StreamName=stream, ShardFilter=wrong)


def test_the_creation_tells_streams_of_one_name_apart(kinesis, stream):
    created = summary(kinesis, stream)["StreamCreationTimestamp"]
    assert kinesis.list_shards(StreamName=stream, StreamCreationTimestamp=created)["Shards"]
    with refused("ResourceNotFoundException"):
        kinesis.list_shards(StreamName=stream, StreamCreationTimestamp=created - timedelta(seconds=5))


# Dry runs and what is not there


def test_dry_runs_change_nothing(kinesis, stream):
    with refused("DryRunOperationException"):
        kinesis.put_record(StreamName=stream, Data=b"x", PartitionKey="k", DryRun=True)
    with refused("DryRunOperationException"):
        kinesis.put_records(StreamName=stream, Records=[{"Data": b"x", "PartitionKey": "k"}], DryRun=True)
    start = kinesis.get_shard_iterator(StreamName=stream, ShardId=FIRST, ShardIteratorType="TRIM_HORIZON")
    with refused("DryRunOperationException"):
        kinesis.get_records(ShardIterator=start["ShardIterator"], DryRun=True)
    assert kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"] == []


def test_every_operation_is_there_or_refused_by_name(kinesis):
    missing = []
    for operation in kinesis.meta.service_model.operation_names:
        method = next(key for key, value in kinesis.meta.method_to_api_mapping.items() if value == operation)
        try:
            getattr(kinesis, method)()
        except kinesis.exceptions.ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 501), error
            if error.response["Error"]["Code"] == "UnsupportedOperation":
                assert operation in error.response["Error"]["Message"]
                missing.append(operation)
    queues_and_channels = [each for each in missing if "Queue" in each or "Channel" in each]
    others = sorted(set(missing) - set(queues_and_channels))
    assert others == [
        "UpdateAccountSettings", "UpdateStreamRecordDistributionStrategy", "UpdateStreamWarmThroughput",
    ], others
