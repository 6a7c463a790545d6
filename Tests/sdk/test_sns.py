"""SNS by unmodified boto3: topics, subscriptions, filters, queues and HTTP endpoints."""

import base64
import json
import subprocess
import threading
import time
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import ACCOUNT, ENDPOINT, REGION, make_client, refused

MISSING = f"arn:aws:sns:{REGION}:{ACCOUNT}:nobody"


@pytest.fixture(scope="session")
def sns():
    return make_client("sns")


@pytest.fixture
def topic(sns, name):
    arn = sns.create_topic(Name=name)["TopicArn"]
    yield arn
    sns.delete_topic(TopicArn=arn)


@pytest.fixture
def queue(sqs, name):
    return Queue(sqs, f"{name}-q")


class Queue:
    def __init__(self, sqs, name, **attributes):
        self.sqs = sqs
        self.url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def receive(self, wait=0):
        got = self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=wait, MessageAttributeNames=["All"]
        ).get("Messages", [])
        for message in got:
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return got

    def envelopes(self):
        return [json.loads(message["Body"]) for message in self.receive()]


def subscribe(sns, topic, queue, **attributes):
    return sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn, Attributes=attributes)[
        "SubscriptionArn"
    ]


def text(value, kind="String"):
    return {"DataType": kind, "StringValue": value}


class Endpoint:
    """An HTTP endpoint in this process; `statuses` are its next answers, 200 after them."""

    def __init__(self):
        self.requests, self.statuses, self.arrived = [], [], threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with outer.arrived:
                    status = outer.statuses.pop(0) if outer.statuses else 200
                    outer.requests.append((dict(self.headers.items()), body.decode()))
                    outer.arrived.notify_all()
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count):
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.requests) >= count, timeout=20), self.requests
            return [(headers, body) for headers, body in self.requests]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def endpoint():
    made = Endpoint()
    yield made
    made.close()


# Topics


def test_topics_are_made_once_listed_and_deleted(sns, name):
    arn = sns.create_topic(Name=name, Attributes={"DisplayName": "News"}, Tags=[{"Key": "a", "Value": "1"}])[
        "TopicArn"
    ]
    assert arn == f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"
    assert sns.create_topic(Name=name)["TopicArn"] == arn
    assert sns.create_topic(Name=name, Attributes={"DisplayName": "News"})["TopicArn"] == arn
    with refused("InvalidParameter") as refusal:
        sns.create_topic(Name=name, Attributes={"DisplayName": "Other"})
    assert refusal.message == "Invalid parameter: Attributes Reason: Topic already exists with different attributes"
    with refused("InvalidParameter") as refusal:
        sns.create_topic(Name=name, Tags=[{"Key": "a", "Value": "2"}])
    assert refusal.message == "Invalid parameter: Tags Reason: Topic already exists with different tags"
    pages = sns.get_paginator("list_topics").paginate()
    assert arn in [topic["TopicArn"] for page in pages for topic in page["Topics"]]
    sns.delete_topic(TopicArn=arn)
    sns.delete_topic(TopicArn=arn)
    with refused("NotFound") as refusal:
        sns.get_topic_attributes(TopicArn=arn)
    assert (refusal.message, refusal.status) == ("Topic does not exist", 404)


def test_lists_come_in_pages_of_a_hundred(sns, sqs, name):
    topics = [sns.create_topic(Name=f"{name}-{n:03}")["TopicArn"] for n in range(101)]
    first = sns.list_topics()
    assert len(first["Topics"]) == 100 and first["NextToken"]
    found = [t["TopicArn"] for page in sns.get_paginator("list_topics").paginate() for t in page["Topics"]]
    assert set(topics) <= set(found) and len(found) == len(set(found))
    for n in range(101):
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}-{n}"
        sns.subscribe(TopicArn=topics[0], Protocol="sqs", Endpoint=arn)
    first = sns.list_subscriptions_by_topic(TopicArn=topics[0])
    assert len(first["Subscriptions"]) == 100
    rest = sns.list_subscriptions_by_topic(TopicArn=topics[0], NextToken=first["NextToken"])
    assert len(rest["Subscriptions"]) == 1 and "NextToken" not in rest
    found = [s for page in sns.get_paginator("list_subscriptions").paginate() for s in page["Subscriptions"]]
    assert len([s for s in found if s["TopicArn"] == topics[0]]) == 101
    with refused("InvalidParameter"):
        sns.list_subscriptions(NextToken="nonsense")
    for topic in topics:
        sns.delete_topic(TopicArn=topic)


