"""Queue mappings with unmodified boto3: settings, scaling, FIFO queues, and destinations by our own page."""

import json
import time
import urllib.request

import pytest
from conftest import ACCOUNT, ENDPOINT, REGION, make_client, refused
from test_lambda_mappings import gone, settled

FUNCTION = "sdk-picky"


@pytest.fixture(scope="module")
def lambda_client():
    return make_client("lambda")


def arn(queue):
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"


@pytest.fixture
def queue(sqs, name):
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    yield name
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def mapping(lambda_client):
    made = []

    def make(queue, **settings):
        answer = lambda_client.create_event_source_mapping(
            FunctionName=FUNCTION, EventSourceArn=arn(queue), **settings
        )
        made.append(answer["UUID"])
        return answer

    yield make
    for uuid in made:
        settled(lambda_client, uuid)
        lambda_client.delete_event_source_mapping(UUID=uuid)
        assert gone(lambda_client, uuid)


def test_scaling_is_set_changed_and_cleared(lambda_client, queue, mapping):
    uuid = mapping(queue, ScalingConfig={"MaximumConcurrency": 2})["UUID"]
    assert settled(lambda_client, uuid)["ScalingConfig"] == {"MaximumConcurrency": 2}
    kept = lambda_client.update_event_source_mapping(UUID=uuid, BatchSize=5)
    assert kept["ScalingConfig"] == {"MaximumConcurrency": 2}
    settled(lambda_client, uuid)
    with refused("InvalidParameterValueException") as refusal:
        lambda_client.update_event_source_mapping(UUID=uuid, ProvisionedPollerConfig={"MinimumPollers": 2})
    assert refusal.message.startswith("Provisioned mode for SQS ESM does not support maximum concurrency")
    cleared = lambda_client.update_event_source_mapping(
        UUID=uuid, ScalingConfig={}, ProvisionedPollerConfig={"MinimumPollers": 2}
    )
    assert "ScalingConfig" not in cleared
    assert cleared["ProvisionedPollerConfig"] == {"MinimumPollers": 2, "MaximumPollers": 200}
    settled(lambda_client, uuid)
    assert "ProvisionedPollerConfig" not in lambda_client.update_event_source_mapping(
        UUID=uuid, ProvisionedPollerConfig={}
    )
    found = settled(lambda_client, uuid)
    assert found["State"] == "Enabled"
    assert "LastProcessingResult" not in found


@pytest.mark.parametrize(
    "settings, code, text",
    [
        ({"ScalingConfig": {"MaximumConcurrency": 1}}, "ValidationException", "greater than or equal to 2"),
        ({"ScalingConfig": {"MaximumConcurrency": 1001}}, "ValidationException", "less than or equal to 1000"),
        ({"ProvisionedPollerConfig": {}}, "InvalidParameterValueException", "Either MinimumPollers or MaximumPollers"),
        (
            {"ProvisionedPollerConfig": {"MinimumPollers": 5, "MaximumPollers": 3}},
            "InvalidParameterValueException",
            "MinimumPollers should be between [2, 200] and MaximumPollers should be between [MinimumPollers, 10000]",
        ),
        ({"BatchSize": 11}, "InvalidParameterValueException", "Maximum batch window in seconds"),
        ({"StartingPosition": "LATEST"}, "InvalidParameterValueException", "Unsupported StartingPosition parameter"),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": arn("any")}}},
            "InvalidParameterValueException",
            "Unsupported DestinationConfig parameter",
        ),
    ],
)
def test_refusals(lambda_client, queue, mapping, settings, code, text):
    with refused(code) as refusal:
        mapping(queue, **settings)
    assert text in refusal.message
    listed = lambda_client.list_event_source_mappings(EventSourceArn=arn(queue))
    assert listed["EventSourceMappings"] == []


def test_visibility_is_compared_when_the_function_is_named(sqs, lambda_client, name, mapping):
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
    with refused("InvalidParameterValueException") as refusal:
        mapping(name)
    assert refusal.message.startswith("Queue visibility timeout: 1 seconds is less than Function timeout:")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "30"})
    uuid = mapping(name)["UUID"]
    settled(lambda_client, uuid)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    assert lambda_client.update_event_source_mapping(UUID=uuid, BatchSize=5)["BatchSize"] == 5
    settled(lambda_client, uuid)
    with refused("InvalidParameterValueException"):
        lambda_client.update_event_source_mapping(UUID=uuid, FunctionName=FUNCTION)
    sqs.delete_queue(QueueUrl=url)


def test_duplicates(lambda_client, queue, mapping):
    uuid = mapping(queue)["UUID"]
    with refused("ResourceConflictException") as refusal:
        mapping(queue)
    assert refusal.message == (
        f'An event source mapping with SQS arn (" {arn(queue)} ") and function (" {FUNCTION} ") already exists. '
        f"Please update or delete the existing mapping with UUID {uuid}"
    )


@pytest.fixture
def fifo(sqs, name):
    url = sqs.create_queue(
        QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    )["QueueUrl"]
    yield f"{name}.fifo"
    sqs.delete_queue(QueueUrl=url)


def test_fifo_rules(lambda_client, fifo, mapping):
    with refused("InvalidParameterValueException") as refusal:
        mapping(fifo, BatchSize=11)
    assert refusal.message == "Batch size must not exceed 10 for FIFO queues"
    with refused("InvalidParameterValueException") as refusal:
        mapping(fifo, MaximumBatchingWindowInSeconds=1)
    assert refusal.message == "Batching window is not supported for FIFO queues"
    answer = mapping(fifo, ScalingConfig={"MaximumConcurrency": 1000})
    assert (answer["BatchSize"], answer["MaximumBatchingWindowInSeconds"]) == (10, 0)
    assert settled(lambda_client, answer["UUID"])["State"] == "Enabled"


def ask(method, uuid, what, body=None):
    request = urllib.request.Request(
        f"{ENDPOINT}/_millrace/mappings/{uuid}/{what}", method=method,
        data=None if body is None else json.dumps(body).encode(),
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def wait(sqs, name):
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10).get("Messages", [])
    assert found, "no report came"
    return json.loads(found[0]["Body"])


def test_reports_of_successes_and_failures(sqs, lambda_client, name, mapping):
    for suffix in ("dead", "reports"):
        sqs.create_queue(QueueName=f"{name}-{suffix}")
    policy = json.dumps({"deadLetterTargetArn": arn(f"{name}-dead"), "maxReceiveCount": 1})
    url = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy})["QueueUrl"]
    uuid = mapping(name, BatchSize=1)["UUID"]
    settled(lambda_client, uuid)
    for what in ("on-success", "on-failure"):
        assert ask("PUT", uuid, what, {"Destination": arn(f"{name}-reports")}) == {
            "Destination": arn(f"{name}-reports")
        }
        settled(lambda_client, uuid)
    sqs.send_message(QueueUrl=url, MessageBody="fine")
    report = wait(sqs, f"{name}-reports")
    assert report["requestContext"]["condition"] == "Success"
    assert [record["body"] for record in report["requestPayload"]["Records"]] == ["fine"]
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    report = wait(sqs, f"{name}-reports")
    assert report["requestContext"]["condition"] == "MaxReceiveCountExceeded"
    assert report["responseContext"]["functionError"] == "Unhandled"
    assert "errorMessage" in report["responsePayload"]
    assert [record["body"] for record in report["requestPayload"]["Records"]] == ["poison"]
    assert "DestinationConfig" not in lambda_client.get_event_source_mapping(UUID=uuid)
    for suffix in ("", "-dead", "-reports"):
        sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=name + suffix)["QueueUrl"])
