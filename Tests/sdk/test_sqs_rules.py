"""What SQS accepts, refuses and promises of standard queues, rule by rule, with unmodified boto3."""

import hashlib
import json
import struct
import threading
import time

import pytest
from conftest import ACCOUNT, REGION, make_client, refused

LARGEST = 1_048_576


def arn(name, account=ACCOUNT, region=REGION):
    return f"arn:aws:sqs:{region}:{account}:{name}"


def text(value, kind="String"):
    return {"DataType": kind, "StringValue": value}


def binary(value, kind="Binary"):
    return {"DataType": kind, "BinaryValue": value}


def md5(attributes):
    """The digest by the developer guide's rule, made here from scratch."""
    out = b""
    for name in sorted(attributes):
        value = attributes[name]
        kind = value["DataType"].encode()
        raw = value["BinaryValue"] if "BinaryValue" in value else value["StringValue"].encode()
        out += struct.pack(">I", len(name.encode())) + name.encode() + struct.pack(">I", len(kind)) + kind
        out += (b"\x02" if "BinaryValue" in value else b"\x01") + struct.pack(">I", len(raw)) + raw
    return hashlib.md5(out).hexdigest()


class Queue:
    def __init__(self, sqs, name, **attributes):
        self.sqs, self.name = sqs, name
        self.url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def set(self, **attributes):
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes=attributes)

    def get(self, *names):
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=list(names) or ["All"])
        return found.get("Attributes", {})

    def send(self, body="x", **arguments):
        return self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **arguments)

    def send_batch(self, *entries):
        return self.sqs.send_message_batch(QueueUrl=self.url, Entries=list(entries))

    def receive(self, **arguments):
        answer = self.sqs.receive_message(QueueUrl=self.url, **{"MaxNumberOfMessages": 10, **arguments})
        return answer.get("Messages", [])

    def change(self, message, seconds):
        self.sqs.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=seconds
        )

    def delete(self, message):
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
def make(sqs, name):
    made = []

    def queue(suffix="", **attributes):
        made.append(Queue(sqs, name + suffix, **attributes))
        return made[-1]

    yield queue
    for one in made:
        try:
            sqs.delete_queue(QueueUrl=one.url)
        except sqs.exceptions.QueueDoesNotExist:
            pass


@pytest.fixture
def queue(make):
    return make()


# Attributes of queues

RANGES = [
    ("VisibilityTimeout", 0, 43_200, "30"),
    ("DelaySeconds", 0, 900, "0"),
    ("ReceiveMessageWaitTimeSeconds", 0, 20, "0"),
    ("MessageRetentionPeriod", 60, 1_209_600, "345600"),
    ("MaximumMessageSize", 1_024, LARGEST, str(LARGEST)),
]


@pytest.mark.parametrize("attribute, low, high, default", RANGES)
def test_ranges(queue, sqs, name, attribute, low, high, default):
    for good in [low, high]:
        queue.set(**{attribute: str(good)})
        assert queue.get(attribute) == {attribute: str(good)}
    for bad in [str(low - 1), str(high + 1), "ten", "1.5"]:
        with refused("InvalidAttributeValue") as refusal:
            queue.set(**{attribute: bad})
        assert refusal.message == f"Invalid value for the parameter {attribute}."
        with refused("InvalidAttributeValue"):
            sqs.create_queue(QueueName=f"{name}-bad", Attributes={attribute: bad})
    assert queue.get(attribute) == {attribute: str(high)}
    queue.set(**{attribute: ""})
    assert queue.get(attribute) == {attribute: default}


def test_a_refused_change_changes_nothing(queue):
    with refused("InvalidAttributeValue"):
        queue.set(VisibilityTimeout="7", DelaySeconds="901")
    assert queue.get("VisibilityTimeout") == {"VisibilityTimeout": "30"}


def test_unknown_attributes(queue, sqs, name):
    for attribute, value, words in [
        ("Colour", "red", "Unknown Attribute Colour."),
        ("FifoQueue", "false", "Unknown Attribute FifoQueue."),
        ("ContentBasedDeduplication", "true", "Unknown Attribute ContentBasedDeduplication."),
        ("DeduplicationScope", "queue", "You can specify the DeduplicationScope only when FifoQueue is set to true."),
        ("FifoThroughputLimit", "perQueue", "You can specify the FifoThroughputLimit only when FifoQueue is set to true."),
    ]:
        with refused("InvalidAttributeName") as refusal:
            queue.set(**{attribute: value})
        assert refusal.message == words
        with refused("InvalidAttributeName") as refusal:
            sqs.create_queue(QueueName=f"{name}-bad", Attributes={attribute: value})
        assert refusal.message == words
    with refused("InvalidAttributeValue") as refusal:
        queue.set(FifoQueue="true")
    assert refusal.message == "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported."
    with refused("InvalidAttributeName") as refusal:
        queue.get("Colour")
    assert refusal.message == "Unknown Attribute Colour."