@pytest.mark.parametrize("bad", ["", "a b", "a" * 257, "ä"])
def test_bad_topic_names_are_refused(sns, bad):
    with refused("InvalidParameter"):
        sns.create_topic(Name=bad)


def test_what_is_missing_is_refused_by_name(sns, topic, name):
    with refused("UnsupportedOperation"):
        sns.create_topic(Name=f"{name}.fifo", Attributes={"FifoTopic": "true"})
    with refused("UnsupportedOperation"):
        sns.publish(PhoneNumber="+491234567", Message="x")
    for protocol in ["lambda", "email", "email-json", "sms", "application", "firehose"]:
        with refused("UnsupportedOperation"):
            sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint="x")
    for attribute in ["ContentBasedDeduplication", "HTTPSuccessFeedbackRoleArn", "ArchivePolicy"]:
        with refused("UnsupportedOperation"):
            sns.set_topic_attributes(TopicArn=topic, AttributeName=attribute, AttributeValue="true")
    with refused("UnsupportedOperation") as refusal:
        sns.create_platform_application(Name="x", Platform="GCM", Attributes={})
    assert "CreatePlatformApplication" in refusal.message and refusal.status == 501
    others = [
        sns.get_sms_attributes, sns.list_phone_numbers_opted_out, sns.list_platform_applications,
        sns.list_sms_sandbox_phone_numbers, sns.list_origination_numbers, sns.get_sms_sandbox_account_status,
    ]
    for operation in others:
        with refused("UnsupportedOperation"):
            operation()
    with refused("UnsupportedOperation"):
        sns.get_data_protection_policy(ResourceArn=topic)


def test_topic_attributes_are_shown_and_set(sns, topic):
    def attributes():
        return sns.get_topic_attributes(TopicArn=topic)["Attributes"]

    first = attributes()
    assert first["TopicArn"] == topic and first["Owner"] == ACCOUNT and first["DisplayName"] == ""
    assert first["SubscriptionsConfirmed"] == first["SubscriptionsPending"] == first["SubscriptionsDeleted"] == "0"
    assert json.loads(first["Policy"])["Statement"][0]["Resource"] == topic
    effective = json.loads(first["EffectiveDeliveryPolicy"])
    assert effective["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 3
    policy = {"http": {"defaultHealthyRetryPolicy": {"numRetries": 5}, "disableSubscriptionOverrides": True}}
    own = {"Version": "2012-10-17", "Statement": []}
    values = {
        "DisplayName": "Daily", "SignatureVersion": "2", "KmsMasterKeyId": "alias/aws/sns",
        "DeliveryPolicy": json.dumps(policy), "Policy": json.dumps(own),
    }
    for key, value in values.items():
        sns.set_topic_attributes(TopicArn=topic, AttributeName=key, AttributeValue=value)
    shown = attributes()
    assert {key: shown[key] for key in values} == values
    assert json.loads(shown["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 5
    bad = [
        ("DisplayName", "x" * 101), ("SignatureVersion", "3"), ("Policy", "{"), ("DeliveryPolicy", "{"),
        ("DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"numRetries":101}}}'), ("TracingConfig", "x"),
        ("Nonsense", "x"),
    ]
    for key, value in bad:
        with refused("InvalidParameter"):
            sns.set_topic_attributes(TopicArn=topic, AttributeName=key, AttributeValue=value)
    assert attributes() == shown
    for change in [{"AttributeName": ""}, {"TopicArn": "x"}]:
        with refused("InvalidParameter"):
            sns.set_topic_attributes(**{"TopicArn": topic, "AttributeName": "DisplayName", **change})
    with refused("NotFound"):
        sns.set_topic_attributes(TopicArn=MISSING, AttributeName="DisplayName", AttributeValue="x")


def test_permissions_are_kept_in_the_policy(sns, topic):
    sns.add_permission(TopicArn=topic, Label="friends", AWSAccountId=["111122223333"], ActionName=["Publish"])
    policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    added = [s for s in policy["Statement"] if s["Sid"] == "friends"]
    assert added == [
        {
            "Sid": "friends", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "SNS:Publish", "Resource": topic,
        }
    ]
    with refused("InvalidParameter") as refusal:
        sns.add_permission(TopicArn=topic, Label="friends", AWSAccountId=["1"], ActionName=["Publish"])
    assert refusal.message == "Invalid parameter: Statement already exists"
    with refused("InvalidParameter") as refusal:
        sns.add_permission(TopicArn=topic, Label="x", AWSAccountId=["1"], ActionName=["Dance"])
    assert refusal.message == "Invalid parameter: Policy statement action out of service scope!"
    sns.remove_permission(TopicArn=topic, Label="friends")
    with refused("NotFound"):
        sns.remove_permission(TopicArn=topic, Label="friends")
    with refused("NotFound"):
        sns.add_permission(TopicArn=MISSING, Label="x", AWSAccountId=["1"], ActionName=["Publish"])


def test_tags(sns, topic):
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == []
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "a", "Value": "2"}])
    sns.untag_resource(ResourceArn=topic, TagKeys=["b", "c"])
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "a", "Value": "2"}]
    with refused("InvalidParameter") as refusal:
        sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "x", "Value": "1"}, {"Key": "x", "Value": "2"}])
    assert refusal.message == "Invalid parameter: Duplicated keys are not allowed."
    with refused("TagLimitExceeded"):
        sns.tag_resource(ResourceArn=topic, Tags=[{"Key": f"k{n}", "Value": ""} for n in range(51)])
    for call in [
        lambda: sns.list_tags_for_resource(ResourceArn=MISSING),
        lambda: sns.tag_resource(ResourceArn=MISSING, Tags=[{"Key": "a", "Value": "1"}]),
        lambda: sns.untag_resource(ResourceArn=MISSING, TagKeys=["a"]),
    ]:
        with refused("ResourceNotFound") as refusal:
            call()
        assert refusal.status == 404


