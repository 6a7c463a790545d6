"""SQS's Query protocol: by unmodified boto3 of the time before JSON, and by raw signed requests.

The tests with an old boto3 run in an environment of their own (requirements-query.txt); with a new one they are skipped,
because it speaks JSON. Those with raw requests run in both.
"""

import hashlib
import json
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

import botocore
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from conftest import ACCOUNT, ENDPOINT, REGION, make_client, refused

VERSION = "2012-11-05"
NAMESPACE = "{http://queue.amazonaws.com/doc/2012-11-05/}"
NONE = f"{ENDPOINT}/{ACCOUNT}/there-is-no-such-queue"
speaks_query = pytest.mark.skipif(
    tuple(int(part) for part in botocore.__version__.split(".")[:2]) >= (1, 31), reason="this boto3 speaks JSON"
)


@pytest.fixture
def url(sqs, name):
    made = sqs.create_queue(QueueName=name)["QueueUrl"]
    yield made
    sqs.delete_queue(QueueUrl=made)


def receive(sqs, url, **arguments):
    return sqs.receive_message(QueueUrl=url, **{"MaxNumberOfMessages": 10, **arguments}).get("Messages", [])


# An old SDK


@speaks_query
def test_the_sdk_speaks_query(sqs):
    assert sqs.meta.service_model.metadata["protocol"] == "query"


@speaks_query
def test_queues(sqs, name):
    url = sqs.create_queue(
        QueueName=name, Attributes={"DelaySeconds": "3", "VisibilityTimeout": "7"}, tags={"team": "blue", "a": ""}
    )["QueueUrl"]
    assert url.endswith(f"/{ACCOUNT}/{name}")
    assert sqs.get_queue_url(QueueName=name)["QueueUrl"] == url
    assert sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=ACCOUNT)["QueueUrl"] == url
    assert sqs.list_queues(QueueNamePrefix=name)["QueueUrls"] == [url]
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix=name + "-none")
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["DelaySeconds"] == "3" and found["VisibilityTimeout"] == "7"
    assert found["QueueArn"] == f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "4", "MessageRetentionPeriod": "60"})
    names = ["DelaySeconds", "MessageRetentionPeriod"]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"] == {
        "DelaySeconds": "4",
        "MessageRetentionPeriod": "60",
    }
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "blue", "a": ""}
    sqs.tag_queue(QueueUrl=url, Tags={"b": "2"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["team", "a"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"b": "2"}
    with refused("QueueAlreadyExists") as refusal:
        sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "5"})
    assert refusal.message == (
        "A queue already exists with the same name and a different value for attribute DelaySeconds"
    )
    sqs.delete_queue(QueueUrl=url)
    with pytest.raises(sqs.exceptions.QueueDoesNotExist) as caught:
        sqs.get_queue_url(QueueName=name)
    error = caught.value.response
    assert error["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert error["Error"]["Message"] == "The specified queue does not exist for this wsdl version."
    assert error["Error"]["Type"] == "Sender"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(sqs.exceptions.QueueDeletedRecently):
        sqs.create_queue(QueueName=name)


@speaks_query
def test_pages(sqs, name):
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    policy = {"deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}-dead", "maxReceiveCount": 2}
    urls = [
        sqs.create_queue(QueueName=f"{name}-{index}", Attributes={"RedrivePolicy": json.dumps(policy)})["QueueUrl"]
        for index in range(3)
    ]
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix=f"{name}-", PaginationConfig={"PageSize": 2})
    assert [page["QueueUrls"] for page in pages] == [urls[:2], [urls[2], dead]]
    pages = sqs.get_paginator("list_dead_letter_source_queues").paginate(
        QueueUrl=dead, PaginationConfig={"PageSize": 2}
    )
    assert [page["queueUrls"] for page in pages] == [urls[:2], urls[2:]]
    for url in [*urls, dead]:
        sqs.delete_queue(QueueUrl=url)