def test_read_only_attributes(queue):
    for attribute in ["QueueArn", "CreatedTimestamp", "ApproximateNumberOfMessages"]:
        with refused("InvalidAttributeName"):
            queue.set(**{attribute: "1"})


def test_encryption(queue):
    assert queue.get("SqsManagedSseEnabled") == {"SqsManagedSseEnabled": "true"}
    queue.set(KmsMasterKeyId="alias/mine")
    found = queue.get("All")
    assert found["SqsManagedSseEnabled"] == "false"
    assert found["KmsMasterKeyId"] == "alias/mine"
    assert found["KmsDataKeyReusePeriodSeconds"] == "300"
    with refused("InvalidAttributeName") as refusal:
        queue.set(KmsMasterKeyId="alias/mine", SqsManagedSseEnabled="true")
    assert refusal.message == (
        "You can use one type of server-side encryption (SSE) at one time. "
        "You can either enable KMS SSE or SQS SSE."
    )
    for bad in ["59", "86401"]:
        with refused("InvalidAttributeValue"):
            queue.set(KmsDataKeyReusePeriodSeconds=bad)


def test_create_again(make, sqs, name):
    queue = make(DelaySeconds="3", VisibilityTimeout="40")
    assert sqs.create_queue(QueueName=name)["QueueUrl"] == queue.url
    assert sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "3"})["QueueUrl"] == queue.url
    with refused("QueueAlreadyExists") as refusal:
        sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "3", "VisibilityTimeout": "41"})
    assert refusal.status == 400
    assert refusal.message == (
        "A queue already exists with the same name and a different value for attribute VisibilityTimeout"
    )
    queue.set(VisibilityTimeout="41")
    assert sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "41"})["QueueUrl"] == queue.url
    sqs.delete_queue(QueueUrl=queue.url)
    with refused("AWS.SimpleQueueService.QueueDeletedRecently") as refusal:
        sqs.create_queue(QueueName=name)
    assert refusal.message == (
        "You must wait 60 seconds after deleting a queue before you can create another with the same name."
    )


@pytest.mark.parametrize("bad", ["", "a b", "a.b", "ä", "a" * 81])
def test_bad_names(sqs, bad):
    with refused("InvalidParameterValue" if bad else "MissingParameter"):
        sqs.create_queue(QueueName=bad)


def test_longest_name(make, name):
    assert make("-" * (80 - len(name))).url.endswith("-")


# Redrive policies


def policy(target, count):
    return json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": count})


def test_redrive_policy(make, sqs, name):
    dead, queue = make("-dead"), make()
    for count in [1, 1_000, "5"]:
        queue.set(RedrivePolicy=policy(arn(dead.name), count))
        assert json.loads(queue.get("RedrivePolicy")["RedrivePolicy"]) == {
            "deadLetterTargetArn": arn(dead.name),
            "maxReceiveCount": int(count),
        }
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead.url)["queueUrls"] == [queue.url]
    for bad, reason in [
        ("no json", "Redrive policy is not a valid JSON map."),
        ('["a"]', "Redrive policy is not a valid JSON map."),
        ("{}", "Redrive policy does not contain mandatory attribute: deadLetterTargetArn."),
        (
            json.dumps({"deadLetterTargetArn": arn(dead.name)}),
            "Redrive policy does not contain mandatory attribute: maxReceiveCount.",
        ),
        (
            policy(arn(dead.name), 0),
            "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.",
        ),
        (
            policy(arn(dead.name), 1_001),
            "Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive.",
        ),
        (policy("garbage", 1), "Invalid value for deadLetterTargetArn."),
        (policy("arn:aws:sns:us-east-1:000000000000:t", 1), "Invalid value for deadLetterTargetArn."),
        (policy(arn("there-is-no-such-queue"), 1), "Dead letter target does not exist."),
        (policy(arn(dead.name, account="111111111111"), 1), "Dead-letter target owner should be same as the source."),
        (policy(arn(dead.name, region="eu-west-1"), 1), "Dead-letter target region should be same as the source."),
    ]:
        with refused("InvalidParameterValue") as refusal:
            queue.set(RedrivePolicy=bad)
        assert refusal.message == f"Value {bad} for parameter RedrivePolicy is invalid. Reason: {reason}"
        with refused("InvalidParameterValue"):
            sqs.create_queue(QueueName=f"{name}-bad", Attributes={"RedrivePolicy": bad})
    queue.set(RedrivePolicy="")
    assert queue.get("RedrivePolicy") == {}
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead.url)["queueUrls"] == []


