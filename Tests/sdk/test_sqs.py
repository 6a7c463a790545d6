import hashlib
import json
import threading
import time

import pytest
from conftest import ACCOUNT, ENDPOINT, REGION, make_client, refused

NONE = f"{ENDPOINT}/{ACCOUNT}/there-is-no-such-queue"


@pytest.fixture
def url(sqs, name):
    made = sqs.create_queue(QueueName=name)["QueueUrl"]
    yield made
    sqs.delete_queue(QueueUrl=made)


def attributes(sqs, url, *names):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names) or ["All"]).get("Attributes", {})


def receive(sqs, url, **arguments):
    return sqs.receive_message(QueueUrl=url, **{"MaxNumberOfMessages": 10, **arguments}).get("Messages", [])


# Queues


def test_create_and_find(sqs, name):
    url = sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "3"}, tags={"team": "blue"})["QueueUrl"]
    assert url.endswith(f"/{ACCOUNT}/{name}")
    assert sqs.get_queue_url(QueueName=name)["QueueUrl"] == url
    assert url in sqs.list_queues(QueueNamePrefix=name)["QueueUrls"]
    assert sqs.create_queue(QueueName=name)["QueueUrl"] == url
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "blue"}
    with refused("QueueAlreadyExists") as refusal:
        sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "4"})
    assert refusal.message == (
        "A queue already exists with the same name and a different value for attribute DelaySeconds"
    )
    with pytest.raises(sqs.exceptions.QueueNameExists):
        sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "4"})
    sqs.delete_queue(QueueUrl=url)
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.get_queue_url(QueueName=name)
    with pytest.raises(sqs.exceptions.QueueDeletedRecently):
        sqs.create_queue(QueueName=name)


def test_default_attributes(sqs, url, name):
    found = attributes(sqs, url)
    assert int(found.pop("CreatedTimestamp")) == pytest.approx(time.time(), abs=60)
    assert int(found.pop("LastModifiedTimestamp")) == pytest.approx(time.time(), abs=60)
    assert found == {
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "DelaySeconds": "0",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
        "VisibilityTimeout": "30",
    }


def test_set_attributes(sqs, url):
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "7", "DelaySeconds": "1"})
    assert attributes(sqs, url, "VisibilityTimeout", "DelaySeconds") == {"VisibilityTimeout": "7", "DelaySeconds": "1"}
    with refused("InvalidAttributeValue"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "43201"})
    with refused("InvalidAttributeName") as refusal:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"FifoQueue": "false"})
    assert refusal.message == "Unknown Attribute FifoQueue."
    with refused("InvalidAttributeName"):
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Nothing"])


def test_bad_names(sqs):
    for bad in ["with space", "a" * 81, "dotted.name"]:
        with refused("InvalidParameterValue"):
            sqs.create_queue(QueueName=bad)


def test_list_pages(sqs, name):
    urls = [sqs.create_queue(QueueName=f"{name}-{index}")["QueueUrl"] for index in range(5)]
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix=name, PaginationConfig={"PageSize": 2})
    assert [page["QueueUrls"] for page in pages] == [urls[0:2], urls[2:4], urls[4:5]]
    for url in urls:
        sqs.delete_queue(QueueUrl=url)


def test_missing_queue(sqs):
    with refused("AWS.SimpleQueueService.NonExistentQueue") as refusal:
        sqs.send_message(QueueUrl=NONE, MessageBody="x")
    assert refusal.message == "The specified queue does not exist."
    assert refusal.status == 400
    for call in [sqs.purge_queue, sqs.delete_queue, sqs.receive_message, sqs.list_queue_tags]:
        with pytest.raises(sqs.exceptions.QueueDoesNotExist):
            call(QueueUrl=NONE)


def test_tags(sqs, url):
    sqs.tag_queue(QueueUrl=url, Tags={"a": "1", "b": "2"})
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "1", "b": "2"}
    sqs.untag_queue(QueueUrl=url, TagKeys=["a", "unknown"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"b": "2"}
    sqs.untag_queue(QueueUrl=url, TagKeys=["b"])
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=url)


def test_purge(sqs, url):
    sqs.send_message(QueueUrl=url, MessageBody="one")
    sqs.send_message(QueueUrl=url, MessageBody="two", DelaySeconds=60)
    sqs.purge_queue(QueueUrl=url)
    assert receive(sqs, url) == []
    with pytest.raises(sqs.exceptions.PurgeQueueInProgress) as caught:
        sqs.purge_queue(QueueUrl=url)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


# Sending