# Subscriptions


def test_a_queue_is_subscribed_once(sns, topic, queue):
    arn = subscribe(sns, topic, queue)
    assert arn.startswith(topic + ":")
    assert subscribe(sns, topic, queue) == arn
    with refused("InvalidParameter") as refusal:
        subscribe(sns, topic, queue, RawMessageDelivery="true")
    assert refusal.message == (
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
    )
    listed = {
        "SubscriptionArn": arn, "Owner": ACCOUNT, "Protocol": "sqs", "Endpoint": queue.arn, "TopicArn": topic,
    }
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == [listed]
    pages = sns.get_paginator("list_subscriptions").paginate()
    assert listed in [s for page in pages for s in page["Subscriptions"]]
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsConfirmed"] == "1"
    sns.unsubscribe(SubscriptionArn=arn)
    sns.unsubscribe(SubscriptionArn=arn)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsDeleted"] == "1"
    with refused("NotFound") as refusal:
        sns.get_subscription_attributes(SubscriptionArn=arn)
    assert refusal.message == "Subscription does not exist"


@pytest.mark.parametrize(
    "change, message",
    [
        ({"Protocol": "pigeon"}, "Amazon SNS does not support this protocol string: pigeon"),
        ({"Endpoint": "not-an-arn"}, "SQS endpoint ARN"),
        ({"Protocol": "http", "Endpoint": "https://x/"}, "Endpoint must match the specified protocol"),
        ({"Protocol": "http", "Endpoint": "http://"}, "Endpoint"),
        ({"Protocol": ""}, "Protocol Reason: no value for required parameter"),
        ({"TopicArn": ""}, "TopicArn Reason: no value for required parameter"),
        ({"TopicArn": "x"}, "TopicArn Reason: An ARN must have at least 6 elements, not 1"),
        ({"Attributes": {"Nonsense": "x"}}, "Attributes Reason: AttributeName"),
        (
            {"Attributes": {"RawMessageDelivery": "maybe"}},
            "Attributes Reason: RawMessageDelivery: Invalid value [maybe]. Must be true or false.",
        ),
        ({"Attributes": {"FilterPolicy": "{"}}, "Attributes Reason: FilterPolicy: failed to parse JSON."),
        (
            {"Attributes": {"FilterPolicy": '{"a":{"b":["c"]}}'}},
            "Attributes Reason: Filter policy scope MessageAttributes does not support nested filter policy",
        ),
        (
            {"Attributes": {"FilterPolicyScope": "Both"}},
            "Attributes Reason: FilterPolicyScope: Invalid value [Both]. "
            "Please use either MessageBody or MessageAttributes",
        ),
        (
            {"Attributes": {"RedrivePolicy": '{"deadLetterTargetArn":"x"}'}},
            "Attributes Reason: RedrivePolicy: deadLetterTargetArn is an invalid arn",
        ),
        (
            {"Attributes": {"DeliveryPolicy": "{}"}},
            "Attributes Reason: Delivery policy is only supported for HTTP and HTTPS subscriptions.",
        ),
    ],
)
def test_bad_subscriptions_are_refused(sns, topic, queue, change, message):
    with refused("InvalidParameter") as refusal:
        sns.subscribe(**{"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue.arn, **change})
    assert refusal.message == f"Invalid parameter: {message}"
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_subscription_attributes_are_shown_and_set(sns, topic, queue):
    arn = subscribe(sns, topic, queue)

    def attributes():
        return sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]

    def change(key, value):
        sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName=key, AttributeValue=value)

    first = attributes()
    assert first == {
        "SubscriptionArn": arn, "TopicArn": topic, "Protocol": "sqs", "Endpoint": queue.arn, "Owner": ACCOUNT,
        "SubscriptionPrincipal": f"arn:aws:iam::{ACCOUNT}:root", "ConfirmationWasAuthenticated": "true",
        "PendingConfirmation": "false", "RawMessageDelivery": "false",
    }
    change("RawMessageDelivery", "true")
    change("FilterPolicyScope", "MessageBody")
    change("FilterPolicy", '{"a":{"b":["c"]}}')
    change("RedrivePolicy", json.dumps({"deadLetterTargetArn": queue.arn}))
    shown = attributes()
    assert shown["RawMessageDelivery"] == "true" and shown["FilterPolicyScope"] == "MessageBody"
    assert shown["FilterPolicy"] == '{"a":{"b":["c"]}}'
    assert json.loads(shown["RedrivePolicy"]) == {"deadLetterTargetArn": queue.arn}
    for key, value, message in [
        ("FilterPolicyScope", "MessageAttributes",
         "Filter policy scope MessageAttributes does not support nested filter policy"),
        ("FilterPolicy", '{"a":[{"wrong":1}]}', "FilterPolicy: Unrecognized match type wrong"),
        ("FilterPolicy", '{"a":"b"}', 'FilterPolicy: "a" must be an object or an array'),
        ("RedrivePolicy", "{", "RedrivePolicy: failed to parse JSON."),
        ("Endpoint", "x", "AttributeName"),
    ]:
        with refused("InvalidParameter") as refusal:
            change(key, value)
        assert refusal.message == f"Invalid parameter: {message}"
    with refused("UnsupportedOperation"):
        change("ReplayPolicy", "{}")
    assert attributes() == shown
    change("FilterPolicy", "{}")
    change("RedrivePolicy", "")
    change("RawMessageDelivery", "false")
    assert attributes() == first
    for call in [sns.get_subscription_attributes, sns.unsubscribe]:
        with refused("InvalidParameter"):
            call(SubscriptionArn="x")
        with refused("InvalidParameter") as refusal:
            call(SubscriptionArn=topic)
        assert refusal.message == "Invalid parameter: SubscriptionId"
    with refused("NotFound"):
        sns.set_subscription_attributes(
            SubscriptionArn=f"{topic}:{uuid.uuid4()}", AttributeName="RawMessageDelivery", AttributeValue="true")