def test_redrive_allow_policy(make):
    dead, queue = make("-dead"), make()
    wanted = policy(arn(dead.name), 1)

    def allow(**members):
        dead.set(RedriveAllowPolicy=json.dumps(members))

    allow(redrivePermission="denyAll")
    with refused("InvalidParameterValue"):
        queue.set(RedrivePolicy=wanted)
    allow(redrivePermission="byQueue", sourceQueueArns=[arn("another")])
    with refused("InvalidParameterValue"):
        queue.set(RedrivePolicy=wanted)
    assert queue.get("RedrivePolicy") == {}
    allow(redrivePermission="byQueue", sourceQueueArns=[arn("another"), arn(queue.name)])
    queue.set(RedrivePolicy=wanted)
    # A policy that was allowed goes on, whatever the dead-letter queue says later.
    allow(redrivePermission="denyAll")
    queue.send("poison")
    assert len(queue.receive(VisibilityTimeout=0)) == 1
    assert queue.receive(VisibilityTimeout=0) == []
    assert len(dead.receive(WaitTimeSeconds=5)) == 1
    # It does not name it anew.
    with refused("InvalidParameterValue"):
        queue.set(RedrivePolicy=policy(arn(dead.name), 2))
    allow(redrivePermission="allowAll")
    queue.set(RedrivePolicy=policy(arn(dead.name), 2))
    dead.set(RedriveAllowPolicy="")
    assert dead.get("RedriveAllowPolicy") == {}
    ten = [arn(f"source-{number}") for number in range(10)]
    allow(redrivePermission="byQueue", sourceQueueArns=ten)
    for bad in [
        {},
        {"redrivePermission": "sometimes"},
        {"redrivePermission": "byQueue"},
        {"redrivePermission": "byQueue", "sourceQueueArns": []},
        {"redrivePermission": "byQueue", "sourceQueueArns": ten + [arn("one-too-many")]},
        {"redrivePermission": "byQueue", "sourceQueueArns": ["garbage"]},
        {"redrivePermission": "byQueue", "sourceQueueArns": arn("a")},
        {"redrivePermission": "denyAll", "sourceQueueArns": [arn("a")]},
        {"redrivePermission": "allowAll", "more": 1},
    ]:
        with refused("InvalidAttributeValue") as refusal:
            allow(**bad)
        assert refusal.message == (
            "Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can't create the redrive allow "
            "policy, as it’s in an unsupported format."
        )
    assert json.loads(dead.get("RedriveAllowPolicy")["RedriveAllowPolicy"])["sourceQueueArns"] == ten


def test_dead_letters(make):
    dead = make("-dead")
    queue = make(RedrivePolicy=policy(arn(dead.name), 2))
    sent = queue.send(
        "poison",
        MessageAttributes={"Hello": text("There")},
        MessageSystemAttributes={"AWSTraceHeader": text("Root=1-2-3")},
    )
    [first] = queue.receive(VisibilityTimeout=0, AttributeNames=["All"])
    [second] = queue.receive(VisibilityTimeout=0, AttributeNames=["All"])
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    assert queue.receive() == []
    [message] = dead.receive(WaitTimeSeconds=5, AttributeNames=["All"], MessageAttributeNames=["All"])
    assert message["MessageId"] == sent["MessageId"]
    assert message["Body"] == "poison"
    assert message["MessageAttributes"] == {"Hello": text("There")}
    found = message["Attributes"]
    assert found["ApproximateReceiveCount"] == "3"
    assert found["AWSTraceHeader"] == "Root=1-2-3"
    assert found["DeadLetterQueueSourceArn"] == arn(queue.name)
    for same in ["SentTimestamp", "ApproximateFirstReceiveTimestamp", "SenderId"]:
        assert found[same] == first["Attributes"][same]


