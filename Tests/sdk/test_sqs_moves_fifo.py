"""Dead letters of FIFO queues on their way back."""

import pytest
from conftest import refused
from test_sqs_moves import Pipe, arn, pipe, wait_until  # noqa: F401 (a fixture)


class FIFOPipe(Pipe):
    """The same of FIFO queues."""

    def make(self, role, **attributes):
        attributes = {"FifoQueue": "true", "VisibilityTimeout": "0", **attributes}
        name = f"{self.name}-{role}.fifo"
        self.urls[role] = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return self.urls[role]

    def arn(self, role):
        return arn(f"{self.name}-{role}.fifo")

    def send(self, role, group, *bodies):
        for body in bodies:
            self.sqs.send_message(
                QueueUrl=self.urls[role], MessageBody=body, MessageGroupId=group, MessageDeduplicationId=body
            )


@pytest.fixture
def fifo(sqs, name):
    made = FIFOPipe(sqs, name)
    yield made
    for url in made.urls.values():
        sqs.delete_queue(QueueUrl=url)


def by_group(messages):
    groups = {}
    for message in messages:
        groups.setdefault(message["Attributes"]["MessageGroupId"], []).append(message["Body"])
    return groups


def test_groups_keep_their_order(fifo):
    for number in range(30):
        fifo.send("dead", f"group {number % 3}".replace(" ", "-"), f"message-{number:02}")
    fifo.start(DestinationArn=fifo.arn("other"))
    task = fifo.ended()
    assert task["Status"] == "COMPLETED" and task["ApproximateNumberOfMessagesMoved"] == 30
    found = []
    while received := fifo.receive("other", AttributeNames=["All"], VisibilityTimeout=60):
        found += received
        for message in received:
            fifo.sqs.delete_message(QueueUrl=fifo.urls["other"], ReceiptHandle=message["ReceiptHandle"])
    assert by_group(found) == {
        f"group-{group}": [f"message-{number:02}" for number in range(group, 30, 3)] for group in range(3)
    }
    for message in found:
        # As on the way to a dead-letter queue, so that no message is taken for another's repetition.
        assert message["Attributes"]["MessageDeduplicationId"] == message["MessageId"]
        assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    numbers = [int(message["Attributes"]["SequenceNumber"]) for message in found]
    assert len(set(numbers)) == 30


def test_dead_letters_of_groups_go_back(fifo):
    fifo.send("source", "a", "a1", "a2")
    wait_until(lambda: fifo.receive("source") == [] and fifo.count("dead") == 2)
    fifo.start()
    assert fifo.ended()["ApproximateNumberOfMessagesMoved"] == 2
    assert by_group(fifo.receive("source", AttributeNames=["All"])) == {"a": ["a1", "a2"]}


def test_a_locked_group_stays(fifo):
    fifo.send("dead", "locked", "one", "two")
    [held] = fifo.receive("dead", MaxNumberOfMessages=1, VisibilityTimeout=600)
    fifo.send("dead", "free", "three")
    fifo.start(DestinationArn=fifo.arn("other"))
    assert fifo.ended()["ApproximateNumberOfMessagesMoved"] == 1
    assert by_group(fifo.receive("other", AttributeNames=["All"])) == {"free": ["three"]}
    fifo.sqs.change_message_visibility(
        QueueUrl=fifo.urls["dead"], ReceiptHandle=held["ReceiptHandle"], VisibilityTimeout=0
    )
    assert by_group(fifo.receive("dead", AttributeNames=["All"])) == {"locked": ["one", "two"]}


def test_types_do_not_mix(fifo, pipe):
    for source, target in [(fifo, pipe), (pipe, fifo)]:
        with refused("InvalidParameterValue"):
            source.start(DestinationArn=target.arn("other"))


def test_chain(sqs, name):
    """Each queue counts its own receives, as in standard queues."""
    urls, before = [], None
    for role, count in [("c", 0), ("b", 2), ("a", 1)]:
        attributes = {"FifoQueue": "true", "VisibilityTimeout": "0", "ContentBasedDeduplication": "true"}
        if before:
            attributes["RedrivePolicy"] = f'{{"deadLetterTargetArn":"{before}","maxReceiveCount":{count}}}'
        urls.append(sqs.create_queue(QueueName=f"{name}-{role}.fifo", Attributes=attributes)["QueueUrl"])
        before = arn(f"{name}-{role}.fifo")
    c, b, a = urls
    sent = sqs.send_message(QueueUrl=a, MessageBody="poison", MessageGroupId="g")
    counts = []
    for url, times in [(a, 1), (b, 2)]:
        for _ in range(times):
            [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5, AttributeNames=["All"])["Messages"]
            counts.append(message["Attributes"]["ApproximateReceiveCount"])
        assert "Messages" not in sqs.receive_message(QueueUrl=url)
    assert counts == ["1", "2", "3"]
    [message] = sqs.receive_message(QueueUrl=c, WaitTimeSeconds=5, AttributeNames=["All"])["Messages"]
    assert message["MessageId"] == sent["MessageId"]
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == arn(f"{name}-b.fifo")
    for url in urls:
        sqs.delete_queue(QueueUrl=url)
