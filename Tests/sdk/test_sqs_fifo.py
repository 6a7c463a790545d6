import hashlib
import json
import threading
import time

import pytest
from conftest import refused


@pytest.fixture
def make(sqs, name):
    """Makes FIFO queues, and deletes them afterwards."""
    made = []

    def make(suffix="", **attributes):
        given = {"FifoQueue": "true", **{key: str(value) for key, value in attributes.items()}}
        url = sqs.create_queue(QueueName=f"{name}{suffix}.fifo", Attributes=given)["QueueUrl"]
        made.append(url)
        return url

    yield make
    for url in made:
        sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def url(make):
    return make(ContentBasedDeduplication="true")


def send(sqs, url, body, group=None, **arguments):
    """`g1-m1` goes to the group `g1`."""
    return sqs.send_message(
        QueueUrl=url, MessageBody=body, MessageGroupId=group or body.split("-")[0], **arguments
    )


def receive(sqs, url, maximum=10, **arguments):
    return sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=maximum, **arguments).get("Messages", [])


def bodies(messages):
    return [message["Body"] for message in messages]


def delete(sqs, url, *messages):
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def hide(sqs, url, message, seconds):
    sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=seconds
    )


def attributes(sqs, url, *names):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names) or ["All"]).get("Attributes", {})


def expired(handle):
    return f"Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."


# Queues


def test_attributes(sqs, make):
    url = make()
    found = attributes(sqs, url)
    assert {key: value for key, value in found.items() if "Timestamp" not in key and key != "QueueArn"} == {
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "ContentBasedDeduplication": "false",
        "DeduplicationScope": "queue",
        "DelaySeconds": "0",
        "FifoQueue": "true",
        "FifoThroughputLimit": "perQueue",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
        "VisibilityTimeout": "30",
    }
    assert found["QueueArn"].endswith(".fifo")
    high = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes=high)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"ContentBasedDeduplication": "true"})
    assert attributes(sqs, url, *high, "ContentBasedDeduplication") == {
        **high, "ContentBasedDeduplication": "true",
    }
    with refused("InvalidAttributeValue"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"DeduplicationScope": "queue"})
    assert attributes(sqs, url, *high) == high
    for name in ["ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit", "FifoQueue"]:
        with refused("InvalidAttributeValue"):
            sqs.set_queue_attributes(QueueUrl=url, Attributes={name: "perhaps"})


def test_queue_type_is_fixed(sqs, make):
    url = make()
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"FifoQueue": "true"})
    with refused("InvalidAttributeValue") as refusal:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"FifoQueue": "false"})
    assert refusal.message == (
        "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported."
    )