def test_chain(make):
    last = make("-c")
    middle = make("-b", RedrivePolicy=policy(arn(last.name), 2), VisibilityTimeout="0")
    queue = make(RedrivePolicy=policy(arn(middle.name), 1), VisibilityTimeout="0")
    sent = queue.send("poison")
    counts = []
    for where, expected in [(queue, 1), (middle, 2)]:
        for _ in range(expected):
            [message] = where.receive(WaitTimeSeconds=5, AttributeNames=["ApproximateReceiveCount"])
            counts.append(message["Attributes"]["ApproximateReceiveCount"])
        assert where.receive() == []
    assert counts == ["1", "2", "3"]
    [message] = last.receive(WaitTimeSeconds=5, AttributeNames=["All"])
    assert message["MessageId"] == sent["MessageId"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "4"
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == arn(middle.name)


def test_deleted_dead_letter_queue(make, sqs):
    dead = make("-dead")
    queue = make(RedrivePolicy=policy(arn(dead.name), 1), VisibilityTimeout="0")
    queue.send("poison")
    sqs.delete_queue(QueueUrl=dead.url)
    for count in ["1", "2", "3"]:
        [message] = queue.receive(AttributeNames=["ApproximateReceiveCount"])
        assert message["Attributes"]["ApproximateReceiveCount"] == count


# Digests

BINARY = b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"
VECTORS = [
    ({"MyAttribute": text("foobar")}, "adb59cd4678ea5a855436b949cd07ab6"),
    ({"Hello": text("There")}, "a311262e065454b75da111d535b8dacd"),
    ({"General": text("Kenobi"), "Hello": text("There")}, "fca026605781cb4126a1e9044df24232"),
    (
        {"General": text("Kenobi"), "Hello": text("There"), "Help.Me": text("Me")},
        "4c360f3fdafd970e05fae2f149d997f5",
    ),
    (
        {"WeeksOn": text("6", "Number"), "Author": text("John Grisham"), "Title": text("The Whistler")},
        "d25a6aea97eb8f585bfa92d314504a92",
    ),
    ({"attr1": binary(BINARY)}, "8cbe4db156db8a94db8b801b7addb984"),
]


@pytest.mark.parametrize("attributes, digest", VECTORS)
def test_digests(queue, attributes, digest):
    sent = queue.send("body", MessageAttributes=attributes)
    assert sent["MD5OfMessageBody"] == hashlib.md5(b"body").hexdigest()
    assert sent["MD5OfMessageAttributes"] == digest == md5(attributes)
    batch = queue.send_batch({"Id": "a", "MessageBody": "body", "MessageAttributes": attributes})
    assert batch["Successful"][0]["MD5OfMessageAttributes"] == digest
    for message in queue.receive(MessageAttributeNames=["All"]):
        assert message["MD5OfMessageAttributes"] == digest
        assert message["MessageAttributes"] == attributes


def test_digest_of_system_attributes(queue):
    trace = {"AWSTraceHeader": text("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")}
    sent = queue.send("body", MessageSystemAttributes=trace, MessageAttributes={"Hello": text("There")})
    assert sent["MD5OfMessageSystemAttributes"] == "5ae4d5d7636402d80f4eb6d213245a88"
    assert sent["MD5OfMessageAttributes"] == "a311262e065454b75da111d535b8dacd"
    plain = queue.send("body", MessageSystemAttributes=trace)
    assert plain["MD5OfMessageSystemAttributes"] == "5ae4d5d7636402d80f4eb6d213245a88"
    assert "MD5OfMessageAttributes" not in plain
    assert "MD5OfMessageSystemAttributes" not in queue.send("body")


def test_digests_of_odd_types(queue):
    attributes = {
        "Ümläut": text("ß", "String.größe"),
        "n": text("-1.5e3", "Number.float"),
        "b": binary(bytes(range(256)), "Binary.png"),
        "a-b_c.d": text(" "),
    }
    assert queue.send("body", MessageAttributes=attributes)["MD5OfMessageAttributes"] == md5(attributes)


# Attributes of messages


def send_attribute(queue, name, value):
    return queue.send("body", MessageAttributes={name: value})


@pytest.mark.parametrize("bad", ["AWS.x", "aws.x", "Amazon.x", "aMaZoN.x", ".x", "x.", "x..y", "a b", "a/b", "a" * 257, ""])
def test_bad_attribute_names(queue, bad):
    with refused("InvalidParameterValue"):
        send_attribute(queue, bad, text("x"))
    assert queue.receive() == []


@pytest.mark.parametrize("good", ["AWSx", "a" * 256, "a.b-c_d", "ÄÖÜ", "1"])
def test_good_attribute_names(queue, good):
    send_attribute(queue, good, text("x"))
    [message] = queue.receive(MessageAttributeNames=["All"])
    assert list(message["MessageAttributes"]) == [good]


@pytest.mark.parametrize("bad", ["", "string", "Strings", "Float", "String.", ".String", "String." + "x" * 250])
def test_bad_types(queue, bad):
    with refused("InvalidParameterValue"):
        send_attribute(queue, "X", text("x", bad))


NUMBERS = ["0", "-0", "+1", "1" * 38, "0." + "1" * 38, "1e126", "1E-128", "1" + "0" * 60, "0" * 50 + "1", ".5", "5."]
NO_NUMBERS = ["one", "", " 1", "1 ", "1" * 39, "1.1" + "1" * 37, "1e127", "1e-129", "1e", "e5", "0x10", "NaN", "--1", "1.2.3", "."]


@pytest.mark.parametrize("good", NUMBERS)
def test_numbers(queue, good):
    send_attribute(queue, "X", text(good, "Number"))


@pytest.mark.parametrize("bad", NO_NUMBERS)
def test_no_numbers(queue, bad):
    with refused("InvalidParameterValue"):
        send_attribute(queue, "X", text(bad, "Number"))


def test_attribute_values(queue):
    for value, kind in [(text(""), "String"), (text("", "Number"), "String"), (binary(b""), "Binary")]:
        with refused("InvalidParameterValue") as refusal:
            send_attribute(queue, "X", value)
        assert refusal.message == f"Message (user) attribute 'X' must contain a non-empty value of type '{kind}'."
    for value in [{"DataType": "String"}, {"DataType": "String", "BinaryValue": b"x"}, text("x", "Binary")]:
        with refused("InvalidParameterValue"):
            send_attribute(queue, "X", value)
    with refused("InvalidMessageContents"):
        send_attribute(queue, "X", text("a\x01"))
    queue.send("body", MessageAttributes={f"a{number}": text("x") for number in range(10)})
    with refused("InvalidParameterValue") as refusal:
        queue.send("body", MessageAttributes={f"a{number}": text("x") for number in range(11)})
    assert refusal.message == "Number of message attributes [11] exceeds the allowed maximum [10]."
    failed = queue.send_batch({"Id": "a", "MessageBody": "b", "MessageAttributes": {"X": text("")}})["Failed"]
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in failed] == [
        ("a", "InvalidParameterValue", True)
    ]