# Publishing to queues


def test_an_envelope_reaches_the_queue(sns, topic, queue, tmp_path):
    arn = subscribe(sns, topic, queue)
    said = sns.publish(
        TopicArn=topic, Subject="Hi", Message="häl\"lo\n",
        MessageAttributes={"b": {"DataType": "Binary", "BinaryValue": b"\x00\x01"}, "s": text("x")},
    )
    envelope = queue.envelopes()[0]
    assert envelope["Type"] == "Notification" and envelope["MessageId"] == said["MessageId"]
    assert envelope["Subject"] == "Hi" and envelope["Message"] == "häl\"lo\n" and envelope["TopicArn"] == topic
    assert envelope["MessageAttributes"] == {
        "b": {"Type": "Binary", "Value": base64.b64encode(b"\x00\x01").decode()},
        "s": {"Type": "String", "Value": "x"},
    }
    assert envelope["UnsubscribeURL"].endswith(f"?Action=Unsubscribe&SubscriptionArn={arn}")
    verify(envelope, tmp_path, "sha1")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="SignatureVersion", AttributeValue="2")
    sns.publish(TopicArn=topic, Message="plain")
    envelope = queue.envelopes()[0]
    assert envelope["SignatureVersion"] == "2" and "Subject" not in envelope
    assert "MessageAttributes" not in envelope
    verify(envelope, tmp_path, "sha256")
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{ENDPOINT}/_millrace/sns/other.pem")
    urllib.request.urlopen(local(envelope["UnsubscribeURL"])).read()
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def local(url):
    """The daemon may be reached by another name than it knows of itself."""
    return ENDPOINT + url[url.index("/_millrace/"):]