@speaks_query
def test_messages(sqs, url):
    body = 'ünïcödé 🎉\tand "quotes" <&> \\ \r\n\n  '
    # The client compares the digests of body and attributes itself.
    sent = sqs.send_message(
        QueueUrl=url,
        MessageBody=body,
        MessageAttributes={
            "Author": {"DataType": "String", "StringValue": "<John>"},
            "Blob.x": {"DataType": "Binary.png", "BinaryValue": b"\x00\xff<"},
            "Weeks": {"DataType": "Number", "StringValue": "6"},
        },
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-2-3"}},
    )
    assert sent["MD5OfMessageBody"] == hashlib.md5(body.encode()).hexdigest()
    [message] = receive(sqs, url, AttributeNames=["All"], MessageAttributeNames=["All"])
    assert message["MessageId"] == sent["MessageId"]
    assert message["Body"] == body
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["MessageAttributes"] == {
        "Author": {"DataType": "String", "StringValue": "<John>"},
        "Blob.x": {"DataType": "Binary.png", "BinaryValue": b"\x00\xff<"},
        "Weeks": {"DataType": "Number", "StringValue": "6"},
    }
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert message["Attributes"]["AWSTraceHeader"] == "Root=1-2-3"
    assert message["Attributes"]["SenderId"] == ACCOUNT
    handle = message["ReceiptHandle"]
    assert receive(sqs, url) == []
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    [again] = receive(sqs, url, MessageAttributeNames=["Auth.*"], AttributeNames=["ApproximateReceiveCount"])
    assert again["Attributes"] == {"ApproximateReceiveCount": "2"}
    assert list(again["MessageAttributes"]) == ["Author"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    with refused("InvalidParameterValue") as refusal:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=1)
    assert refusal.message.endswith(
        "Reason: Message does not exist or is not available for visibility timeout change."
    )
    with pytest.raises(sqs.exceptions.ReceiptHandleIsInvalid):
        sqs.delete_message(QueueUrl=url, ReceiptHandle="garbage")


@speaks_query
def test_batches(sqs, url):
    attribute = {"Hello": {"DataType": "String", "StringValue": "There"}}
    answer = sqs.send_message_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "a", "MessageBody": "1", "MessageAttributes": attribute},
            {"Id": "b", "MessageBody": "\x01"},
            {"Id": "c", "MessageBody": "3", "DelaySeconds": 901},
            {"Id": "d", "MessageBody": "4"},
        ],
    )
    assert [entry["Id"] for entry in answer["Successful"]] == ["a", "d"]
    assert answer["Successful"][0]["MD5OfMessageAttributes"] == "a311262e065454b75da111d535b8dacd"
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in answer["Failed"]] == [
        ("b", "InvalidMessageContents", True),
        ("c", "InvalidParameterValue", True),
    ]
    messages = receive(sqs, url)
    assert sorted(message["Body"] for message in messages) == ["1", "4"]
    handles = [message["ReceiptHandle"] for message in messages]
    answer = sqs.change_message_visibility_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "a", "ReceiptHandle": handles[0], "VisibilityTimeout": 0},
            {"Id": "b", "ReceiptHandle": "garbage", "VisibilityTimeout": 0},
        ],
    )
    assert [entry["Id"] for entry in answer["Successful"]] == ["a"]
    assert answer["Failed"][0]["Code"] == "ReceiptHandleIsInvalid"
    answer = sqs.delete_message_batch(
        QueueUrl=url,
        Entries=[{"Id": str(index), "ReceiptHandle": handle} for index, handle in enumerate([*handles, "garbage"])],
    )
    assert [entry["Id"] for entry in answer["Successful"]] == ["0", "1"]
    assert [entry["Id"] for entry in answer["Failed"]] == ["2"]
    for entries, code in [
        ([], "EmptyBatchRequest"),
        ([{"Id": "a", "MessageBody": "1"}] * 2, "BatchEntryIdsNotDistinct"),
        ([{"Id": "a b", "MessageBody": "1"}], "InvalidBatchEntryId"),
        ([{"Id": str(index), "MessageBody": "1"} for index in range(11)], "TooManyEntriesInBatchRequest"),
    ]:
        with refused(f"AWS.SimpleQueueService.{code}"):
            sqs.send_message_batch(QueueUrl=url, Entries=entries)


