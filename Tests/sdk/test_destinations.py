"""Destinations of stream mappings: queue, topic and bucket, for failures and, by our own page, for successes."""

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


@pytest.fixture(scope="module")
def s3():
    return make_client("s3")


@pytest.fixture(scope="module")
def sns():
    return make_client("sns")


@pytest.fixture
def stream(kinesis, name):
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 0.05})
    yield name
    kinesis.delete_stream(StreamName=name)


@pytest.fixture
def mapping(lambda_client, stream):
    made = []

    def make(**settings):
        answer = lambda_client.create_event_source_mapping(
            FunctionName=FUNCTION, EventSourceArn=f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{stream}",
            StartingPosition="TRIM_HORIZON", MaximumRetryAttempts=0, **settings,
        )
        made.append(answer["UUID"])
        return settled(lambda_client, answer["UUID"])

    yield make
    for uuid in made:
        settled(lambda_client, uuid)
        lambda_client.delete_event_source_mapping(UUID=uuid)
        assert gone(lambda_client, uuid)


class Queue:
    """Reports as messages, from a topic or directly."""

    def __init__(self, sqs, name):
        self.sqs = sqs
        self.arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        self.url = sqs.create_queue(QueueName=name)["QueueUrl"]

    def wait(self):
        found = self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=10).get("Messages", [])
        assert found, "no report came"
        return json.loads(found[0]["Body"])


@pytest.fixture
def queue(sqs, name):
    queue = Queue(sqs, f"{name}-reports")
    yield queue
    sqs.delete_queue(QueueUrl=queue.url)


@pytest.fixture
def bucket(s3, name):
    s3.create_bucket(Bucket=name)
    yield name
    for entry in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=entry["Key"])
    s3.delete_bucket(Bucket=name)


def first_object(s3, bucket, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        if found:
            return found[0]["Key"], s3.get_object(Bucket=bucket, Key=found[0]["Key"])
        time.sleep(0.05)
    raise AssertionError("no report came")


def put(kinesis, stream, data):
    return kinesis.put_record(StreamName=stream, PartitionKey="k", Data=data)["SequenceNumber"]


def check(report, sequence):
    assert list(report)[:4] == ["requestContext", "responseContext", "version", "timestamp"]
    assert report["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert report["requestContext"]["approximateInvokeCount"] == 1
    assert report["responseContext"]["functionError"] == "Unhandled"
    assert report["KinesisBatchInfo"]["startSequenceNumber"] == sequence


def test_failures_go_to_a_queue(kinesis, stream, mapping, queue):
    mapping(DestinationConfig={"OnFailure": {"Destination": queue.arn}})
    sequence = put(kinesis, stream, b"poison")
    report = queue.wait()
    check(report, sequence)
    assert "payload" not in report


def test_failures_go_to_a_topic(kinesis, sns, stream, mapping, queue, name):
    topic = sns.create_topic(Name=name)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    made = mapping(DestinationConfig={"OnFailure": {"Destination": topic}})
    assert made["DestinationConfig"] == {"OnFailure": {"Destination": topic}}
    sequence = put(kinesis, stream, b"poison")
    envelope = queue.wait()
    assert envelope["TopicArn"] == topic
    check(json.loads(envelope["Message"]), sequence)
    sns.delete_topic(TopicArn=topic)


def test_failures_go_to_a_bucket(kinesis, s3, stream, mapping, bucket):
    uuid = mapping(DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}})["UUID"]
    sequence = put(kinesis, stream, b"poison")
    key, answer = first_object(s3, bucket)
    day = time.strftime("%Y/%m/%d", time.gmtime())
    assert key.startswith(f"aws/lambda/{uuid}/shardId-000000000000/{day}/")
    assert answer["ContentType"] == "application/octet-stream"
    report = json.loads(answer["Body"].read())
    check(report, sequence)
    event = json.loads(report["payload"])
    assert event["Records"][0]["kinesis"]["sequenceNumber"] == sequence


def test_a_destination_has_to_be_there(lambda_client, stream):
    for arn, noun in [
        (f"arn:aws:sqs:{REGION}:{ACCOUNT}:nobody", "queue"), (f"arn:aws:sns:{REGION}:{ACCOUNT}:nobody", "topic"),
        ("arn:aws:s3:::nobody-here", "bucket"),
    ]:
        with refused("InvalidParameterValueException") as refusal:
            lambda_client.create_event_source_mapping(
                FunctionName=FUNCTION, EventSourceArn=f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{stream}",
                StartingPosition="LATEST", DestinationConfig={"OnFailure": {"Destination": arn}},
            )
        assert refusal.message == f"The destination ARN {arn} is invalid: the {noun} does not exist."


def on_success(uuid, method="GET", destination=None):
    body = None if destination is None else json.dumps({"Destination": destination}).encode()
    request = urllib.request.Request(
        f"{ENDPOINT}/_millrace/mappings/{uuid}/on-success", data=body, method=method
    )
    return json.loads(urllib.request.urlopen(request).read())["Destination"]


def test_successes_by_our_own_page(kinesis, lambda_client, stream, mapping, queue):
    uuid = mapping()["UUID"]
    assert on_success(uuid) is None
    with refused("InvalidParameterValueException") as refusal:
        lambda_client.update_event_source_mapping(
            UUID=uuid, DestinationConfig={"OnSuccess": {"Destination": queue.arn}}
        )
    assert refusal.message == "Unsupported DestinationConfig parameter for given event source mapping type."
    assert on_success(uuid, "PUT", queue.arn) == queue.arn
    settled(lambda_client, uuid)
    sequence = put(kinesis, stream, b"fine")
    report = queue.wait()
    assert report["requestContext"]["condition"] == "Success"
    assert report["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert report["responsePayload"] == {"handled": 1}
    assert report["KinesisBatchInfo"]["endSequenceNumber"] == sequence
    assert on_success(uuid, "DELETE") is None
    assert on_success(uuid) is None