def test_system_attributes(queue):
    for bad in [{"Other": text("x")}, {"AWSTraceHeader": text("1", "Number")}, {"AWSTraceHeader": binary(b"x")}]:
        with refused("InvalidParameterValue"):
            queue.send("body", MessageSystemAttributes=bad)


# Bodies and sizes


@pytest.mark.parametrize("bad", ["\x00", "\x08", "\x0b", "\x0c", "\x0e", "\x1f", "\ufffe", "\uffff"])
def test_characters_that_are_refused(queue, bad):
    with refused("InvalidMessageContents"):
        queue.send(f"a{bad}b")
    answer = queue.send_batch({"Id": "bad", "MessageBody": bad}, {"Id": "good", "MessageBody": "x"})
    assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
    [failed] = answer["Failed"]
    assert (failed["Id"], failed["Code"], failed["SenderFault"]) == ("bad", "InvalidMessageContents", True)


def test_characters_that_pass(queue):
    body = "\t\n\r \x7f\x80\ud7ff\ue000\ufffd\U00010000\U0010ffff"
    queue.send(body)
    [message] = queue.receive()
    assert message["Body"] == body


def test_size_of_a_message(queue):
    attributes = {"Name": text("value")}
    room = LARGEST - len("Name" + "String" + "value")
    queue.send("x" * room, MessageAttributes=attributes)
    with refused("InvalidParameterValue") as refusal:
        queue.send("x" * (room + 1), MessageAttributes=attributes)
    words = "One or more parameters are invalid. Reason: Message must be shorter than {} bytes."
    assert refusal.message == words.format(LARGEST)
    # System attributes do not count.
    queue.send("x" * LARGEST, MessageSystemAttributes={"AWSTraceHeader": text("Root=1-2-3")})
    queue.set(MaximumMessageSize="1024")
    queue.send("ä" * 512)
    with refused("InvalidParameterValue") as refusal:
        queue.send("ä" * 512 + "x")
    assert refusal.message == words.format(1024)
    answer = queue.send_batch({"Id": "long", "MessageBody": "x" * 1025}, {"Id": "good", "MessageBody": "x" * 1024})
    [failed] = answer["Failed"]
    assert failed == {
        "Id": "long",
        "SenderFault": True,
        "Code": "InvalidParameterValue",
        "Message": "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.",
    }