@speaks_query
def test_fifo(sqs, name):
    url = sqs.create_queue(
        QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    )["QueueUrl"]
    sent = [sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g") for body in ["1", "2", "1"]]
    assert sent[0]["MessageId"] == sent[2]["MessageId"]
    assert int(sent[0]["SequenceNumber"]) < int(sent[1]["SequenceNumber"])
    messages = receive(sqs, url, AttributeNames=["All"], ReceiveRequestAttemptId="attempt")
    assert [message["Body"] for message in messages] == ["1", "2"]
    assert messages[0]["Attributes"]["SequenceNumber"] == sent[0]["SequenceNumber"]
    assert messages[0]["Attributes"]["MessageGroupId"] == "g"
    assert messages[0]["Attributes"]["MessageDeduplicationId"] == hashlib.sha256(b"1").hexdigest()
    again = receive(sqs, url, ReceiveRequestAttemptId="attempt")
    assert [message["ReceiptHandle"] for message in again] == [message["ReceiptHandle"] for message in messages]
    with refused("MissingParameter") as refusal:
        sqs.send_message(QueueUrl=url, MessageBody="x")
    assert refusal.message == "The request must contain the parameter MessageGroupId."
    sqs.delete_queue(QueueUrl=url)


@speaks_query
def test_waiting_and_purging(sqs, url):
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=1)
    assert receive(sqs, url) == []
    [message] = receive(sqs, url, WaitTimeSeconds=10)
    assert message["Body"] == "later"
    started = time.monotonic()
    assert receive(sqs, url, WaitTimeSeconds=1) == []
    assert time.monotonic() - started > 0.9
    sqs.purge_queue(QueueUrl=url)
    with pytest.raises(sqs.exceptions.PurgeQueueInProgress) as caught:
        sqs.purge_queue(QueueUrl=url)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@speaks_query
def test_errors(sqs, url):
    with refused("MissingParameter") as refusal:
        sqs.send_message(QueueUrl=url, MessageBody="")
    assert refusal.message == "The request must contain the parameter MessageBody."
    for arguments, message in [
        (
            {"MaxNumberOfMessages": 11},
            "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
        ),
        (
            {"WaitTimeSeconds": 21},
            "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.",
        ),
    ]:
        with refused("InvalidParameterValue") as refusal:
            sqs.receive_message(QueueUrl=url, **arguments)
        assert refusal.message == message
    with refused("InvalidAttributeName") as refusal:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Nonsense": "1"})
    assert refusal.message == "Unknown Attribute Nonsense."
    for call in [sqs.purge_queue, sqs.delete_queue, sqs.receive_message, sqs.list_queue_tags]:
        with refused("AWS.SimpleQueueService.NonExistentQueue"):
            call(QueueUrl=NONE)