def test_name_and_type_go_together(sqs, name):
    with refused("InvalidParameterValue"):
        sqs.create_queue(QueueName=f"{name}.fifo")
    with refused("InvalidParameterValue"):
        sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})
    with refused("InvalidAttributeName") as refusal:
        sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "false"})
    assert refusal.message == "Unknown Attribute FifoQueue."
    with refused("InvalidAttributeName") as refusal:
        sqs.create_queue(QueueName=name, Attributes={"ContentBasedDeduplication": "true"})
    assert refusal.message == "Unknown Attribute ContentBasedDeduplication."
    for attribute, value in [("DeduplicationScope", "queue"), ("FifoThroughputLimit", "perQueue")]:
        with refused("InvalidAttributeName") as refusal:
            sqs.create_queue(QueueName=name, Attributes={attribute: value})
        assert refusal.message == f"You can specify the {attribute} only when FifoQueue is set to true."
    stem = "q" * 75
    sqs.delete_queue(
        QueueUrl=sqs.create_queue(QueueName=f"{stem}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    )
    with refused("InvalidParameterValue"):
        sqs.create_queue(QueueName=f"{stem}q.fifo", Attributes={"FifoQueue": "true"})


def test_creating_again(sqs, make, name):
    url = make(ContentBasedDeduplication="true")
    given = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    assert sqs.create_queue(QueueName=f"{name}.fifo", Attributes=given)["QueueUrl"] == url
    with refused("QueueAlreadyExists") as refusal:
        sqs.create_queue(
            QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "false"}
        )
    assert refusal.message == (
        "A queue already exists with the same name and a different value for attribute ContentBasedDeduplication"
    )


# Sending


def test_groups_are_required(sqs, url):
    with refused("MissingParameter") as refusal:
        sqs.send_message(QueueUrl=url, MessageBody="x")
    assert refusal.message == "The request must contain the parameter MessageGroupId."
    with refused("InvalidParameterValue") as refusal:
        sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": "1", "MessageBody": "x", "MessageGroupId": "g"}, {"Id": "2", "MessageBody": "y"},
        ])
    assert refusal.message == "The request must contain the parameter MessageGroupId."
    for text in ["group 123", "größe", "g" * 129]:
        with refused("InvalidParameterValue") as refusal:
            send(sqs, url, "x", text)
        assert refusal.message == (
            f"Value {text} for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include "
            "alphanumeric and punctuation characters. 1 to 128 in length."
        )
    assert receive(sqs, url) == []
    send(sqs, url, "x", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" + "g" * 96)
    assert bodies(receive(sqs, url)) == ["x"]


def test_deduplication_ids_are_required(sqs, make):
    url = make()
    text = "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
    with refused("InvalidParameterValue") as refusal:
        send(sqs, url, "x", "g")
    assert refusal.message == text
    with refused("InvalidParameterValue") as refusal:
        sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": "1", "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "d"},
            {"Id": "2", "MessageBody": "y", "MessageGroupId": "g"},
        ])
    assert refusal.message == text
    with refused("InvalidParameterValue") as refusal:
        send(sqs, url, "x", "g", MessageDeduplicationId="a b")
    assert refusal.message == (
        "Value a b for parameter MessageDeduplicationId is invalid. Reason: MessageDeduplicationId can only "
        "include alphanumeric and punctuation characters. 1 to 128 in length."
    )
    assert receive(sqs, url) == []


def test_delays_of_messages_are_refused(sqs, url):
    send(sqs, url, "g-0", DelaySeconds=0)
    text = "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type."
    with refused("InvalidParameterValue") as refusal:
        send(sqs, url, "g-2", DelaySeconds=2)
    assert refusal.message == text
    answer = sqs.send_message_batch(QueueUrl=url, Entries=[
        {"Id": "a", "MessageBody": "g-a", "MessageGroupId": "g"},
        {"Id": "b", "MessageBody": "g-b", "MessageGroupId": "g", "DelaySeconds": 2},
    ])
    assert [entry["Id"] for entry in answer["Successful"]] == ["a"]
    assert answer["Failed"] == [
        {"Id": "b", "Code": "InvalidParameterValue", "Message": text, "SenderFault": True}
    ]
    assert bodies(receive(sqs, url)) == ["g-0", "g-a"]


def test_sequence_numbers_rise(sqs, url):
    sent = [send(sqs, url, f"g{index % 2}-{index}")["SequenceNumber"] for index in range(4)]
    batch = sqs.send_message_batch(QueueUrl=url, Entries=[
        {"Id": str(index), "MessageBody": f"b{index}", "MessageGroupId": "g0"} for index in range(10)
    ])["Successful"]
    sent += [entry["SequenceNumber"] for entry in batch]
    assert [int(number) for number in sent] == sorted({int(number) for number in sent})
    assert all(len(number) == 20 and int(number) > 18849496460467696127 for number in sent)
    told = {
        message["Body"]: message["Attributes"]["SequenceNumber"]
        for message in receive(sqs, url, MessageSystemAttributeNames=["SequenceNumber"])
    }
    assert told["g0-0"] == sent[0] and told["b0"] == sent[4]


