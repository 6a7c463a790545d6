"""Registered consumers of Kinesis streams: their life, and the event streams of SubscribeToShard."""

import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
from conftest import ACCOUNT, REGION, make_client, refused

FIRST = "shardId-000000000000"
LATEST = {"Type": "LATEST"}
OLDEST = {"Type": "TRIM_HORIZON"}


@pytest.fixture
def stream(kinesis, name):
    kinesis.create_stream(StreamName=name, ShardCount=1)
    yield name
    try:
        kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)
    except kinesis.exceptions.ResourceNotFoundException:
        pass


@pytest.fixture
def arn(stream):
    return f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{stream}"


@pytest.fixture
def consumer(kinesis, arn):
    return kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="app")["Consumer"]["ConsumerARN"]


def put(kinesis, stream, *data):
    return [kinesis.put_record(StreamName=stream, Data=each, PartitionKey="k") for each in data]


class Subscription:
    """Reads one event stream on a thread of its own."""

    def __init__(self, consumer, start=LATEST, shard=FIRST):
        # A client of its own: a stream keeps its connection for as long as it lasts.
        self.client = make_client("kinesis")
        answer = self.client.subscribe_to_shard(ConsumerARN=consumer, ShardId=shard, StartingPosition=start)
        self.stream = answer["EventStream"]
        self.events = []
        self.error = None
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        try:
            for event in self.stream:
                self.events.append((time.monotonic(), event["SubscribeToShardEvent"]))
        except Exception as error:
            self.error = error
        self.ended.set()

    @property
    def records(self):
        return [record for _, event in list(self.events) for record in event["Records"]]

    @property
    def data(self):
        return [record["Data"] for record in self.records]

    def wait(self, condition, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition(self):
                return
            time.sleep(0.01)
        raise AssertionError(f"not in {seconds} s: {self.events} {self.error}")

    def close(self):
        # Closing waits for the reader, which waits for an event of the daemon; no test has to.
        threading.Thread(target=self.stream.close, daemon=True).start()


# Life


def test_life_of_a_consumer(kinesis, stream, arn):
    made = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="app", Tags={"a": "b"})["Consumer"]
    assert made["ConsumerStatus"] == "CREATING"
    second = int(made["ConsumerCreationTimestamp"].timestamp())
    assert made["ConsumerARN"] == f"{arn}/consumer/app:{second}"
    found = kinesis.describe_stream_consumer(ConsumerARN=made["ConsumerARN"])["ConsumerDescription"]
    assert found["ConsumerStatus"] == "ACTIVE" and found["StreamARN"] == arn
    assert found == kinesis.describe_stream_consumer(StreamARN=arn, ConsumerName="app")["ConsumerDescription"]
    tags = kinesis.list_tags_for_resource(ResourceARN=made["ConsumerARN"])["Tags"]
    assert tags == [{"Key": "a", "Value": "b"}]
    summary = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
    assert summary["ConsumerCount"] == 1
    with refused("ResourceInUseException"):
        kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="app")
    kinesis.deregister_stream_consumer(ConsumerARN=made["ConsumerARN"])
    with refused("ResourceNotFoundException"):
        kinesis.describe_stream_consumer(ConsumerARN=made["ConsumerARN"])
    with refused("ResourceNotFoundException"):
        kinesis.deregister_stream_consumer(StreamARN=arn, ConsumerName="app")


def test_twenty_consumers(kinesis, arn):
    for index in range(20):
        kinesis.register_stream_consumer(StreamARN=arn, ConsumerName=f"app-{index:02}")
    with refused("LimitExceededException"):
        kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="one-more")
    pages = kinesis.get_paginator("list_stream_consumers").paginate(
        StreamARN=arn, PaginationConfig={"PageSize": 7}
    )
    names = [[each["ConsumerName"] for each in page["Consumers"]] for page in pages]
    assert [len(page) for page in names] == [7, 7, 6]
    assert sum(names, []) == [f"app-{index:02}" for index in range(20)]


def test_a_stream_with_consumers_is_not_deleted_by_accident(kinesis, stream, consumer):
    with refused("ResourceInUseException"):
        kinesis.delete_stream(StreamName=stream)
    kinesis.delete_stream(StreamName=stream, EnforceConsumerDeletion=True)
    with refused("ResourceNotFoundException"):
        kinesis.describe_stream_consumer(ConsumerARN=consumer)


def test_a_policy_of_a_consumer(kinesis, consumer):
    policy = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"kinesis:SubscribeToShard"}]}'
    kinesis.put_resource_policy(ResourceARN=consumer, Policy=policy)
    assert kinesis.get_resource_policy(ResourceARN=consumer)["Policy"] == policy


# Subscriptions


def test_records_come_as_they_are_put(kinesis, stream, consumer):
    put(kinesis, stream, b"before")
    subscription = Subscription(consumer)
    subscription.wait(lambda each: each.events)
    places = put(kinesis, stream, b"a", b"b")
    subscription.wait(lambda each: len(each.records) == 2)
    assert subscription.data == [b"a", b"b"]
    assert [each["SequenceNumber"] for each in subscription.records] == [
        each["SequenceNumber"] for each in places
    ]
    record = subscription.records[0]
    assert record["PartitionKey"] == "k"
    assert abs(datetime.now(timezone.utc) - record["ApproximateArrivalTimestamp"]) < timedelta(seconds=30)
    last = subscription.events[-1][1]
    assert last["ContinuationSequenceNumber"] == places[-1]["SequenceNumber"]
    assert last["MillisBehindLatest"] == 0
    subscription.close()