@speaks_query
def test_permissions(sqs, url):
    sqs.add_permission(QueueUrl=url, Label="share", AWSAccountIds=["111122223333"], Actions=["SendMessage"])
    policy = json.loads(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"])
    assert policy["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    with refused("InvalidParameterValue") as refusal:
        sqs.add_permission(QueueUrl=url, Label="share", AWSAccountIds=["111122223333"], Actions=["*"])
    assert refusal.message == "Value share for parameter Label is invalid. Reason: Already exists."
    sqs.remove_permission(QueueUrl=url, Label="share")
    with refused("InvalidParameterValue") as refusal:
        sqs.remove_permission(QueueUrl=url, Label="share")
    assert refusal.message == "Value share for parameter Label is invalid. Reason: can't find label."


@speaks_query
def test_moves(sqs, name):
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}-dead"
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    url = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="bad")
    receive(sqs, url, VisibilityTimeout=0)
    assert receive(sqs, url) == []
    sqs.start_message_move_task(SourceArn=arn, MaxNumberOfMessagesPerSecond=5)
    [message] = receive(sqs, url, WaitTimeSeconds=10)
    assert message["Body"] == "bad"
    [task] = sqs.list_message_move_tasks(SourceArn=arn)["Results"]
    assert task["SourceArn"] == arn
    assert task["MaxNumberOfMessagesPerSecond"] == 5
    with refused("InvalidParameterValue") as refusal:
        sqs.start_message_move_task(SourceArn=arn.removesuffix("-dead"))
    assert refusal.message == "Source queue must be configured as a Dead Letter Queue."
    with refused("ResourceNotFoundException"):
        sqs.list_message_move_tasks(SourceArn=arn + "-none")
    for made in [url, dead]:
        sqs.delete_queue(QueueUrl=made)


# Raw requests


def raw(method, url, parameters=None, form=None, region=REGION, key="test", sign=True, presign=False):
    """Sends a request; returns status and XML."""
    if parameters:
        url += "?" + urllib.parse.urlencode(parameters, quote_via=urllib.parse.quote)
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
    request = AWSRequest(method, url, headers, urllib.parse.urlencode(form) if form is not None else None)
    if presign:
        SigV4QueryAuth(Credentials(key, "test"), "sqs", region, expires=60).add_auth(request)
    elif sign:
        SigV4Auth(Credentials(key, "test"), "sqs", region).add_auth(request)
    prepared = request.prepare()
    body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
    sent = urllib.request.Request(prepared.url, body, dict(prepared.headers), method=method)
    try:
        with urllib.request.urlopen(sent) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def text(xml, path):
    return ElementTree.fromstring(xml).findtext("/".join(NAMESPACE + part for part in path.split("/")))


@pytest.mark.parametrize("how", [{}, {"presign": True}, {"sign": False}])
def test_get_at_a_queue(url, how):
    status, answer = raw("GET", url, {"Action": "SendMessage", "MessageBody": "a+b c"}, **how)
    assert status == 200, answer
    assert text(answer, "SendMessageResult/MD5OfMessageBody") == hashlib.md5(b"a+b c").hexdigest()
    status, answer = raw("GET", url, {"Action": "ReceiveMessage", "Version": VERSION}, **how)
    assert text(answer, "ReceiveMessageResult/Message/Body") == "a+b c"
    status, answer = raw("GET", url, {"Action": "ReceiveMessage"}, **how)
    assert status == 200 and "<ReceiveMessageResult/>" in answer
    assert text(answer, "ResponseMetadata/RequestId")
    status, answer = raw("GET", url, **how)
    assert (status, answer) == (404, "<UnknownOperationException/>")
    for action in ["CreateQueue", "ListQueues", "FooBar"]:
        status, answer = raw("GET", url, {"Action": action, "QueueName": "x"}, **how)
        assert status == 400
        assert text(answer, "Error/Code") == "InvalidAction"
        assert text(answer, "Error/Message") == f"The action {action} is not valid for this endpoint."
        assert text(answer, "Error/Type") == "Sender"


