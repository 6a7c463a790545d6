"""Dead letters on their way back: message move tasks with unmodified boto3."""

import base64
import json
import time

import pytest
from conftest import ACCOUNT, REGION, refused


def arn(name):
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return result


class Pipe:
    """A queue, its dead-letter queue, and a third one."""

    def __init__(self, sqs, name):
        self.sqs, self.name, self.urls = sqs, name, {}
        self.make("dead")
        self.make("source", RedrivePolicy=json.dumps({"deadLetterTargetArn": self.arn("dead"), "maxReceiveCount": 1}))
        self.make("other")

    def make(self, role, **attributes):
        self.urls[role] = self.sqs.create_queue(QueueName=f"{self.name}-{role}", Attributes=attributes)["QueueUrl"]
        return self.urls[role]

    def arn(self, role):
        return arn(f"{self.name}-{role}")

    def count(self, role):
        found = self.sqs.get_queue_attributes(
            QueueUrl=self.urls[role], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(found["Attributes"]["ApproximateNumberOfMessages"])

    def send(self, role, count):
        for start in range(0, count, 10):
            entries = [
                {"Id": str(number), "MessageBody": f"message {number}"}
                for number in range(start, min(start + 10, count))
            ]
            self.sqs.send_message_batch(QueueUrl=self.urls[role], Entries=entries)

    def spoil(self, count, role="source"):
        """Sends messages and receives them until all are dead letters."""
        before = self.count("dead")
        self.send(role, count)
        wait_until(lambda: self.receive(role, VisibilityTimeout=0) == [] and self.count("dead") == before + count)

    def receive(self, role, **arguments):
        answer = self.sqs.receive_message(QueueUrl=self.urls[role], **{"MaxNumberOfMessages": 10, **arguments})
        return answer.get("Messages", [])

    def drain(self, role):
        bodies = []
        while received := self.receive(role):
            bodies += [message["Body"] for message in received]
        return bodies

    def start(self, **arguments):
        return self.sqs.start_message_move_task(SourceArn=self.arn("dead"), **arguments)["TaskHandle"]

    def last(self):
        return self.sqs.list_message_move_tasks(SourceArn=self.arn("dead"))["Results"][0]

    def ended(self):
        return wait_until(lambda: (task := self.last())["Status"] not in ("RUNNING", "CANCELLING") and task)


@pytest.fixture
def pipe(sqs, name):
    made = Pipe(sqs, name)
    yield made
    for url in made.urls.values():
        try:
            sqs.delete_queue(QueueUrl=url)
        except sqs.exceptions.QueueDoesNotExist:
            pass


def test_to_a_destination(pipe):
    pipe.spoil(25)
    before = time.time()
    handle = pipe.start(DestinationArn=pipe.arn("other"))
    decoded = json.loads(base64.b64decode(handle))
    assert decoded["sourceArn"] == pipe.arn("dead") and len(decoded["taskId"]) == 36
    task = pipe.ended()
    assert task.pop("StartedTimestamp") == pytest.approx(before * 1000, abs=60_000)
    assert task == {
        "Status": "COMPLETED",
        "SourceArn": pipe.arn("dead"),
        "DestinationArn": pipe.arn("other"),
        "ApproximateNumberOfMessagesMoved": 25,
        "ApproximateNumberOfMessagesToMove": 25,
    }
    assert sorted(pipe.drain("other")) == sorted(f"message {number}" for number in range(25))
    assert pipe.count("dead") == 0


def test_moved_messages_are_new(pipe):
    sent = pipe.sqs.send_message(
        QueueUrl=pipe.urls["source"],
        MessageBody="poison",
        MessageAttributes={"Hello": {"DataType": "String", "StringValue": "There"}},
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-2-3"}},
        MessageGroupId="noisy",
    )
    wait_until(lambda: pipe.receive("source", VisibilityTimeout=0) == [] and pipe.count("dead") == 1)
    time.sleep(0.05)
    pipe.start()
    [message] = pipe.receive("source", WaitTimeSeconds=5, AttributeNames=["All"], MessageAttributeNames=["All"])
    assert message["MessageId"] != sent["MessageId"]
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["MessageAttributes"] == {"Hello": {"DataType": "String", "StringValue": "There"}}
    found = message["Attributes"]
    assert found["ApproximateReceiveCount"] == "1"
    assert found["AWSTraceHeader"] == "Root=1-2-3"
    assert found["MessageGroupId"] == "noisy"
    assert "DeadLetterQueueSourceArn" not in found


def test_each_to_its_own_source(pipe):
    redrive = json.dumps({"deadLetterTargetArn": pipe.arn("dead"), "maxReceiveCount": 1})
    pipe.make("second", RedrivePolicy=redrive)
    pipe.spoil(3)
    pipe.spoil(4, role="second")
    pipe.start()
    task = pipe.ended()
    assert task["Status"] == "COMPLETED" and task["ApproximateNumberOfMessagesMoved"] == 7
    assert "DestinationArn" not in task
    assert len(pipe.drain("source")) == 3
    assert len(pipe.drain("second")) == 4


def test_rate_and_cancel(pipe):
    pipe.send("dead", 20)
    handle = pipe.start(DestinationArn=pipe.arn("other"), MaxNumberOfMessagesPerSecond=4)
    started = time.monotonic()
    task = pipe.last()
    assert task["Status"] == "RUNNING"
    assert task["TaskHandle"] == handle
    assert task["MaxNumberOfMessagesPerSecond"] == 4
    assert task["ApproximateNumberOfMessagesToMove"] == 20
    while (elapsed := time.monotonic() - started) < 2.2:
        assert pipe.count("other") <= 4 * (int(elapsed) + 1)
        time.sleep(0.05)
    assert pipe.count("other") >= 8
    with refused("InvalidParameterValue") as refusal:
        pipe.start(DestinationArn=pipe.arn("other"))
    assert refusal.message == (
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
    )
    moved = pipe.sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    assert 8 <= moved < 20
    task = pipe.ended()
    assert task["Status"] == "CANCELLED"
    assert task["ApproximateNumberOfMessagesMoved"] == moved
    assert "TaskHandle" not in task
    assert pipe.count("other") == moved
    assert pipe.count("dead") == 20 - moved
    with refused("ResourceNotFoundException") as refusal:
        pipe.sqs.cancel_message_move_task(TaskHandle=handle)
    assert refusal.message == "Task does not exist."


def test_hidden_messages_stay(pipe):
    pipe.send("dead", 5)
    [hidden] = pipe.receive("dead", MaxNumberOfMessages=1)
    pipe.sqs.send_message(QueueUrl=pipe.urls["dead"], MessageBody="delayed", DelaySeconds=900)
    pipe.start(DestinationArn=pipe.arn("other"))
    task = pipe.ended()
    assert task["ApproximateNumberOfMessagesMoved"] == task["ApproximateNumberOfMessagesToMove"] == 4
    assert hidden["Body"] not in pipe.drain("other")
    pipe.sqs.change_message_visibility(
        QueueUrl=pipe.urls["dead"], ReceiptHandle=hidden["ReceiptHandle"], VisibilityTimeout=0
    )
    [back] = pipe.receive("dead")
    assert back["MessageId"] == hidden["MessageId"]


def test_deleted_destination(pipe):
    pipe.send("dead", 5)
    pipe.start(DestinationArn=pipe.arn("other"), MaxNumberOfMessagesPerSecond=1)
    pipe.sqs.delete_queue(QueueUrl=pipe.urls["other"])
    task = pipe.ended()
    assert task["Status"] == "FAILED"
    assert task["FailureReason"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert pipe.receive("dead")


def test_deleted_source(pipe):
    pipe.spoil(2)
    pipe.make("second", RedrivePolicy=json.dumps({"deadLetterTargetArn": pipe.arn("dead"), "maxReceiveCount": 1}))
    pipe.sqs.delete_queue(QueueUrl=pipe.urls["source"])
    pipe.start()
    task = pipe.ended()
    assert task["FailureReason"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert pipe.count("dead") == 2


def test_message_that_was_sent_directly(pipe):
    pipe.send("dead", 1)
    pipe.start()
    task = pipe.ended()
    assert task["Status"] == "FAILED"
    assert task["FailureReason"] == "CouldNotDetermineMessageSource"
    assert pipe.count("dead") == 1


def test_list(pipe):
    for _ in range(3):
        pipe.start(DestinationArn=pipe.arn("other"))
        pipe.ended()
    tasks = pipe.sqs.list_message_move_tasks(SourceArn=pipe.arn("dead"), MaxResults=10)["Results"]
    assert len(tasks) == 3
    started = [task["StartedTimestamp"] for task in tasks]
    assert started == sorted(started, reverse=True)
    assert len(pipe.sqs.list_message_move_tasks(SourceArn=pipe.arn("dead"))["Results"]) == 1
    for bad in [0, 11]:
        with refused("InvalidParameterValue"):
            pipe.sqs.list_message_move_tasks(SourceArn=pipe.arn("dead"), MaxResults=bad)


def test_errors(pipe, sqs):
    with refused("InvalidParameterValue") as refusal:
        sqs.start_message_move_task(SourceArn=pipe.arn("other"))
    assert refusal.message == "Source queue must be configured as a Dead Letter Queue."
    for arguments, parameter in [
        ({"SourceArn": arn("there-is-no-such-queue")}, "SourceArn"),
        ({"SourceArn": pipe.arn("dead"), "DestinationArn": arn("there-is-no-such-queue")}, "DestinationArn"),
    ]:
        with refused("ResourceNotFoundException") as refusal:
            sqs.start_message_move_task(**arguments)
        assert refusal.status == 404
        assert refusal.message == f"The resource that you specified for the {parameter} parameter doesn't exist."
    for bad in [0, 501]:
        with refused("InvalidParameterValue"):
            pipe.start(MaxNumberOfMessagesPerSecond=bad)

    def handle(source):
        text = json.dumps({"taskId": "10f57157-fc38-4da9-a113-4de7e12d05dd", "sourceArn": source})
        return base64.b64encode(text.encode()).decode()

    with refused("InvalidParameterValue") as refusal:
        sqs.cancel_message_move_task(TaskHandle="foobared")
    assert refusal.message == "Value for parameter TaskHandle is invalid."
    with refused("ResourceNotFoundException") as refusal:
        sqs.cancel_message_move_task(TaskHandle=handle(arn("there-is-no-such-queue")))
    assert refusal.message == "The resource that you specified for the SourceArn parameter doesn't exist."
    with refused("ResourceNotFoundException") as refusal:
        sqs.cancel_message_move_task(TaskHandle=handle(pipe.arn("dead")))
    assert refusal.message == "Task does not exist."


def test_tasks_move_side_by_side_with_traffic(pipe):
    pipe.send("dead", 2_000)
    pipe.start(DestinationArn=pipe.arn("other"))
    slowest = 0
    while pipe.last()["Status"] == "RUNNING":
        started = time.monotonic()
        pipe.sqs.send_message(QueueUrl=pipe.urls["source"], MessageBody="x")
        slowest = max(slowest, time.monotonic() - started)
    assert slowest < 0.5
    assert pipe.count("other") == 2_000
