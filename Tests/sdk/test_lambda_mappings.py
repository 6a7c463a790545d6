"""Event source mappings through an unmodified SDK.

The daemon is started with `--template Tests/sdk/template.yaml`, which declares the function.
"""

import time

import pytest
from botocore.exceptions import ClientError
from conftest import make_client


@pytest.fixture(scope="session")
def dynamodb():
    return make_client("dynamodb")


@pytest.fixture(scope="session")
def lambda_client():
    return make_client("lambda")

FUNCTION = "sdk-echo"


def settled(client, uuid, seconds=10):
    """The mapping once it has left its transition."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        mapping = client.get_event_source_mapping(UUID=uuid)
        if mapping["State"] in ("Enabled", "Disabled"):
            return mapping
        time.sleep(0.02)
    raise AssertionError(f"mapping {uuid} stays {mapping['State']}")


def gone(client, uuid, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            client.get_event_source_mapping(UUID=uuid)
        except client.exceptions.ResourceNotFoundException:
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def function(lambda_client):
    lambda_client.get_function(FunctionName=FUNCTION)
    return FUNCTION


@pytest.fixture
def queue_arn(sqs, name):
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    yield sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def mapping(lambda_client, function, queue_arn):
    created = lambda_client.create_event_source_mapping(FunctionName=function, EventSourceArn=queue_arn)
    yield settled(lambda_client, created["UUID"])
    try:
        settled(lambda_client, created["UUID"])
        lambda_client.delete_event_source_mapping(UUID=created["UUID"])
    except lambda_client.exceptions.ResourceNotFoundException:
        pass


def test_a_queue_mapping_has_exactly_its_members(lambda_client, mapping):
    assert set(mapping) - {"ResponseMetadata"} == {
        "UUID", "BatchSize", "MaximumBatchingWindowInSeconds", "EventSourceArn", "FunctionArn", "LastModified",
        "State", "StateTransitionReason", "FunctionResponseTypes", "EventSourceMappingArn",
    }
    assert mapping["State"] == "Enabled"
    assert mapping["StateTransitionReason"] == "USER_INITIATED"
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (10, 0)


def test_it_is_updated_disabled_and_deleted(lambda_client, mapping):
    uuid = mapping["UUID"]
    assert lambda_client.update_event_source_mapping(UUID=uuid, BatchSize=5)["State"] == "Updating"
    assert settled(lambda_client, uuid)["BatchSize"] == 5
    assert lambda_client.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"
    assert settled(lambda_client, uuid)["State"] == "Disabled"
    assert lambda_client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    assert gone(lambda_client, uuid)


def test_duplicates_are_conflicts(lambda_client, function, mapping):
    with pytest.raises(lambda_client.exceptions.ResourceConflictException) as caught:
        lambda_client.create_event_source_mapping(FunctionName=function, EventSourceArn=mapping["EventSourceArn"])
    assert mapping["UUID"] in caught.value.response["Error"]["Message"]


def test_lists_are_paginated_and_filtered(lambda_client, mapping):
    pages = lambda_client.get_paginator("list_event_source_mappings").paginate(
        EventSourceArn=mapping["EventSourceArn"])
    assert [found["UUID"] for page in pages for found in page["EventSourceMappings"]] == [mapping["UUID"]]


def test_tags(lambda_client, mapping):
    arn = mapping["EventSourceMappingArn"]
    lambda_client.tag_resource(Resource=arn, Tags={"team": "mill"})
    assert lambda_client.list_tags(Resource=arn)["Tags"] == {"team": "mill"}
    lambda_client.untag_resource(Resource=arn, TagKeys=["team", "other"])
    assert lambda_client.list_tags(Resource=arn)["Tags"] == {}


def test_a_table_stream_mapping_has_the_stream_members(lambda_client, dynamodb, function, name):
    arn = dynamodb.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]["LatestStreamArn"]
    created = lambda_client.create_event_source_mapping(
        FunctionName=function, EventSourceArn=arn, StartingPosition="TRIM_HORIZON", BatchSize=101,
        ParallelizationFactor=4)
    assert created["State"] == "Creating"
    assert created["LastProcessingResult"] == "No records processed"
    assert created["DestinationConfig"] == {"OnFailure": {}}
    assert (created["MaximumRetryAttempts"], created["MaximumRecordAgeInSeconds"]) == (-1, -1)
    assert created["ParallelizationFactor"] == 4
    settled(lambda_client, created["UUID"])
    assert lambda_client.update_event_source_mapping(
        UUID=created["UUID"], ParallelizationFactor=2)["ParallelizationFactor"] == 2
    assert settled(lambda_client, created["UUID"])["ParallelizationFactor"] == 2
    with pytest.raises(lambda_client.exceptions.InvalidParameterValueException):
        lambda_client.update_event_source_mapping(UUID=created["UUID"], TumblingWindowInSeconds=30)
    lambda_client.update_event_source_mapping(
        UUID=created["UUID"], ParallelizationFactor=1, TumblingWindowInSeconds=30)
    assert settled(lambda_client, created["UUID"])["TumblingWindowInSeconds"] == 30
    lambda_client.delete_event_source_mapping(UUID=created["UUID"])
    assert gone(lambda_client, created["UUID"])
    dynamodb.delete_table(TableName=name)


def test_filters_are_echoed_kept_and_cleared(lambda_client, function, queue_arn):
    filters = {"Filters": [{"Pattern": ' {"body" : {"kind": ["a", {"prefix": "\\u00e9"}]}}'}, {"Pattern": '{"body":["x"]}'}]}
    created = lambda_client.create_event_source_mapping(
        FunctionName=function, EventSourceArn=queue_arn, FilterCriteria=filters)
    uuid = created["UUID"]
    assert created["FilterCriteria"] == filters
    assert settled(lambda_client, uuid)["FilterCriteria"] == filters
    updated = lambda_client.update_event_source_mapping(UUID=uuid, BatchSize=5)
    assert updated["FilterCriteria"] == filters
    settled(lambda_client, uuid)
    with pytest.raises(lambda_client.exceptions.InvalidParameterValueException) as caught:
        lambda_client.update_event_source_mapping(
            UUID=uuid, FilterCriteria={"Filters": [{"Pattern": '{"body": []}'}]})
    assert caught.value.response["Error"]["Message"] == "Invalid filter pattern definition."
    assert "FilterCriteria" not in lambda_client.update_event_source_mapping(UUID=uuid, FilterCriteria={})
    assert "FilterCriteria" not in settled(lambda_client, uuid)
    lambda_client.delete_event_source_mapping(UUID=uuid)
    assert gone(lambda_client, uuid)


def test_messages_that_match_no_filter_are_deleted(lambda_client, sqs, function, name):
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    created = lambda_client.create_event_source_mapping(
        FunctionName=function, EventSourceArn=arn,
        FilterCriteria={"Filters": [{"Pattern": '{"messageAttributes":{"kind":{"stringValue":["wanted"]}}}'}]})
    settled(lambda_client, created["UUID"])
    for _ in range(20):
        sqs.send_message(QueueUrl=url, MessageBody="not wanted")
    deadline = time.monotonic() + 10
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    while time.monotonic() < deadline:
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        if set(counts.values()) == {"0"}:
            break
        time.sleep(0.02)
    assert set(counts.values()) == {"0"}
    lambda_client.delete_event_source_mapping(UUID=created["UUID"])
    assert gone(lambda_client, created["UUID"])
    sqs.delete_queue(QueueUrl=url)


@pytest.mark.parametrize("setting", [{"KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k"}])
def test_what_is_not_enforced_is_refused_by_name(lambda_client, function, queue_arn, setting):
    with pytest.raises(ClientError) as caught:
        lambda_client.create_event_source_mapping(FunctionName=function, EventSourceArn=queue_arn, **setting)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert next(iter(setting)) in caught.value.response["Error"]["Message"]
    listed = lambda_client.list_event_source_mappings(EventSourceArn=queue_arn)
    assert listed["EventSourceMappings"] == []


def test_aws_errors_are_modelled_exceptions(lambda_client, function):
    with pytest.raises(lambda_client.exceptions.ResourceNotFoundException) as caught:
        lambda_client.get_event_source_mapping(UUID="00000000-0000-4000-8000-000000000000")
    assert caught.value.response["Message"] == "The resource you requested does not exist."
    with pytest.raises(lambda_client.exceptions.InvalidParameterValueException) as caught:
        lambda_client.create_event_source_mapping(
            FunctionName=function, EventSourceArn="arn:aws:sqs:us-east-1:000000000000:gone")
    assert "AWS.SimpleQueueService.NonExistentQueue" in caught.value.response["Error"]["Message"]
    with pytest.raises(ClientError) as caught:
        lambda_client.create_event_source_mapping(
            FunctionName=function, EventSourceArn="arn:aws:sqs:us-east-1:000000000000:gone", BatchSize=20000)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