def test_size_of_a_batch(queue):
    half = {"MessageBody": "x" * (LARGEST // 2)}
    answer = queue.send_batch({"Id": "a", **half}, {"Id": "b", **half})
    assert len(answer["Successful"]) == 2
    with refused("AWS.SimpleQueueService.BatchRequestTooLong") as refusal:
        queue.send_batch({"Id": "a", **half}, {"Id": "b", **half}, {"Id": "c", "MessageBody": "y"})
    assert refusal.message == "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."
    assert queue.get("ApproximateNumberOfMessages") == {"ApproximateNumberOfMessages": "2"}


def test_no_body(queue):
    with refused("MissingParameter") as refusal:
        queue.send("")
    assert refusal.message == "The request must contain the parameter MessageBody."
    with refused("MissingParameter"):
        queue.send_batch({"Id": "a"})


@pytest.mark.parametrize("bad", [-1, 901])
def test_delays_that_are_refused(queue, bad):
    with refused("InvalidParameterValue") as refusal:
        queue.send("x", DelaySeconds=bad)
    assert refusal.message.startswith(f"Value {bad} for parameter DelaySeconds is invalid. Reason: ")
    [failed] = queue.send_batch({"Id": "a", "MessageBody": "x", "DelaySeconds": bad})["Failed"]
    assert failed["Code"] == "InvalidParameterValue"


def test_fifo_parameters(queue):
    with refused("InvalidParameterValue") as refusal:
        queue.send("x", MessageDeduplicationId="d")
    assert refusal.message == (
        "Value d for parameter MessageDeduplicationId is invalid. "
        "Reason: The request include parameter that is not valid for this queue type."
    )
    queue.send("x", MessageGroupId="g" * 128)
    [message] = queue.receive(AttributeNames=["All"])
    assert message["Attributes"]["MessageGroupId"] == "g" * 128
    assert "SequenceNumber" not in message["Attributes"]
    for bad in ["g" * 129, "group 123", "ä"]:
        with refused("InvalidParameterValue") as refusal:
            queue.send("x", MessageGroupId=bad)
        assert refusal.message == (
            f"Value {bad} for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include "
            "alphanumeric and punctuation characters. 1 to 128 in length."
        )


# Batches


def batches(queue):
    """Each batch operation with a good entry, and what its error for an empty batch calls an entry."""
    sqs, url = queue.sqs, queue.url
    return [
        (lambda entries: sqs.send_message_batch(QueueUrl=url, Entries=entries), {"MessageBody": "x"}, "SendMessage"),
        (lambda entries: sqs.delete_message_batch(QueueUrl=url, Entries=entries), {"ReceiptHandle": "x"}, "DeleteMessage"),
        (
            lambda entries: sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries),
            {"ReceiptHandle": "x", "VisibilityTimeout": 1},
            "ChangeMessageVisibility",
        ),
    ]


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_batches_that_are_refused(queue, kind):
    call, entry, operation = batches(queue)[kind]
    prefix = "AWS.SimpleQueueService."
    with refused(prefix + "EmptyBatchRequest") as refusal:
        call([])
    assert refusal.message == f"There should be at least one {operation}BatchRequestEntry in the request."
    with refused(prefix + "TooManyEntriesInBatchRequest") as refusal:
        call([{"Id": str(number), **entry} for number in range(20)])
    assert refusal.message == "Maximum number of entries per request are 10. You have sent 20."
    with refused(prefix + "BatchEntryIdsNotDistinct") as refusal:
        call([{"Id": "x", **entry}, {"Id": "y", **entry}, {"Id": "x", **entry}])
    assert refusal.message == "Id x repeated."
    for bad in ["", "a b", "a.b", "ä", "a" * 81]:
        with refused(prefix + "InvalidBatchEntryId") as refusal:
            call([{"Id": bad, **entry}])
        assert refusal.message == (
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
            "It can be at most 80 letters long."
        )
    call([{"Id": "a" * 80, **entry}])


def test_batches_that_fail_in_part(queue):
    queue.send_batch(*[{"Id": str(number), "MessageBody": str(number)} for number in range(3)])
    messages = queue.receive()
    assert len(messages) == 3
    queue.delete(messages[0])
    entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"], "VisibilityTimeout": 5} for n, m in enumerate(messages)]
    entries += [{"Id": "garbage", "ReceiptHandle": "garbage", "VisibilityTimeout": 5}]
    entries[2]["VisibilityTimeout"] = 43_201
    answer = queue.sqs.change_message_visibility_batch(QueueUrl=queue.url, Entries=entries)
    assert answer["Successful"] == [{"Id": "1"}]
    codes = {entry["Id"]: entry["Code"] for entry in answer["Failed"]}
    assert codes == {"0": "InvalidParameterValue", "2": "InvalidParameterValue", "garbage": "ReceiptHandleIsInvalid"}
    entries = [{"Id": entry["Id"], "ReceiptHandle": entry["ReceiptHandle"]} for entry in entries]
    answer = queue.sqs.delete_message_batch(QueueUrl=queue.url, Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["0", "1", "2"]
    assert answer["Failed"] == [
        {
            "Id": "garbage",
            "SenderFault": True,
            "Code": "ReceiptHandleIsInvalid",
            "Message": 'The input receipt handle "garbage" is not a valid receipt handle.',
        }
    ]


# Receiving


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"MaxNumberOfMessages": 0}, "Value 0 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."),
        ({"MaxNumberOfMessages": 11}, "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."),
        ({"WaitTimeSeconds": -1}, "Value -1 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."),
        ({"WaitTimeSeconds": 21}, "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."),
        ({"VisibilityTimeout": -1}, "Value -1 for parameter VisibilityTimeout is invalid. Reason: "),
        ({"VisibilityTimeout": 43_201}, "Value 43201 for parameter VisibilityTimeout is invalid. Reason: "),
        (
            {"ReceiveRequestAttemptId": "a"},
            "Value a for parameter ReceiveRequestAttemptId is invalid. Reason: "
            "The request include parameter that is not valid for this queue type.",
        ),
    ],
)
def test_receives_that_are_refused(queue, arguments, words):
    with refused("InvalidParameterValue") as refusal:
        queue.receive(**arguments)
    assert refusal.message.startswith(words)