def test_attributes_of_messages(sqs, make):
    url = make(ContentBasedDeduplication="true")
    sent = send(sqs, url, "hello", "team")
    send(sqs, url, "bye", "team", MessageDeduplicationId="mine")
    first, second = receive(sqs, url, AttributeNames=["All"])
    assert first["Attributes"]["MessageGroupId"] == "team"
    assert first["Attributes"]["MessageDeduplicationId"] == hashlib.sha256(b"hello").hexdigest()
    assert first["Attributes"]["SequenceNumber"] == sent["SequenceNumber"]
    assert first["Attributes"]["ApproximateReceiveCount"] == "1"
    assert second["Attributes"]["MessageDeduplicationId"] == "mine"
    assert first["MessageId"] == sent["MessageId"]


# Deduplication


def test_duplicates_are_not_stored(sqs, url):
    first = send(sqs, url, "g1-m1")
    again = send(sqs, url, "g1-m1", "g2")
    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    received = receive(sqs, url)
    assert bodies(received) == ["g1-m1"]
    delete(sqs, url, *received)
    assert send(sqs, url, "g1-m1")["MessageId"] == first["MessageId"]
    assert receive(sqs, url) == []
    # An explicit ID wins over the body.
    assert send(sqs, url, "g1-m1", MessageDeduplicationId="other")["MessageId"] != first["MessageId"]
    assert bodies(receive(sqs, url)) == ["g1-m1"]


def test_duplicates_in_a_batch(sqs, make):
    url = make()
    answer = sqs.send_message_batch(QueueUrl=url, Entries=[
        {"Id": str(index), "MessageBody": f"m{index}", "MessageGroupId": "g", "MessageDeduplicationId": f"d{index // 2}"}
        for index in range(6)
    ])
    ids = [entry["MessageId"] for entry in answer["Successful"]]
    assert len(ids) == 6 and len(set(ids)) == 3
    assert bodies(receive(sqs, url)) == ["m0", "m2", "m4"]


def test_scope_of_groups(sqs, make):
    url = make(DeduplicationScope="messageGroup")
    send(sqs, url, "one", "g1", MessageDeduplicationId="d")
    send(sqs, url, "two", "g2", MessageDeduplicationId="d")
    send(sqs, url, "three", "g1", MessageDeduplicationId="d")
    assert bodies(receive(sqs, url)) == ["one", "two"]


def test_a_new_scope_keeps_what_was_seen(sqs, make):
    url = make()
    send(sqs, url, "one", "g1", MessageDeduplicationId="d")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={
        "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId",
    })
    send(sqs, url, "two", "g1", MessageDeduplicationId="d")
    send(sqs, url, "three", "g2", MessageDeduplicationId="d")
    send(sqs, url, "four", "g2", MessageDeduplicationId="e")
    assert bodies(receive(sqs, url)) == ["one", "four"]


def test_purge_forgets_what_was_seen(sqs, url):
    send(sqs, url, "g1-m1")
    sqs.purge_queue(QueueUrl=url)
    assert receive(sqs, url) == []
    send(sqs, url, "g1-m1")
    assert bodies(receive(sqs, url)) == ["g1-m1"]


# Receiving


def test_groups_come_one_after_the_other(sqs, url):
    for body in ["g1-m1", "g2-m1", "g1-m2", "g1-m3"]:
        send(sqs, url, body)
    assert bodies(receive(sqs, url)) == ["g1-m1", "g1-m2", "g1-m3", "g2-m1"]


