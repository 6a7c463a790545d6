"""What template.yaml declares is there, as clients see it."""

import json

from conftest import ACCOUNT, ENDPOINT, REGION, make_client


def test_indexes_and_expiry_of_a_table():
    dynamodb = make_client("dynamodb")
    table = dynamodb.describe_table(TableName="sdk-t-items")["Table"]
    index = table["GlobalSecondaryIndexes"][0]
    assert index["IndexName"] == "by-who"
    assert index["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["text"]}
    assert table["LocalSecondaryIndexes"][0]["IndexName"] == "by-name"
    expiry = dynamodb.describe_time_to_live(TableName="sdk-t-items")["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    assert dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"] == [
        {"Key": "team", "Value": "b"}
    ]
    dynamodb.put_item(
        TableName="sdk-t-items",
        Item={"id": {"S": "1"}, "at": {"N": "2"}, "who": {"S": "anna"}, "text": {"S": "hello"}},
    )
    found = dynamodb.query(
        TableName="sdk-t-items",
        IndexName="by-who",
        KeyConditionExpression="who = :w",
        ExpressionAttributeValues={":w": {"S": "anna"}},
    )
    assert [item["text"]["S"] for item in found["Items"]] == ["hello"]


def test_stream_with_its_consumer():
    kinesis = make_client("kinesis")
    stream = kinesis.describe_stream_summary(StreamName="sdk-t-stream")["StreamDescriptionSummary"]
    assert stream["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert stream["RetentionPeriodHours"] == 48
    assert kinesis.list_tags_for_stream(StreamName="sdk-t-stream")["Tags"] == [
        {"Key": "team", "Value": "a"}
    ]
    consumers = kinesis.list_stream_consumers(StreamARN=stream["StreamARN"])["Consumers"]
    assert [consumer["ConsumerName"] for consumer in consumers] == ["sdk-t-reader"]
    mappings = make_client("lambda").list_event_source_mappings(FunctionName="sdk-t-worker")
    assert [found["EventSourceArn"] for found in mappings["EventSourceMappings"]] == [
        consumers[0]["ConsumerARN"]
    ]


def test_role_with_its_policies():
    iam = make_client("iam")
    role = iam.get_role(RoleName="sdk-t-role")["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
        "Service": "lambda.amazonaws.com"
    }
    assert make_client("lambda").list_functions()["Functions"]
    attached = iam.list_attached_role_policies(RoleName="sdk-t-role")["AttachedPolicies"]
    arn = f"arn:aws:iam::{ACCOUNT}:policy/sdk/sdk-t-reading"
    assert {policy["PolicyArn"] for policy in attached} == {
        arn,
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    }
    assert iam.list_role_policies(RoleName="sdk-t-role")["PolicyNames"] == ["more", "own"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
    assert document["Version"] == "2012-10-17"
    stream = make_client("dynamodb").describe_table(TableName="sdk-t-items")["Table"]["LatestStreamArn"]
    assert document["Statement"][0]["Resource"] == stream
    assert "/consumer/sdk-t-reader:" in document["Statement"][1]["Resource"][0]


def test_bucket():
    s3 = make_client("s3")
    assert "sdk-t-bucket" in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_queue_policy():
    sqs = make_client("sqs")
    attributes = sqs.get_queue_attributes(
        QueueUrl=f"{ENDPOINT}/{ACCOUNT}/sdk-t-queue", AttributeNames=["Policy"]
    )["Attributes"]
    statement = json.loads(attributes["Policy"])["Statement"][0]
    assert statement["Resource"] == f"arn:aws:sqs:{REGION}:{ACCOUNT}:sdk-t-queue"
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"] == (
        f"arn:aws:sns:{REGION}:{ACCOUNT}:sdk-t-topic"
    )


def test_topic():
    sns = make_client("sns")
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:sdk-t-topic"
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"] == "Shown"
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:sdk-t-queue"
    assert [found["Endpoint"] for found in subscriptions] == [queue]
    sns.publish(TopicArn=arn, Message="hello")
    sqs = make_client("sqs")
    url = f"{ENDPOINT}/{ACCOUNT}/sdk-t-queue"
    message = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]
    assert json.loads(message["Body"])["Message"] == "hello"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