def verify(envelope, folder, digest):
    """As the developer guide says: the certificate's key has signed names and values, line by line."""
    names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    signed = "".join(f"{name}\n{envelope[name]}\n" for name in names if name in envelope)
    certificate = urllib.request.urlopen(local(envelope["SigningCertURL"])).read()
    (folder / "certificate").write_bytes(certificate)
    (folder / "signed").write_bytes(signed.encode())
    (folder / "signature").write_bytes(base64.b64decode(envelope["Signature"]))
    key = subprocess.run(
        ["openssl", "x509", "-in", folder / "certificate", "-pubkey", "-noout"], check=True, capture_output=True)
    (folder / "key").write_bytes(key.stdout)
    subprocess.run(
        ["openssl", "dgst", f"-{digest}", "-verify", folder / "key", "-signature", folder / "signature",
         folder / "signed"], check=True, capture_output=True)


def test_raw_delivery_carries_attributes(sns, sqs, topic, queue):
    subscribe(sns, topic, queue, RawMessageDelivery="true")
    attributes = {
        "s": text("x"), "n": text("1.5", "Number"), "l": text('["a",1]', "String.Array"),
        "b": {"DataType": "Binary", "BinaryValue": b"\xff"},
    }
    sns.publish(TopicArn=topic, Message="as it is", MessageAttributes=attributes)
    # boto3 checks both digests of what it receives.
    message = queue.receive()[0]
    assert message["Body"] == "as it is"
    assert message["MessageAttributes"] == attributes


def test_raw_delivery_takes_ten_attributes(sns, sqs, topic, queue, name):
    dead = Queue(sqs, f"{name}-dead")
    subscribe(
        sns, topic, queue, RawMessageDelivery="true",
        RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn}))
    enveloped = Queue(sqs, f"{name}-enveloped")
    subscribe(sns, topic, enveloped)
    eleven = {f"a{n}": text("x") for n in range(11)}
    sns.publish(TopicArn=topic, Message="m", MessageAttributes=eleven)
    assert queue.receive() == []
    assert len(enveloped.envelopes()[0]["MessageAttributes"]) == 11


def test_each_protocol_gets_its_own_message(sns, topic, queue):
    subscribe(sns, topic, queue, RawMessageDelivery="true")
    both = {"default": "for all", "sqs": "for queues", "sms": "short", "http": 1}
    sns.publish(TopicArn=topic, Message=json.dumps(both), MessageStructure="json")
    sns.publish(TargetArn=topic, Message=json.dumps({"default": "for all"}), MessageStructure="json")
    assert [message["Body"] for message in queue.receive()] == ["for queues", "for all"]


@pytest.mark.parametrize(
    "change, code, message",
    [
        ({"Message": ""}, "InvalidParameter", "Invalid parameter: Empty message"),
        ({"Message": "x" * 262145}, "InvalidParameter", "Invalid parameter: Message too long"),
        ({"Subject": ""}, "InvalidParameter", "Invalid parameter: Subject"),
        ({"Subject": "a\nb"}, "InvalidParameter", "Invalid parameter: Subject"),
        ({"Subject": "x" * 101}, "InvalidParameter", "Invalid parameter: Subject"),
        ({"MessageStructure": "xml"}, "InvalidParameter", "Invalid parameter: MessageStructure"),
        (
            {"MessageStructure": "json"}, "InvalidParameter",
            "Invalid parameter: Message Structure - JSON message body failed to parse",
        ),
        (
            {"MessageStructure": "json", "Message": '{"sqs":"x"}'}, "InvalidParameter",
            "Invalid parameter: Message Structure - No default entry in JSON message body",
        ),
        (
            {"TopicArn": ""}, "InvalidParameter",
            "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter",
        ),
        (
            {"TopicArn": "x"}, "InvalidParameter",
            "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
        ),
        ({"TopicArn": MISSING}, "NotFound", "Topic does not exist"),
        (
            {"MessageDeduplicationId": "x"}, "InvalidParameter",
            "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId "
            "parameter that is not valid for this topic type",
        ),
        (
            {"MessageAttributes": {"a": {"DataType": "Wrong", "StringValue": "x"}}}, "ParameterValueInvalid",
            "The message attribute 'a' has an invalid message attribute type, the set of supported type "
            "prefixes is Binary, Number, and String.",
        ),
        (
            {"MessageAttributes": {"a": {"DataType": "String", "StringValue": ""}}}, "ParameterValueInvalid",
            "The message attribute 'a' must contain non-empty message attribute value for message attribute "
            "type 'String'.",
        ),
        (
            {"MessageAttributes": {"a": {"DataType": "String", "BinaryValue": b"x"}}}, "ParameterValueInvalid",
            "The message attribute 'a' with type 'String' must use field 'String'.",
        ),
        (
            {"MessageAttributes": {"a": {"StringValue": "x"}}}, "ParameterValueInvalid",
            "The message attribute 'a' must contain non-empty message attribute type.",
        ),
        (
            {"MessageAttributes": {"a": text("x", "Number")}}, "ParameterValueInvalid",
            "Could not cast message attribute 'a' value to number.",
        ),
        ({"MessageAttributes": {".a": text("x")}}, "ParameterValueInvalid", None),
    ],
)
def test_bad_messages_are_refused(sns, topic, queue, change, code, message):
    subscribe(sns, topic, queue)
    with refused(code) as refusal:
        sns.publish(**{"TopicArn": topic, "Message": "m", **change})
    assert message is None or refusal.message == message
    assert queue.receive() == []