def test_receives(queue):
    queue.send("x")
    [first] = queue.receive(VisibilityTimeout=0, AttributeNames=["All"])
    time.sleep(0.01)
    [second] = queue.receive(AttributeNames=["All"])
    assert first["ReceiptHandle"] != second["ReceiptHandle"]
    assert first["MessageId"] == second["MessageId"]
    assert first["Attributes"]["ApproximateReceiveCount"] == "1"
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    for same in ["ApproximateFirstReceiveTimestamp", "SentTimestamp", "SenderId"]:
        assert first["Attributes"][same] == second["Attributes"][same]
    assert queue.receive() == []
    assert queue.get("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible") == {
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "1",
    }


def test_the_receive_s_timeout_beats_the_queue_s(make):
    queue = make(VisibilityTimeout="0")
    queue.send("x")
    assert len(queue.receive()) == 1
    assert len(queue.receive(VisibilityTimeout=1)) == 1
    assert queue.receive() == []
    [message] = queue.receive(WaitTimeSeconds=3)
    assert message["Body"] == "x"


def test_handles(queue, make):
    queue.send("x")
    [old] = queue.receive(VisibilityTimeout=0)
    [new] = queue.receive()
    # The old handle controls the message still.
    queue.change(old, 0)
    [newest] = queue.receive(VisibilityTimeout=0)
    # After the timeout, while nobody received it again.
    queue.change(newest, 60)
    assert queue.receive() == []
    queue.delete(old)
    queue.delete(old)
    queue.delete(new)
    with refused("InvalidParameterValue") as refusal:
        queue.change(new, 0)
    assert refusal.message == (
        f"Value {new['ReceiptHandle']} for parameter ReceiptHandle is invalid. "
        "Reason: Message does not exist or is not available for visibility timeout change."
    )
    other = make("-other")
    other.send("y")
    [foreign] = other.receive()
    for bad in ["garbage", "a" * 1_000, foreign["ReceiptHandle"]]:
        for call in [lambda: queue.delete({"ReceiptHandle": bad}), lambda: queue.change({"ReceiptHandle": bad}, 0)]:
            with refused("ReceiptHandleIsInvalid") as refusal:
                call()
            assert refusal.message == f'The input receipt handle "{bad}" is not a valid receipt handle.'
    with refused("MissingParameter"):
        queue.delete({"ReceiptHandle": ""})


def test_longest_visibility(queue):
    queue.send("x")
    [message] = queue.receive()
    queue.change(message, 43_200)
    time.sleep(1.1)
    with refused("InvalidParameterValue") as refusal:
        queue.change(message, 43_200)
    assert refusal.message == (
        "Value 43200 for parameter VisibilityTimeout is invalid. "
        "Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]."
    )
    for bad in [-1, 43_201]:
        with refused("InvalidParameterValue"):
            queue.change(message, bad)


def test_delays(make):
    queue = make(DelaySeconds="900")
    queue.send("the queue's own")
    queue.send("none", DelaySeconds=0)
    assert [message["Body"] for message in queue.receive()] == ["none"]
    # A change is not for what was sent.
    queue.set(DelaySeconds="0")
    assert queue.receive() == []
    queue.send("a second", DelaySeconds=1)
    assert queue.receive() == []
    assert queue.get("ApproximateNumberOfMessagesDelayed") == {"ApproximateNumberOfMessagesDelayed": "2"}
    [message] = queue.receive(WaitTimeSeconds=3)
    assert message["Body"] == "a second"