def test_a_group_in_flight_is_locked(sqs, url):
    for body in ["g1-m1", "g2-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m2", "g3-m1"]:
        send(sqs, url, body)
    one, two = receive(sqs, url, 2)
    assert bodies([one, two]) == ["g1-m1", "g1-m2"]
    delete(sqs, url, one)
    send(sqs, url, "g1-m5")
    others = receive(sqs, url)
    assert bodies(others) == ["g2-m1", "g2-m2", "g3-m1"]
    assert receive(sqs, url) == []
    counters = attributes(sqs, url, "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    assert list(counters.values()) == ["3", "4"]
    delete(sqs, url, two)
    assert bodies(receive(sqs, url)) == ["g1-m3", "g1-m4", "g1-m5"]


def test_deleting_wakes_long_polls(sqs, url):
    send(sqs, url, "g1-m1")
    send(sqs, url, "g1-m2")
    [one] = receive(sqs, url, 1)
    found = []
    started = time.monotonic()
    poll = threading.Thread(target=lambda: found.extend(receive(sqs, url, WaitTimeSeconds=20)))
    poll.start()
    time.sleep(0.5)
    assert found == []
    delete(sqs, url, one)
    poll.join()
    assert bodies(found) == ["g1-m2"]
    assert time.monotonic() - started < 10


def test_a_sent_message_wakes_long_polls(sqs, url):
    found = []
    poll = threading.Thread(target=lambda: found.extend(receive(sqs, url, WaitTimeSeconds=20)))
    poll.start()
    time.sleep(0.3)
    send(sqs, url, "g1-m1")
    poll.join()
    assert bodies(found) == ["g1-m1"]


def test_order_after_the_timeout(sqs, url):
    for index in range(5):
        send(sqs, url, f"g1-m{index}")
    expected = [f"g1-m{index}" for index in range(5)]
    assert bodies(receive(sqs, url, 3, VisibilityTimeout=1)) == expected[:3]
    assert receive(sqs, url) == []
    again = receive(sqs, url, WaitTimeSeconds=5, AttributeNames=["ApproximateReceiveCount"])
    assert bodies(again) == expected
    assert [message["Attributes"]["ApproximateReceiveCount"] for message in again] == ["2", "2", "2", "1", "1"]


def test_served_groups_go_to_the_back(sqs, url):
    for body in ["g1-m1", "g2-m1", "g2-m2", "g3-m1", "g1-m2"]:
        send(sqs, url, body)
    assert bodies(receive(sqs, url, 3, VisibilityTimeout=0)) == ["g1-m1", "g1-m2", "g2-m1"]
    assert bodies(receive(sqs, url, VisibilityTimeout=0)) == ["g3-m1", "g1-m1", "g1-m2", "g2-m1", "g2-m2"]


# Visibility


def test_ending_the_timeout_of_one_message(sqs, url):
    for body in ["g1-m1", "g1-m2", "g2-m1"]:
        send(sqs, url, body)
    one, _ = receive(sqs, url, 2)
    hide(sqs, url, one, 0)
    assert bodies(receive(sqs, url, 3)) == ["g2-m1", "g1-m1"]


def test_shortening_the_timeout_of_one_message(sqs, url):
    for body in ["g1-m1", "g1-m2", "g2-m1"]:
        send(sqs, url, body)
    one, _ = receive(sqs, url, 2)
    hide(sqs, url, one, 1)
    time.sleep(1.2)
    assert bodies(receive(sqs, url, 3)) == ["g2-m1", "g1-m1"]


def test_extending_the_timeout_of_one_message(sqs, url):
    for index in range(4):
        send(sqs, url, f"g1-m{index}")
    messages = receive(sqs, url, 3, VisibilityTimeout=1)
    hide(sqs, url, messages[1], 30)
    time.sleep(1.2)
    assert bodies(receive(sqs, url)) == ["g1-m0"]
    # An extended receipt is a valid one.
    delete(sqs, url, messages[1])


def test_receipts_expire(sqs, url):
    send(sqs, url, "g1-m1")
    [old] = receive(sqs, url, VisibilityTimeout=1)
    time.sleep(1.2)
    for change in [lambda: delete(sqs, url, old), lambda: hide(sqs, url, old, 5)]:
        with refused("InvalidParameterValue") as refusal:
            change()
        assert refusal.message == expired(old["ReceiptHandle"])
    [new] = receive(sqs, url)
    answer = sqs.delete_message_batch(QueueUrl=url, Entries=[
        {"Id": "old", "ReceiptHandle": old["ReceiptHandle"]}, {"Id": "new", "ReceiptHandle": new["ReceiptHandle"]},
    ])
    assert answer["Successful"] == [{"Id": "new"}]
    assert answer["Failed"] == [{
        "Id": "old", "Code": "InvalidParameterValue", "Message": expired(old["ReceiptHandle"]), "SenderFault": True,
    }]
    # Twice is once.
    delete(sqs, url, new)
    with refused("InvalidParameterValue") as refusal:
        hide(sqs, url, new, 5)
    assert "does not exist or is not available" in refusal.message


# Delays


def test_the_queue_delays_also_what_was_sent_before(sqs, make):
    url = make(ContentBasedDeduplication="true")
    send(sqs, url, "g1-m1")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "2"})
    send(sqs, url, "g1-m2", DelaySeconds=0)
    assert receive(sqs, url) == []
    assert attributes(sqs, url, "ApproximateNumberOfMessagesDelayed") == {"ApproximateNumberOfMessagesDelayed": "2"}
    assert bodies(receive(sqs, url, 1, WaitTimeSeconds=5)) == ["g1-m1"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "900"})
    send(sqs, url, "g2-m1")
    assert receive(sqs, url) == []
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "0"})
    assert bodies(receive(sqs, url)) == ["g2-m1"]