def test_every_starting_position(kinesis, stream, arn):
    places = put(kinesis, stream, b"a", b"b", b"c")
    number = places[1]["SequenceNumber"]
    starts = {
        "oldest": (OLDEST, [b"a", b"b", b"c"]),
        "at": ({"Type": "AT_SEQUENCE_NUMBER", "SequenceNumber": number}, [b"b", b"c"]),
        "after": ({"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": number}, [b"c"]),
        "time": (
            {"Type": "AT_TIMESTAMP", "Timestamp": datetime.now(timezone.utc) - timedelta(seconds=60)},
            [b"a", b"b", b"c"],
        ),
        "latest": (LATEST, []),
    }
    for name, (start, expected) in starts.items():
        made = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName=name)["Consumer"]["ConsumerARN"]
        subscription = Subscription(made, start)
        subscription.wait(lambda each: each.events)
        put(kinesis, stream, name.encode())
        subscription.wait(lambda each: name.encode() in each.data)
        written = [each for each in subscription.data if each in (b"a", b"b", b"c")]
        assert written == expected, name
        assert subscription.data[-1] == name.encode()
        subscription.close()


def test_an_idle_shard_says_that_it_is_there(kinesis, stream, consumer):
    subscription = Subscription(consumer)
    subscription.wait(lambda each: len(each.events) >= 2, seconds=8)
    (first, one), (second, other) = subscription.events[:2]
    assert 4 < second - first < 7
    assert one["Records"] == other["Records"] == []
    assert one["ContinuationSequenceNumber"] == other["ContinuationSequenceNumber"]
    subscription.close()


def test_going_on_where_a_subscription_stopped(kinesis, stream, arn, consumer):
    subscription = Subscription(consumer, OLDEST)
    put(kinesis, stream, b"a")
    subscription.wait(lambda each: each.records)
    number = subscription.events[-1][1]["ContinuationSequenceNumber"]
    subscription.close()
    put(kinesis, stream, b"b")
    other = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="other")["Consumer"]["ConsumerARN"]
    following = Subscription(other, {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": number})
    following.wait(lambda each: each.records)
    assert following.data == [b"b"]
    following.close()


def test_a_backlog_is_sent_whole_and_in_order(kinesis, stream, consumer):
    for batch in range(10):
        kinesis.put_records(
            StreamName=stream,
            Records=[
                {"Data": f"{batch * 500 + index}".encode().ljust(2000), "PartitionKey": "k"}
                for index in range(500)
            ],
        )
    subscription = Subscription(consumer, OLDEST)
    subscription.wait(lambda each: len(each.records) == 5000, seconds=30)
    assert [int(each) for each in subscription.data] == list(range(5000))
    assert subscription.events[0][1]["MillisBehindLatest"] >= 0
    assert len(subscription.events) > 5
    subscription.close()


def test_a_second_call_has_to_wait_five_seconds_and_takes_over(kinesis, stream, consumer):
    first = Subscription(consumer)
    with refused("ResourceInUseException") as refusal:
        kinesis.subscribe_to_shard(ConsumerARN=consumer, ShardId=FIRST, StartingPosition=LATEST)
    expected = f"Another active subscription exists for this consumer: {ACCOUNT}:{stream}:{FIRST}:app"
    assert refusal.message == expected
    time.sleep(5.1)
    second = Subscription(consumer)
    assert first.ended.wait(5)
    assert "ResourceInUseException" in str(first.error) and expected in str(first.error)
    put(kinesis, stream, b"for the second")
    second.wait(lambda each: each.records)
    assert first.data == []
    second.close()


def test_consumers_do_not_share(kinesis, stream, arn):
    subscriptions = []
    for name in ["a", "b", "c"]:
        made = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName=name)["Consumer"]["ConsumerARN"]
        subscriptions.append(Subscription(made))
    put(kinesis, stream, b"for all")
    for each in subscriptions:
        each.wait(lambda one: one.records)
        assert each.data == [b"for all"]
        each.close()


def test_a_consumer_that_is_deregistered(kinesis, stream, consumer):
    subscription = Subscription(consumer)
    kinesis.deregister_stream_consumer(ConsumerARN=consumer)
    assert subscription.ended.wait(5)
    assert "ResourceNotFoundException" in str(subscription.error)


def test_a_stream_that_is_deleted(kinesis, stream, consumer):
    subscription = Subscription(consumer)
    kinesis.delete_stream(StreamName=stream, EnforceConsumerDeletion=True)
    assert subscription.ended.wait(5)
    assert "ResourceNotFoundException" in str(subscription.error)


def test_calls_that_are_refused(kinesis, stream, arn, consumer):
    def call(**changes):
        arguments = {"ConsumerARN": consumer, "ShardId": FIRST, "StartingPosition": LATEST, **changes}
        return kinesis.subscribe_to_shard(**arguments)

    with refused("DryRunOperationException"):
        call(DryRun=True)
    with refused("ResourceNotFoundException"):
        call(ShardId="shardId-000000000099")
    with refused("ResourceNotFoundException"):
        call(ConsumerARN=f"{arn}/consumer/other:1700000000")
    with refused("ValidationException"):
        call(ConsumerARN=arn)
    with refused("ValidationException"):
        call(StartingPosition={"Type": "SOMEWHERE"})
    with refused("ValidationException"):
        call(StartingPosition={})
    for start in [
        {"Type": "AT_TIMESTAMP"},
        {"Type": "AT_SEQUENCE_NUMBER"},
        {"Type": "LATEST", "SequenceNumber": "1"},
        {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": "17"},
        {"Type": "AT_TIMESTAMP", "Timestamp": datetime.now(timezone.utc) + timedelta(hours=1)},
    ]:
        with refused("InvalidArgumentException"):
            call(StartingPosition=start)
    # None of them counts as a call.
    Subscription(consumer).close()