def test_the_largest_message_arrives(sns, topic, queue):
    subscribe(sns, topic, queue, RawMessageDelivery="true")
    sns.publish(TopicArn=topic, Message="x" * 262144)
    assert len(queue.receive()[0]["Body"]) == 262144


def test_batches(sns, topic, queue):
    subscribe(sns, topic, queue, RawMessageDelivery="true")

    def batch(*entries, **change):
        return sns.publish_batch(**{"TopicArn": topic, "PublishBatchRequestEntries": list(entries), **change})

    answer = batch(
        {"Id": "a", "Message": "one", "MessageAttributes": {"k": text("v")}}, {"Id": "b", "Message": ""},
        {"Id": "c", "Message": "three", "Subject": "s"},
    )
    assert [entry["Id"] for entry in answer["Successful"]] == ["a", "c"]
    assert all(entry["MessageId"] for entry in answer["Successful"])
    assert answer["Failed"] == [
        {
            "Id": "b", "Code": "InvalidParameter", "Message": "Invalid parameter: Empty message",
            "SenderFault": True,
        }
    ]
    assert [message["Body"] for message in queue.receive()] == ["one", "three"]
    for code, entries in [
        ("EmptyBatchRequest", []),
        ("TooManyEntriesInBatchRequest", [{"Id": str(n), "Message": "m"} for n in range(11)]),
        ("BatchEntryIdsNotDistinct", [{"Id": "a", "Message": "m"}] * 2),
        ("InvalidBatchEntryId", [{"Id": "a b", "Message": "m"}]),
        ("BatchRequestTooLong", [{"Id": "a", "Message": "x" * 131073}, {"Id": "b", "Message": "x" * 131072}]),
    ]:
        with refused(code):
            batch(*entries)
    with refused("NotFound"):
        batch({"Id": "a", "Message": "m"}, TopicArn=MISSING)
    assert queue.receive() == []


# Filters

MATCHES = [
    ({"k": ["a", "b"]}, {"k": text("b")}, True),
    ({"k": ["a", "b"]}, {"k": text("c")}, False),
    ({"k": ["a"]}, {}, False),
    ({"k": [{"prefix": "a"}]}, {"k": text("abc")}, True),
    ({"k": [{"suffix": "c"}]}, {"k": text("abc")}, True),
    ({"k": [{"anything-but": ["a"]}]}, {"k": text("b")}, True),
    ({"k": [{"anything-but": ["a"]}]}, {"k": text("a")}, False),
    ({"k": [{"anything-but": {"prefix": "a"}}]}, {"k": text("ab")}, False),
    ({"k": [{"equals-ignore-case": "AbC"}]}, {"k": text("aBc")}, True),
    ({"k": [{"cidr": "10.0.0.0/24"}]}, {"k": text("10.0.0.255")}, True),
    ({"k": [{"cidr": "10.0.0.0/24"}]}, {"k": text("10.0.1.0")}, False),
    ({"k": [{"exists": True}]}, {"k": text("x")}, True),
    ({"k": [{"exists": False}]}, {"k": text("x")}, False),
    ({"k": [{"exists": False}]}, {"other": text("x")}, True),
    ({"k": [{"numeric": [">=", 1, "<", 10]}]}, {"k": text("9.5", "Number")}, True),
    ({"k": [{"numeric": [">=", 1, "<", 10]}]}, {"k": text("10", "Number")}, False),
    ({"k": [{"numeric": ["=", 7]}]}, {"k": text("7", "String")}, False),
    ({"k": [7]}, {"k": text("007.0", "Number")}, True),
    ({"k": ["b"]}, {"k": text('["a","b"]', "String.Array")}, True),
    ({"k": [True, None]}, {"k": text("[null]", "String.Array")}, True),
    ({"k": ["c"]}, {"k": text('["a","b"]', "String.Array")}, False),
    ({"k": [{"anything-but": ["a"]}]}, {"k": text('["a","b"]', "String.Array")}, True),
    ({"k": ["a"], "l": ["b"]}, {"k": text("a")}, False),
    ({"k": ["a"], "l": ["b"]}, {"k": text("a"), "l": text("b")}, True),
    ({"$or": [{"k": ["a"]}, {"l": ["b"]}]}, {"l": text("b")}, True),
    ({"a.b": ["x"]}, {"a.b": text("x")}, True),
    ({"k": [{"exists": True}]}, {"k": {"DataType": "Binary", "BinaryValue": b"x"}}, False),
]


