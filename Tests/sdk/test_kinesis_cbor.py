"""Kinesis as AWS's SDKs for Java speak it: application/x-amz-cbor-1.1.

boto3 has no such protocol, so this is a client of its own, on the wire like theirs: maps and lists without counts, as
Jackson writes them, blobs as byte strings, moments as whole milliseconds behind tag 1, signed with Signature Version 4.
"""

import http.client
import os
import time
import urllib.parse
from datetime import datetime, timezone

import cbor2
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.eventstream import EventStreamBuffer
from conftest import ENDPOINT, REGION

FIRST = "shardId-000000000000"


class Moment:
    """Milliseconds since 1970."""

    def __init__(self, milliseconds):
        self.milliseconds = milliseconds


def jackson(value):
    if isinstance(value, dict):
        return b"\xbf" + b"".join(cbor2.dumps(key) + jackson(item) for key, item in value.items()) + b"\xff"
    if isinstance(value, list):
        return b"\x9f" + b"".join(jackson(item) for item in value) + b"\xff"
    if isinstance(value, Moment):
        return b"\xc1" + cbor2.dumps(value.milliseconds)
    return cbor2.dumps(value)


class Fault(Exception):
    def __init__(self, status, body, headers):
        super().__init__(f"{status} {body}")
        self.status, self.body, self.headers = status, body, headers
        self.code = body["__type"]


def decode(body):
    """Reads CBOR; a moment must be a whole number behind tag 1, or Java's SDK would fail."""
    # Another tag than 1, for which cbor2 has a mind of its own: it takes the milliseconds for seconds.
    renamed = body.replace(b"\xc1\x1b\x00\x00\x01", b"\xd9\xee\x01\x1b\x00\x00\x01")
    return cbor2.loads(renamed, tag_hook=moment)


def moment(*arguments):
    # Versions of cbor2 hand over the tag at different places.
    tag = next(argument for argument in arguments if isinstance(argument, cbor2.CBORTag))
    assert tag.tag == 0xEE01 and isinstance(tag.value, int), tag
    return Moment(tag.value)


class JavaLikeClient:
    def __init__(self):
        self.endpoint = urllib.parse.urlsplit(ENDPOINT)
        self.connection = http.client.HTTPConnection(self.endpoint.hostname, self.endpoint.port, timeout=20)
        self.credentials = Credentials(
            os.environ.get("AWS_ACCESS_KEY_ID", "test"), os.environ.get("AWS_SECRET_ACCESS_KEY", "test")
        )

    def begin(self, operation, body):
        request = AWSRequest(
            method="POST",
            url=ENDPOINT + "/",
            data=body,
            headers={
                "Content-Type": "application/x-amz-cbor-1.1",
                "X-Amz-Target": f"Kinesis_20131202.{operation}",
                "amz-sdk-invocation-id": "5a1d3c1e-0000-4000-8000-000000000000",
                "amz-sdk-request": "attempt=1; max=4",
                "User-Agent": "aws-sdk-java/2.25.0 Linux",
            },
        )
        SigV4Auth(self.credentials, "kinesis", REGION).add_auth(request)
        self.connection.request("POST", "/", body, dict(request.headers))
        return self.connection.getresponse()

    def raw(self, operation, body):
        answer = self.begin(operation, body)
        content = answer.read()
        assert answer.headers["Content-Type"] == "application/x-amz-cbor-1.1"
        assert answer.headers["x-amzn-RequestId"]
        decoded = decode(content) if content else {}
        if answer.status != 200:
            raise Fault(answer.status, decoded, answer.headers)
        return decoded

    def call(self, operation, **arguments):
        return self.raw(operation, jackson(arguments))


@pytest.fixture
def java():
    client = JavaLikeClient()
    yield client
    client.connection.close()