def test_send_and_receive(sqs, url):
    body = 'ünïcödé 🎉\tand "quotes" \\ \r\n'
    sent = sqs.send_message(
        QueueUrl=url,
        MessageBody=body,
        MessageAttributes={
            "General": {"DataType": "String", "StringValue": "Kenobi"},
            "Hello": {"DataType": "String", "StringValue": "There"},
        },
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-2-3"}},
    )
    assert sent["MD5OfMessageBody"] == hashlib.md5(body.encode()).hexdigest()
    assert sent["MD5OfMessageAttributes"] == "fca026605781cb4126a1e9044df24232"
    assert sent["MD5OfMessageSystemAttributes"]
    [message] = receive(sqs, url, MessageAttributeNames=["All"], AttributeNames=["All"])
    assert message["MessageId"] == sent["MessageId"]
    assert message["Body"] == body
    assert message["MD5OfBody"] == sent["MD5OfMessageBody"]
    assert message["MessageAttributes"]["Hello"] == {"DataType": "String", "StringValue": "There"}
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert message["Attributes"]["AWSTraceHeader"] == "Root=1-2-3"
    assert int(message["Attributes"]["SentTimestamp"]) == pytest.approx(time.time() * 1000, abs=60_000)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_attribute_selection(sqs, url):
    sqs.send_message(
        QueueUrl=url,
        MessageBody="x",
        MessageAttributes={
            "Hello": {"DataType": "String", "StringValue": "There"},
            "Help.Me": {"DataType": "String", "StringValue": "Me"},
            "Raw": {"DataType": "Binary.gif", "BinaryValue": b"\x00\x01\xff"},
        },
    )

    def names(*wanted):
        [message] = receive(sqs, url, MessageAttributeNames=list(wanted), VisibilityTimeout=0)
        return sorted(message.get("MessageAttributes", {})), message.get("MD5OfMessageAttributes")

    assert names("Hello") == (["Hello"], "a311262e065454b75da111d535b8dacd")
    assert names("Hel.*")[0] == ["Hello", "Help.Me"]
    assert names("Nothing", "AWS.", "..x") == ([], None)
    [message] = receive(sqs, url, MessageAttributeNames=[".*"])
    assert message["MessageAttributes"]["Raw"]["BinaryValue"] == b"\x00\x01\xff"


def test_send_errors(sqs, url):
    with refused("MissingParameter"):
        sqs.send_message(QueueUrl=url, MessageBody="")
    with refused("InvalidMessageContents"):
        sqs.send_message(QueueUrl=url, MessageBody="bad \x01")
    with refused("InvalidParameterValue") as refusal:
        sqs.send_message(QueueUrl=url, MessageBody="x" * 1_048_577)
    assert "Message must be shorter than 1048576 bytes." in refusal.message
    with refused("InvalidParameterValue"):
        sqs.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=901)
    with refused("InvalidParameterValue"):
        sqs.send_message(QueueUrl=url, MessageBody="x", MessageDeduplicationId="d")
    with refused("InvalidParameterValue") as refusal:
        sqs.send_message(
            QueueUrl=url, MessageBody="x", MessageAttributes={"X": {"DataType": "String", "StringValue": ""}}
        )
    assert refusal.message == "Message (user) attribute 'X' must contain a non-empty value of type 'String'."


def test_largest_message(sqs, url):
    body = "x" * 1_048_576
    sqs.send_message(QueueUrl=url, MessageBody=body)
    [message] = receive(sqs, url)
    assert message["Body"] == body


def test_batch(sqs, url):
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "1024"})
    answer = sqs.send_message_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "good", "MessageBody": "a"},
            {"Id": "long", "MessageBody": "b" * 1025},
            {"Id": "also", "MessageBody": "c"},
        ],
    )
    assert [entry["Id"] for entry in answer["Successful"]] == ["good", "also"]
    [failed] = answer["Failed"]
    assert failed["Id"] == "long"
    assert failed["Code"] == "InvalidParameterValue"
    assert failed["SenderFault"] is True
    messages = receive(sqs, url)
    assert sorted(message["Body"] for message in messages) == ["a", "c"]
    entries = [{"Id": str(index), "ReceiptHandle": m["ReceiptHandle"]} for index, m in enumerate(messages)]
    changed = sqs.change_message_visibility_batch(
        QueueUrl=url, Entries=[{**entry, "VisibilityTimeout": 60} for entry in entries]
    )
    assert len(changed["Successful"]) == 2
    deleted = sqs.delete_message_batch(QueueUrl=url, Entries=entries + [{"Id": "x", "ReceiptHandle": "garbage"}])
    assert len(deleted["Successful"]) == 2
    assert deleted["Failed"][0]["Code"] == "ReceiptHandleIsInvalid"
    assert attributes(sqs, url, "ApproximateNumberOfMessagesNotVisible") == {
        "ApproximateNumberOfMessagesNotVisible": "0"
    }