@pytest.mark.parametrize("policy, attributes, is_match", MATCHES)
def test_policies_on_attributes(sns, topic, queue, policy, attributes, is_match):
    subscribe(sns, topic, queue, FilterPolicy=json.dumps(policy))
    sns.publish(TopicArn=topic, Message="m", MessageAttributes=attributes)
    assert len(queue.receive()) == (1 if is_match else 0)


def test_policies_on_the_message(sns, topic, queue):
    arn = subscribe(
        sns, topic, queue, RawMessageDelivery="true", FilterPolicyScope="MessageBody",
        FilterPolicy=json.dumps({"order": {"price": [{"numeric": [">", 100]}]}, "kind": ["new"]}))
    good = [
        '{"kind":"new","order":{"price":101}}',
        '{"kind":["old","new"],"order":[{"price":1},{"price":200}]}',
    ]
    bad = ['{"kind":"new","order":{"price":100}}', '{"kind":"new"}', "plain", "[1]", '"new"']
    for message in good + bad:
        sns.publish(TopicArn=topic, Message=message, MessageAttributes={"kind": text("new")})
    assert [message["Body"] for message in queue.receive()] == good
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue="")
    sns.publish(TopicArn=topic, Message="plain")
    assert [message["Body"] for message in queue.receive()] == ["plain"]


def test_a_queue_that_is_gone_does_not_stop_the_others(sns, sqs, topic, queue, name):
    dead, gone = Queue(sqs, f"{name}-dead"), Queue(sqs, f"{name}-gone")
    subscribe(sns, topic, gone, RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn}))
    subscribe(sns, topic, queue)
    sqs.delete_queue(QueueUrl=gone.url)
    sns.publish(TopicArn=topic, Message="m")
    assert [envelope["Message"] for envelope in queue.envelopes()] == ["m"]
    assert [envelope["Message"] for envelope in dead.envelopes()] == ["m"]


# HTTP endpoints


def confirmed(sns, topic, endpoint, **attributes):
    """Subscribes, and confirms by the token that the endpoint is sent."""
    count = len(endpoint.requests)
    pending = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint.url, Attributes=attributes)
    assert pending["SubscriptionArn"] == "pending confirmation"
    body = json.loads(endpoint.wait(count + 1)[-1][1])
    return sns.confirm_subscription(TopicArn=topic, Token=body["Token"])["SubscriptionArn"]


def test_an_endpoint_confirms_and_gets_messages(sns, topic, endpoint, tmp_path):
    arn = sns.subscribe(
        TopicArn=topic, Protocol="http", Endpoint=endpoint.url, ReturnSubscriptionArn=True)["SubscriptionArn"]
    headers, body = endpoint.wait(1)[0]
    request = json.loads(body)
    assert headers["x-amz-sns-message-type"] == request["Type"] == "SubscriptionConfirmation"
    assert headers["x-amz-sns-topic-arn"] == request["TopicArn"] == topic
    assert headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert "x-amz-sns-subscription-arn" not in headers
    verify(request, tmp_path, "sha1")
    sns.publish(TopicArn=topic, Message="too early")
    listed = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"] == "true"
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsPending"] == "1"
    with refused("InvalidParameter") as refusal:
        sns.confirm_subscription(TopicArn=topic, Token="wrong")
    assert refusal.message == "Invalid parameter: Token"
    with refused("NotFound"):
        sns.confirm_subscription(TopicArn=MISSING, Token=request["Token"])
    # By the page, as endpoints do it.
    answer = urllib.request.urlopen(local(request["SubscribeURL"])).read().decode()
    assert f"<SubscriptionArn>{arn}</SubscriptionArn>" in answer
    # A link that is followed twice says the same twice.
    assert sns.confirm_subscription(TopicArn=topic, Token=request["Token"])["SubscriptionArn"] == arn
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert attributes["PendingConfirmation"] == attributes["ConfirmationWasAuthenticated"] == "false"
    message_id = sns.publish(TopicArn=topic, Message="hello", Subject="s")["MessageId"]
    headers, body = endpoint.wait(2)[1]
    envelope = json.loads(body)
    assert envelope["Message"] == "hello" and envelope["Subject"] == "s"
    assert headers["x-amz-sns-message-id"] == envelope["MessageId"] == message_id
    assert headers["x-amz-sns-subscription-arn"] == arn
    assert headers["User-Agent"] == "Amazon Simple Notification Service Agent"
    verify(envelope, tmp_path, "sha1")


