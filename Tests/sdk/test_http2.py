"""The daemon over HTTP/2 in clear text, as asynchronous SDKs speak it; the other side is the library h2 on a socket."""

import base64
import json
import socket
import time
import urllib.parse

import h2.connection
import h2.events
import pytest
from botocore.eventstream import EventStreamBuffer
from conftest import ENDPOINT


class Answer:
    def __init__(self):
        self.status, self.headers, self.body, self.error, self.is_complete = 0, {}, b"", None, False

    def json(self):
        return json.loads(self.body)


class Client:
    """One connection with any number of requests under way."""

    def __init__(self):
        endpoint = urllib.parse.urlsplit(ENDPOINT)
        self.authority = endpoint.netloc
        self.socket = socket.create_connection((endpoint.hostname, endpoint.port), timeout=25)
        self.http2 = h2.connection.H2Connection()
        self.http2.initiate_connection()
        self.http2.increment_flow_control_window(1 << 24)
        self.answers = {}
        self.flush()

    def flush(self):
        self.socket.sendall(self.http2.data_to_send())

    def send(self, path, body=None, **headers):
        stream = self.http2.get_next_available_stream_id()
        self.answers[stream] = Answer()
        fields = [(":method", "GET" if body is None else "POST"), (":scheme", "http"), (":path", path)]
        fields += [(":authority", self.authority)] + [(n.replace("_", "-"), v) for n, v in headers.items()]
        self.http2.send_headers(stream, fields, end_stream=body is None)
        rest = body or b""
        while rest:
            room = min(self.http2.local_flow_control_window(stream), self.http2.max_outbound_frame_size)
            if room == 0:
                self.flush()
                self.read()
                continue
            self.http2.send_data(stream, rest[:room], end_stream=len(rest) <= room)
            rest = rest[room:]
        self.flush()
        return stream

    def read(self):
        received = self.socket.recv(1 << 18)
        assert received, "the server closed the connection"
        for event in self.http2.receive_data(received):
            if isinstance(event, h2.events.ResponseReceived):
                answer = self.answers[event.stream_id]
                answer.headers = {str(n, "ascii"): str(v, "ascii") for n, v in event.headers}
                answer.status = int(answer.headers[":status"])
            elif isinstance(event, h2.events.DataReceived):
                self.answers[event.stream_id].body += event.data
                self.http2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                self.answers[event.stream_id].is_complete = True
            elif isinstance(event, h2.events.StreamReset):
                self.answers[event.stream_id].error = event.error_code
            assert not isinstance(event, h2.events.ConnectionTerminated), event
        self.flush()

    def wait(self, stream):
        answer = self.answers[stream]
        while not answer.is_complete and answer.error is None:
            self.read()
        return answer

    def start(self, target, body):
        return self.send("/", json.dumps(body).encode(), x_amz_target=target)

    def call(self, target, body):
        return self.wait(self.start(target, body))


@pytest.fixture
def client():
    client = Client()
    yield client
    client.socket.close()


def test_calls_and_errors(client, name):
    assert client.call("Kinesis_20131202.ListStreams", {}).json()["HasMoreStreams"] is False
    missing = client.call("Kinesis_20131202.DescribeStreamSummary", {"StreamName": name})
    assert (missing.status, missing.json()["__type"]) == (400, "ResourceNotFoundException")
    assert client.wait(client.send("/nowhere")).status == 404
    assert client.wait(client.send("/healthz")).status == 200


def test_large_bodies(client, kinesis, name):
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    data = [bytes([n]) * 900_000 for n in range(4)]
    records = [{"PartitionKey": "k", "Data": base64.b64encode(piece).decode()} for piece in data]
    put = client.call("Kinesis_20131202.PutRecords", {"StreamName": name, "Records": records})
    assert put.json()["FailedRecordCount"] == 0
    start = kinesis.get_shard_iterator(
        StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    read = client.call("Kinesis_20131202.GetRecords", {"ShardIterator": start}).json()["Records"]
    assert [base64.b64decode(record["Data"]) for record in read] == data
    kinesis.delete_stream(StreamName=name)


def test_long_polls_share_one_connection(client, sqs, name):
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    poll = {"QueueUrl": url, "WaitTimeSeconds": 20, "MaxNumberOfMessages": 1}
    polls = [client.start("AmazonSQS.ReceiveMessage", poll) for _ in range(100)]
    # Answers of sends overtake those of polls.
    for number in range(100):
        assert client.call("AmazonSQS.SendMessage", {"QueueUrl": url, "MessageBody": str(number)}).status == 200
    bodies = [client.wait(stream).json()["Messages"][0]["Body"] for stream in polls]
    assert sorted(bodies, key=int) == [str(number) for number in range(100)]
    sqs.delete_queue(QueueUrl=url)


def test_a_cancelled_long_poll_takes_no_message(client, sqs, name):
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    poll = {"QueueUrl": url, "WaitTimeSeconds": 20}
    cancelled = client.start("AmazonSQS.ReceiveMessage", poll)
    # An answer on the same connection: the poll before it has arrived.
    assert client.call("AmazonSQS.ListQueues", {}).status == 200
    client.http2.reset_stream(cancelled, error_code=8)
    client.flush()
    waiting = client.start("AmazonSQS.ReceiveMessage", poll)
    sqs.send_message(QueueUrl=url, MessageBody="for who waits")
    assert client.wait(waiting).json()["Messages"][0]["Body"] == "for who waits"
    sqs.delete_queue(QueueUrl=url)


def test_subscriptions_and_calls_share_one_connection(client, kinesis, name):
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="h2")["Consumer"]["ConsumerARN"]
    until = time.monotonic() + 10
    while (
        kinesis.describe_stream_consumer(ConsumerARN=consumer)["ConsumerDescription"]["ConsumerStatus"] != "ACTIVE"
    ):
        assert time.monotonic() < until
        time.sleep(0.1)
    subscription = client.start(
        "Kinesis_20131202.SubscribeToShard",
        {
            "ConsumerARN": consumer,
            "ShardId": "shardId-000000000000",
            "StartingPosition": {"Type": "TRIM_HORIZON"},
        },
    )
    pushed = client.answers[subscription]
    for number in range(50):
        record = {"StreamName": name, "PartitionKey": "k", "Data": base64.b64encode(b"%d" % number).decode()}
        assert client.call("Kinesis_20131202.PutRecord", record).status == 200
    buffer, read, received = EventStreamBuffer(), 0, []
    while len(received) < 50:
        client.read()
        assert pushed.error is None and not pushed.is_complete
        buffer.add_data(pushed.body[read:])
        read = len(pushed.body)
        for message in buffer:
            if message.headers[":event-type"] == "SubscribeToShardEvent":
                received += [r["Data"] for r in json.loads(message.payload)["Records"]]
    assert [base64.b64decode(data) for data in received] == [b"%d" % number for number in range(50)]
    client.http2.reset_stream(subscription, error_code=8)
    client.flush()
    assert client.wait(client.send("/healthz")).status == 200
    kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)