def test_long_polls(make):
    queue = make(ReceiveMessageWaitTimeSeconds="1")
    started = time.monotonic()
    assert queue.receive() == []
    assert 0.9 < time.monotonic() - started < 3
    started = time.monotonic()
    assert queue.receive(WaitTimeSeconds=0) == []
    assert time.monotonic() - started < 0.5
    # One message is enough, however many were asked for.
    threading.Timer(0.2, lambda: make_client("sqs").send_message(QueueUrl=queue.url, MessageBody="now")).start()
    started = time.monotonic()
    assert len(queue.receive(WaitTimeSeconds=20)) == 1
    assert time.monotonic() - started < 3


def test_names_of_message_attributes(queue):
    attributes = {"Hello": text("There"), "Help.Me": text("Me"), "General": text("Kenobi")}
    queue.send("x", MessageAttributes=attributes)

    def names(*wanted):
        [message] = queue.receive(VisibilityTimeout=0, MessageAttributeNames=list(wanted))
        found = message.get("MessageAttributes", {})
        assert message.get("MD5OfMessageAttributes") == (md5(found) if found else None)
        return sorted(found)

    for everything in ["All", "*", ".*"]:
        assert names(everything) == sorted(attributes)
    assert names() == []
    assert names("Hello") == ["Hello"]
    assert names("Hel.*") == ["Hello", "Help.Me"]
    assert names("Hello", "General", "Hello") == ["General", "Hello"]
    assert names("hello", "AWS.x", "..foo", "Nothing.*", "Hel") == []


def test_names_of_system_attributes(queue):
    queue.send("x")

    def names(**arguments):
        [message] = queue.receive(VisibilityTimeout=0, **arguments)
        return sorted(message.get("Attributes", {}))

    everything = ["ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount", "SenderId", "SentTimestamp"]
    assert names() == []
    assert names(AttributeNames=["All"]) == names(MessageSystemAttributeNames=["All"]) == everything
    assert names(AttributeNames=["SenderId"], MessageSystemAttributeNames=["SentTimestamp"]) == ["SenderId", "SentTimestamp"]
    assert names(MessageSystemAttributeNames=["AWSTraceHeader"]) == []


def test_trace_header_of_the_request(queue):
    traced = make_client("sqs")
    traced.meta.events.register(
        "before-sign.sqs.*", lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", "Root=1-header")
    )
    traced.send_message(QueueUrl=queue.url, MessageBody="a")
    traced.send_message_batch(
        QueueUrl=queue.url,
        Entries=[
            {"Id": "b", "MessageBody": "b"},
            {"Id": "c", "MessageBody": "c", "MessageSystemAttributes": {"AWSTraceHeader": text("Root=1-own")}},
        ],
    )
    found = {
        message["Body"]: message["Attributes"]["AWSTraceHeader"]
        for message in queue.receive(AttributeNames=["AWSTraceHeader"])
    }
    assert found == {"a": "Root=1-header", "b": "Root=1-header", "c": "Root=1-own"}


def test_purge(queue, sqs):
    queue.send_batch(*[{"Id": str(number), "MessageBody": "x"} for number in range(3)])
    [held] = queue.receive(MaxNumberOfMessages=1, VisibilityTimeout=0)
    [held] = queue.receive(MaxNumberOfMessages=1)
    queue.send("later", DelaySeconds=900)
    sqs.purge_queue(QueueUrl=queue.url)
    assert queue.get("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed") == {
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
    }
    queue.delete(held)
    with refused("AWS.SimpleQueueService.PurgeQueueInProgress") as refusal:
        sqs.purge_queue(QueueUrl=queue.url)
    assert refusal.status == 403
    assert refusal.message == f"Only one PurgeQueue operation on {queue.name} is allowed every 60 seconds."
    queue.send("after")
    assert [message["Body"] for message in queue.receive()] == ["after"]


def test_queues_that_are_not_there(sqs, queue):
    url = queue.url + "-nothing"
    calls = [
        lambda: sqs.send_message(QueueUrl=url, MessageBody="x"),
        lambda: sqs.receive_message(QueueUrl=url),
        lambda: sqs.purge_queue(QueueUrl=url),
        lambda: sqs.delete_queue(QueueUrl=url),
        lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]),
        lambda: sqs.set_queue_attributes(QueueUrl=url, Attributes={}),
        lambda: sqs.list_dead_letter_source_queues(QueueUrl=url),
        lambda: sqs.get_queue_url(QueueName=queue.name + "-nothing"),
        lambda: sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "x"}]),
    ]
    for call in calls:
        with refused("AWS.SimpleQueueService.NonExistentQueue") as refusal:
            call()
        assert refusal.status == 400
        assert refusal.message == "The specified queue does not exist."