# Attempts


def test_an_attempt_can_be_repeated(sqs, url):
    for body in ["g1-m1", "g1-m2", "g2-m1"]:
        send(sqs, url, body)
    first = receive(sqs, url, 2, ReceiveRequestAttemptId="a", VisibilityTimeout=2)
    time.sleep(1.2)
    assert receive(sqs, url, 2, ReceiveRequestAttemptId="a", VisibilityTimeout=2) == first
    time.sleep(1.2)
    # The repetition has hidden them anew.
    assert bodies(receive(sqs, url, ReceiveRequestAttemptId="b")) == ["g2-m1"]
    delete(sqs, url, first[0])
    assert receive(sqs, url, 2, ReceiveRequestAttemptId="a") == []


def test_ids_of_attempts_are_checked(sqs, url, name):
    with refused("InvalidParameterValue"):
        receive(sqs, url, ReceiveRequestAttemptId="a b")
    with refused("InvalidParameterValue"):
        receive(sqs, url, ReceiveRequestAttemptId="a" * 129)
    standard = sqs.create_queue(QueueName=f"{name}-standard")["QueueUrl"]
    with refused("InvalidParameterValue"):
        receive(sqs, standard, ReceiveRequestAttemptId="a")
    sqs.delete_queue(QueueUrl=standard)


# Dead letters


def test_dead_letters_keep_order(sqs, make, name):
    dead = make("-dead")
    arn = attributes(sqs, dead, "QueueArn")["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    url = make(ContentBasedDeduplication="true", RedrivePolicy=policy)
    sent = [send(sqs, url, f"g1-m{index}")["MessageId"] for index in range(3)]
    assert len(receive(sqs, url, VisibilityTimeout=0)) == 3
    assert receive(sqs, url) == []
    moved = receive(sqs, dead, WaitTimeSeconds=5, AttributeNames=["All"])
    assert bodies(moved) == ["g1-m0", "g1-m1", "g1-m2"]
    assert [message["MessageId"] for message in moved] == sent
    assert [message["Attributes"]["MessageDeduplicationId"] for message in moved] == sent
    assert {message["Attributes"]["MessageGroupId"] for message in moved} == {"g1"}
    standard = sqs.create_queue(QueueName=f"{name}-standard")["QueueUrl"]
    with refused("InvalidParameterValue") as refusal:
        sqs.set_queue_attributes(QueueUrl=standard, Attributes={"RedrivePolicy": policy})
    assert "must be same type of queue as the source." in refusal.message
    sqs.delete_queue(QueueUrl=standard)
