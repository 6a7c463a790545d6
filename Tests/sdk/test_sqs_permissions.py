"""Permissions, policies, tags and encryption of queues by unmodified boto3: all of it bookkeeping, checked for form."""

import json

import pytest
from conftest import ACCOUNT, ENDPOINT, REGION, refused

NONE = f"{ENDPOINT}/{ACCOUNT}/there-is-no-such-queue"


@pytest.fixture
def url(sqs, name):
    made = sqs.create_queue(QueueName=name)["QueueUrl"]
    yield made
    sqs.delete_queue(QueueUrl=made)


def attributes(sqs, url, *names):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names)).get("Attributes", {})


def policy(sqs, url):
    text = attributes(sqs, url, "Policy").get("Policy")
    return text and json.loads(text)


def test_permissions_become_statements(sqs, url, name):
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    sqs.add_permission(QueueUrl=url, Label="one", AWSAccountIds=["111122223333"], Actions=["ReceiveMessage"])
    one = {
        "Sid": "one",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "SQS:ReceiveMessage",
        "Resource": arn,
    }
    assert policy(sqs, url) == {"Version": "2008-10-17", "Id": f"{arn}/SQSDefaultPolicy", "Statement": [one]}
    sqs.add_permission(
        QueueUrl=url, Label="two", AWSAccountIds=["111122223333", "444455556666"], Actions=["SendMessage", "*"]
    )
    two = policy(sqs, url)["Statement"][1]
    assert two["Principal"]["AWS"] == ["arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"]
    assert two["Action"] == ["SQS:SendMessage", "SQS:*"]
    with refused("InvalidParameterValue") as refusal:
        sqs.add_permission(QueueUrl=url, Label="one", AWSAccountIds=["111122223333"], Actions=["*"])
    assert refusal.message == "Value one for parameter Label is invalid. Reason: Already exists."
    sqs.remove_permission(QueueUrl=url, Label="two")
    assert policy(sqs, url)["Statement"] == [one]
    with refused("InvalidParameterValue") as refusal:
        sqs.remove_permission(QueueUrl=url, Label="two")
    assert refusal.message == "Value two for parameter Label is invalid. Reason: can't find label."
    sqs.remove_permission(QueueUrl=url, Label="one")
    assert policy(sqs, url) is None


def test_refused_permissions(sqs, url):
    good = {"QueueUrl": url, "Label": "one", "AWSAccountIds": ["111122223333"], "Actions": ["SendMessage"]}
    for change, code in [
        ({"Label": ""}, "MissingParameter"),
        ({"Label": "with space"}, "InvalidParameterValue"),
        ({"AWSAccountIds": []}, "InvalidParameterValue"),
        ({"AWSAccountIds": ["somebody"]}, "InvalidParameterValue"),
        ({"Actions": []}, "MissingParameter"),
        ({"Actions": ["TagQueue"]}, "InvalidParameterValue"),
        ({"Actions": ["*"] * 8}, "OverLimit"),
        ({"QueueUrl": NONE}, "AWS.SimpleQueueService.NonExistentQueue"),
    ]:
        with refused(code):
            sqs.add_permission(**{**good, **change})
    assert policy(sqs, url) is None


def test_policies_are_kept_as_they_are(sqs, url):
    statement = {"Sid": "a", "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=1)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": text})
    assert attributes(sqs, url, "Policy") == {"Policy": text}
    for bad in [
        "text",
        "{}",
        json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Effect": "Perhaps"}]}),
        json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Action": "s3:PutObject"}]}),
        json.dumps({"Version": "2012-10-17", "Statement": [statement, statement]}),
        json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": "x" * 9000}]}),
    ]:
        with refused("InvalidAttributeValue") as refusal:
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": bad})
        assert refusal.message.startswith("Invalid value for the parameter Policy.")
    assert attributes(sqs, url, "Policy") == {"Policy": text}
    # Denied or not: nothing is evaluated.
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    assert attributes(sqs, url, "Policy") == {}


def test_one_kind_of_encryption_at_a_time(sqs, url):
    names = ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"]
    assert attributes(sqs, url, *names) == {"SqsManagedSseEnabled": "true"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "alias/mine"})
    assert attributes(sqs, url, *names) == {
        "KmsMasterKeyId": "alias/mine",
        "KmsDataKeyReusePeriodSeconds": "300",
        "SqsManagedSseEnabled": "false",
    }
    with refused("InvalidAttributeName") as refusal:
        sqs.set_queue_attributes(
            QueueUrl=url, Attributes={"KmsMasterKeyId": "alias/mine", "SqsManagedSseEnabled": "true"}
        )
    assert refusal.message == (
        "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE."
    )
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"SqsManagedSseEnabled": "true"})
    assert attributes(sqs, url, *names) == {"SqsManagedSseEnabled": "true"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "alias/mine"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": ""})
    assert attributes(sqs, url, *names) == {"SqsManagedSseEnabled": "true"}


def test_limits_of_tags(sqs, url):
    sqs.tag_queue(QueueUrl=url, Tags={f"key-{index:02}": "value" for index in range(50)})
    for bad in [{"one-more": ""}, {"k" * 129: ""}, {"": ""}, {"key-00": "v" * 257}, {"aws:reserved": ""}]:
        with refused("InvalidParameterValue"):
            sqs.tag_queue(QueueUrl=url, Tags=bad)
    sqs.tag_queue(QueueUrl=url, Tags={"key-00": "other"})
    tags = sqs.list_queue_tags(QueueUrl=url)["Tags"]
    assert len(tags) == 50 and tags["key-00"] == "other"
    for call, arguments in [
        (sqs.tag_queue, {"Tags": {"a": "b"}}),
        (sqs.untag_queue, {"TagKeys": ["a"]}),
        (sqs.list_queue_tags, {}),
    ]:
        with refused("AWS.SimpleQueueService.NonExistentQueue"):
            call(QueueUrl=NONE, **arguments)


def test_pages_of_source_queues(sqs, name):
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    text = json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}-dead", "maxReceiveCount": 2})
    urls = [
        sqs.create_queue(QueueName=f"{name}-{index}", Attributes={"RedrivePolicy": text})["QueueUrl"]
        for index in range(3)
    ]
    pages = sqs.get_paginator("list_dead_letter_source_queues").paginate(
        QueueUrl=dead, PaginationConfig={"PageSize": 2}
    )
    assert [page["queueUrls"] for page in pages] == [urls[:2], urls[2:]]
    with refused("InvalidParameterValue"):
        sqs.list_dead_letter_source_queues(QueueUrl=dead, MaxResults=1001)
    for url in [*urls, dead]:
        sqs.delete_queue(QueueUrl=url)