def test_raw_delivery_and_filters_count_for_endpoints_too(sns, topic, endpoint):
    policy = {"requestPolicy": {"headerContentType": "application/json"}}
    confirmed(
        sns, topic, endpoint, RawMessageDelivery="true", FilterPolicy='{"k":["yes"]}',
        DeliveryPolicy=json.dumps(policy))
    sns.publish(TopicArn=topic, Message="no", MessageAttributes={"k": text("no")})
    sns.publish(TopicArn=topic, Message="{}", MessageAttributes={"k": text("yes")})
    headers, body = endpoint.wait(2)[1]
    assert body == "{}"
    assert headers["x-amz-sns-rawdelivery"] == "true" and headers["Content-Type"] == "application/json"


def test_failures_are_retried_and_given_up(sns, sqs, topic, endpoint, name):
    dead = Queue(sqs, f"{name}-dead")
    arn = confirmed(
        sns, topic, endpoint, RawMessageDelivery="true",
        RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn}),
        DeliveryPolicy=json.dumps(
            {"healthyRetryPolicy": {"numRetries": 3, "numNoDelayRetries": 2, "minDelayTarget": 1, "maxDelayTarget": 1}}))
    endpoint.statuses = [500, 429, 503]
    sns.publish(TopicArn=topic, Message="stubborn")
    assert [body for _, body in endpoint.wait(5)[1:]] == ["stubborn"] * 4
    endpoint.statuses = [500] * 4
    sns.publish(TopicArn=topic, Message="hopeless")
    assert [message["Body"] for message in dead.receive(wait=10)] == ["hopeless"]
    assert len(endpoint.requests) == 9
    endpoint.statuses = [404]
    sns.publish(TopicArn=topic, Message="refused")
    assert [message["Body"] for message in dead.receive(wait=10)] == ["refused"]
    assert len(endpoint.requests) == 10
    effective = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["EffectiveDeliveryPolicy"]
    assert json.loads(effective)["healthyRetryPolicy"]["numNoDelayRetries"] == 2


def test_an_endpoint_that_hangs_does_not_hold_up_others(sns, name, endpoint):
    slow, quick = (sns.create_topic(Name=f"{name}-{n}")["TopicArn"] for n in ["slow", "quick"])
    confirmed(sns, quick, endpoint)
    hanging = Endpoint()
    confirmed(sns, slow, hanging)
    with hanging.arrived:
        for n in range(20):
            sns.publish(TopicArn=slow, Message="m")
        start = time.monotonic()
        sns.publish(TopicArn=quick, Message="through")
        assert json.loads(endpoint.wait(2)[1][1])["Message"] == "through"
        assert time.monotonic() - start < 5
    hanging.wait(21)
    hanging.close()
    for topic in [slow, quick]:
        sns.delete_topic(TopicArn=topic)


def test_only_signed_requests_may_end_a_guarded_subscription(sns, topic, endpoint):
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint.url)
    token = json.loads(endpoint.wait(1)[0][1])["Token"]
    arn = sns.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")["SubscriptionArn"]
    sns.publish(TopicArn=topic, Message="m")
    page = local(json.loads(endpoint.wait(2)[1][1])["UnsubscribeURL"])
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(page)
    assert error.value.code == 403 and b"AuthorizationError" in error.value.read()
    sns.unsubscribe(SubscriptionArn=arn)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_who_subscribes_again_is_asked_again(sns, topic, endpoint):
    for count in [1, 2]:
        answer = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint.url)
        assert answer["SubscriptionArn"] == "pending confirmation"
        endpoint.wait(count)
    first, second = (json.loads(body)["Token"] for _, body in endpoint.requests)
    with refused("InvalidParameter"):
        sns.confirm_subscription(TopicArn=topic, Token=first)
    sns.confirm_subscription(TopicArn=topic, Token=second)
    assert len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]) == 1