def test_post_in_every_way(url, name):
    forms = [
        (ENDPOINT, {}, {"QueueUrl": url}),
        (ENDPOINT, {"QueueUrl": url}, {}),
        (url, {}, {}),
        (f"{ENDPOINT}/queue/{REGION}/{ACCOUNT}/{name}", {}, {}),
        (ENDPOINT, {}, {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"}),
        (ENDPOINT, {}, {"QueueUrl": f"http://another-host:1/{ACCOUNT}/{name}"}),
    ]
    for address, parameters, form in forms:
        form = {"Action": "GetQueueAttributes", "Version": VERSION, "AttributeName.1": "QueueArn", **form}
        status, answer = raw("POST", address, parameters, form)
        assert status == 200, answer
        assert text(answer, "GetQueueAttributesResult/Attribute/Value").endswith(f":{name}")


def test_json_at_a_queue(url):
    for address in [url, ENDPOINT]:
        request = urllib.request.Request(
            address,
            json.dumps({"QueueUrl": url, "MessageBody": "x"}).encode(),
            {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.SendMessage"},
        )
        with urllib.request.urlopen(request) as answer:
            assert json.load(answer)["MD5OfMessageBody"] == hashlib.md5(b"x").hexdigest()


# Accounts and regions


def client(key, region=REGION, service="sqs", **more):
    return make_client(service, aws_access_key_id=key, region_name=region, **more)


def test_accounts_and_regions_have_queues_of_their_own(name):
    places = [("111122223333", REGION), ("444455556666", REGION), ("111122223333", "eu-west-1"), ("test", REGION)]
    urls = {}
    for key, region in places:
        sqs = client(key, region)
        account = ACCOUNT if key == "test" else key
        assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix=name)
        urls[key, region] = sqs.create_queue(QueueName=name)["QueueUrl"]
        assert urls[key, region].endswith(f"/{account}/{name}")
        arn = sqs.get_queue_attributes(QueueUrl=urls[key, region], AttributeNames=["QueueArn"])
        assert arn["Attributes"]["QueueArn"] == f"arn:aws:sqs:{region}:{account}:{name}"
        sqs.send_message(QueueUrl=urls[key, region], MessageBody=f"{account} {region}")
    # Another account's queue by its URL.
    stranger = client("444455556666")
    foreign = stranger.get_queue_url(QueueName=name, QueueOwnerAWSAccountId="111122223333")["QueueUrl"]
    assert foreign == urls["111122223333", REGION]
    [message] = stranger.receive_message(QueueUrl=foreign)["Messages"]
    assert message["Body"] == f"111122223333 {REGION}"
    for key, region in places:
        client(key, region).delete_queue(QueueUrl=urls[key, region])


def test_roles_lead_to_their_account(name):
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}],
    }
    iam = client("111122223333", service="iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    assert role["Arn"] == f"arn:aws:iam::111122223333:role/{name}"
    keys = client("test", service="sts").assume_role(RoleArn=role["Arn"], RoleSessionName="me")["Credentials"]
    session = {"aws_secret_access_key": keys["SecretAccessKey"], "aws_session_token": keys["SessionToken"]}
    assert client(keys["AccessKeyId"], service="sts", **session).get_caller_identity()["Account"] == "111122223333"
    sqs = client(keys["AccessKeyId"], **session)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    assert url.endswith(f"/111122223333/{name}")
    sqs.delete_queue(QueueUrl=url)
    iam.delete_role(RoleName=name)


def test_every_service_knows_the_account(name):
    account, region = "111122223333", "eu-central-1"
    assert client(account, service="sts").get_caller_identity()["Account"] == account
    sns = client(account, region, service="sns")
    topic = sns.create_topic(Name=name)["TopicArn"]
    assert topic == f"arn:aws:sns:{region}:{account}:{name}"
    sns.delete_topic(TopicArn=topic)
    kinesis = client(account, region, service="kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    found = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    assert found == f"arn:aws:kinesis:{region}:{account}:stream/{name}"
    kinesis.delete_stream(StreamName=name)
    dynamodb = client(account, region, service="dynamodb")
    table = dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]
    assert table["TableArn"] == f"arn:aws:dynamodb:{region}:{account}:table/{name}"
    assert name not in client("test", region, service="dynamodb").list_tables()["TableNames"]
    dynamodb.delete_table(TableName=name)