def test_batch_errors(sqs, url):
    def batch(*entries):
        return sqs.send_message_batch(QueueUrl=url, Entries=list(entries))

    def entry(identifier, body="x"):
        return {"Id": identifier, "MessageBody": body}

    with pytest.raises(sqs.exceptions.EmptyBatchRequest):
        batch()
    with pytest.raises(sqs.exceptions.TooManyEntriesInBatchRequest):
        batch(*[entry(str(index)) for index in range(11)])
    with pytest.raises(sqs.exceptions.BatchEntryIdsNotDistinct):
        batch(entry("a"), entry("a"))
    with pytest.raises(sqs.exceptions.InvalidBatchEntryId):
        batch(entry("not valid"))
    with refused("AWS.SimpleQueueService.BatchRequestTooLong") as refusal:
        batch(entry("a", "x" * 1_048_576), entry("b", "y"))
    assert refusal.message == "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."


# Receiving


def test_visibility(sqs, url):
    sqs.send_message(QueueUrl=url, MessageBody="x")
    [first] = receive(sqs, url)
    assert receive(sqs, url) == []
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
    [second] = receive(sqs, url, AttributeNames=["ApproximateReceiveCount"])
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    with refused("InvalidParameterValue") as refusal:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
    assert "Message does not exist or is not available for visibility timeout change." in refusal.message
    with pytest.raises(sqs.exceptions.ReceiptHandleIsInvalid):
        sqs.delete_message(QueueUrl=url, ReceiptHandle="garbage")
    with refused("InvalidParameterValue"):
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=43_201)


def test_receive_errors(sqs, url):
    for arguments, text in [
        ({"MaxNumberOfMessages": 11}, "Value 11 for parameter MaxNumberOfMessages is invalid. "
         "Reason: Must be between 1 and 10, if provided."),
        ({"WaitTimeSeconds": 21}, "Value 21 for parameter WaitTimeSeconds is invalid. "
         "Reason: Must be >= 0 and <= 20, if provided."),
    ]:
        with refused("InvalidParameterValue") as refusal:
            receive(sqs, url, **arguments)
        assert refusal.message == text


def test_delay(sqs, url):
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=1)
    assert receive(sqs, url) == []
    started = time.monotonic()
    [message] = receive(sqs, url, WaitTimeSeconds=5)
    assert message["Body"] == "later"
    assert 0.5 < time.monotonic() - started < 3


def test_long_poll_wakes(sqs, url):
    threading.Timer(0.3, lambda: make_client("sqs").send_message(QueueUrl=url, MessageBody="now")).start()
    started = time.monotonic()
    [message] = receive(sqs, url, WaitTimeSeconds=10)
    assert message["Body"] == "now"
    assert time.monotonic() - started < 3


def test_long_poll_ends_empty(sqs, url):
    started = time.monotonic()
    assert receive(sqs, url, WaitTimeSeconds=1) == []
    assert 0.9 < time.monotonic() - started < 3


def test_a_client_that_left_gets_nothing(sqs, url):
    from botocore.config import Config
    from botocore.exceptions import ReadTimeoutError

    hasty = make_client("sqs", config=Config(read_timeout=0.3, retries={"total_max_attempts": 1}))
    with pytest.raises(ReadTimeoutError):
        hasty.receive_message(QueueUrl=url, WaitTimeSeconds=10)
    time.sleep(0.2)
    sqs.send_message(QueueUrl=url, MessageBody="kept")
    [message] = receive(sqs, url, AttributeNames=["ApproximateReceiveCount"])
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


def test_dead_letter_queue(sqs, url, name):
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = attributes(sqs, dead, "QueueArn")["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
    assert json.loads(attributes(sqs, url, "RedrivePolicy")["RedrivePolicy"]) == json.loads(policy)
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]
    sent = sqs.send_message(QueueUrl=url, MessageBody="poison")
    for _ in range(2):
        assert len(receive(sqs, url, VisibilityTimeout=0)) == 1
    assert receive(sqs, url) == []
    [message] = receive(sqs, dead, WaitTimeSeconds=5, AttributeNames=["All"])
    assert message["MessageId"] == sent["MessageId"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "3"
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == attributes(sqs, url, "QueueArn")["QueueArn"]
    with refused("InvalidParameterValue"):
        sqs.set_queue_attributes(
            QueueUrl=url, Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn + "x", "maxReceiveCount": 1})}
        )
    sqs.delete_queue(QueueUrl=dead)


def test_regions_are_apart(name):
    here, there = make_client("sqs"), make_client("sqs", region_name="eu-west-1")
    url = there.create_queue(QueueName=name)["QueueUrl"]
    with pytest.raises(here.exceptions.QueueDoesNotExist):
        here.get_queue_url(QueueName=name)
    found = there.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    assert found == f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{name}"
    there.delete_queue(QueueUrl=url)