@pytest.fixture
def stream(java, name):
    assert java.call("CreateStream", StreamName=name, ShardCount=1) == {}
    until = time.monotonic() + 10
    while java.call("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]["StreamStatus"] != "ACTIVE":
        assert time.monotonic() < until
        time.sleep(0.1)
    yield name
    java.call("DeleteStream", StreamName=name)


def read(java, stream, kind="TRIM_HORIZON", **arguments):
    start = java.call(
        "GetShardIterator", StreamName=stream, ShardId=FIRST, ShardIteratorType=kind, **arguments
    )["ShardIterator"]
    return java.call("GetRecords", ShardIterator=start, Limit=10000)


def test_bytes_come_back_as_they_were(java, stream):
    everything = bytes(range(256)) * 3
    put = java.call("PutRecord", StreamName=stream, PartitionKey="schlüssel", Data=everything)
    assert put["ShardId"] == FIRST
    empty = java.call("PutRecord", StreamName=stream, PartitionKey="k", Data=b"")
    records = read(java, stream)["Records"]
    assert [record["Data"] for record in records] == [everything, b""]
    assert [record["SequenceNumber"] for record in records] == [put["SequenceNumber"], empty["SequenceNumber"]]
    assert records[0]["PartitionKey"] == "schlüssel"


def test_arrival_is_in_milliseconds(java, stream):
    before = time.time_ns() // 1_000_000
    java.call("PutRecord", StreamName=stream, PartitionKey="k", Data=b"x")
    page = read(java, stream)
    arrival = page["Records"][0]["ApproximateArrivalTimestamp"]
    assert before - 1000 <= arrival.milliseconds <= time.time_ns() // 1_000_000 + 1000
    assert page["MillisBehindLatest"] == 0
    created = java.call("DescribeStream", StreamName=stream)["StreamDescription"]["StreamCreationTimestamp"]
    assert abs(created.milliseconds - before) < 60_000


def test_a_moment_finds_what_came_after_it(java, stream):
    for number in range(3):
        java.call("PutRecord", StreamName=stream, PartitionKey="k", Data=b"%d" % number)
        time.sleep(0.01)
    arrivals = [record["ApproximateArrivalTimestamp"] for record in read(java, stream)["Records"]]
    found = read(java, stream, "AT_TIMESTAMP", Timestamp=arrivals[1])["Records"]
    assert [record["Data"] for record in found] == [b"1", b"2"]


def test_many_records_at_once(java, stream):
    records = [{"PartitionKey": f"k{n}", "Data": b"%d" % n * 100} for n in range(500)]
    answer = java.call("PutRecords", StreamName=stream, Records=records)
    assert answer["FailedRecordCount"] == 0
    assert len(answer["Records"]) == 500
    assert [r["Data"] for r in read(java, stream)["Records"]] == [r["Data"] for r in records]


def test_what_java_wrote_boto3_reads(java, kinesis, stream):
    java.call("PutRecord", StreamName=stream, PartitionKey="k", Data=b"\x00\xffboth")
    start = kinesis.get_shard_iterator(StreamName=stream, ShardId=FIRST, ShardIteratorType="TRIM_HORIZON")
    record = kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"][0]
    assert record["Data"] == b"\x00\xffboth"
    seen = read(java, stream)["Records"][0]["ApproximateArrivalTimestamp"]
    assert datetime.fromtimestamp(seen.milliseconds / 1000, timezone.utc) == record["ApproximateArrivalTimestamp"]


def test_lists(java, stream):
    shards = java.call("ListShards", StreamName=stream)["Shards"]
    assert [shard["ShardId"] for shard in shards] == [FIRST]
    assert stream in java.call("ListStreams", Limit=10000)["StreamNames"]


def test_errors_are_in_cbor_with_code_and_message(java, name, stream):
    with pytest.raises(Fault) as missing:
        java.call("DescribeStream", StreamName=name + "-none")
    assert (missing.value.status, missing.value.code) == (400, "ResourceNotFoundException")
    assert name + "-none" in missing.value.body["message"]
    with pytest.raises(Fault) as twice:
        java.call("CreateStream", StreamName=stream, ShardCount=1)
    assert twice.value.code == "ResourceInUseException"
    with pytest.raises(Fault) as invalid:
        java.call("PutRecord", StreamName=stream, Data=b"x")
    assert invalid.value.code == "ValidationException"
    with pytest.raises(Fault) as unknown:
        java.call("NoSuchOperation")
    assert unknown.value.status == 501


@pytest.mark.parametrize(
    "body", [b"\xbf", b"{}", b"\xa1\x01\x02", b"\xff", b"\x9f" * 1000, b"\xa1\x61\xff\x01", b"\xa0\xa0"]
)
def test_what_is_no_cbor_is_refused_and_changes_nothing(java, stream, body):
    with pytest.raises(Fault) as fault:
        java.raw("PutRecord", body)
    assert (fault.value.status, fault.value.code) == (400, "SerializationException")
    assert read(java, stream)["Records"] == []


def test_text_is_no_data(java, stream):
    with pytest.raises(Fault) as fault:
        java.call("PutRecord", StreamName=stream, PartitionKey="k", Data="dGV4dA==")
    assert fault.value.code == "SerializationException"


def messages(answer):
    """The messages of an event stream as they come: headers and CBOR payload."""
    buffer = EventStreamBuffer()
    while True:
        piece = answer.read1(65536)
        if not piece:
            return
        buffer.add_data(piece)
        for message in buffer:
            yield message.headers, decode(message.payload)


def test_subscriptions_push_cbor(java, stream):
    java.call("PutRecord", StreamName=stream, PartitionKey="k", Data=b"\x00before")
    arn = java.call("DescribeStreamSummary", StreamName=stream)["StreamDescriptionSummary"]["StreamARN"]
    consumer = java.call("RegisterStreamConsumer", StreamARN=arn, ConsumerName="java")["Consumer"]
    until = time.monotonic() + 10
    while (
        java.call("DescribeStreamConsumer", ConsumerARN=consumer["ConsumerARN"])["ConsumerDescription"][
            "ConsumerStatus"
        ]
        != "ACTIVE"
    ):
        assert time.monotonic() < until
        time.sleep(0.1)
    subscriber = JavaLikeClient()
    answer = subscriber.begin(
        "SubscribeToShard",
        jackson(
            {
                "ConsumerARN": consumer["ConsumerARN"],
                "ShardId": FIRST,
                "StartingPosition": {"Type": "TRIM_HORIZON"},
            }
        ),
    )
    assert answer.headers["Content-Type"] == "application/vnd.amazon.eventstream"
    received = []
    for headers, payload in messages(answer):
        assert headers[":content-type"] == "application/cbor"
        if headers[":event-type"] == "initial-response":
            java.call("PutRecord", StreamName=stream, PartitionKey="k", Data=b"\xffafter")
            continue
        for record in payload["Records"]:
            assert abs(record["ApproximateArrivalTimestamp"].milliseconds / 1000 - time.time()) < 60
            received.append(record["Data"])
        if len(received) == 2:
            break
    assert received == [b"\x00before", b"\xffafter"]
    subscriber.connection.close()
    java.call("DeregisterStreamConsumer", ConsumerARN=consumer["ConsumerARN"])
