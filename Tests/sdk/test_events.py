"""EventBridge by unmodified boto3: buses, rules, targets, events, schedules."""

import json
import time

import pytest
from conftest import ACCOUNT, REGION, make_client, refused


@pytest.fixture(scope="session")
def events():
    return make_client("events")


@pytest.fixture
def queue(sqs, name):
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    yield f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}", url
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def bus(events, name):
    events.create_event_bus(Name=name)
    yield name
    for rule in events.list_rules(EventBusName=name)["Rules"]:
        drop(events, rule["Name"], name)
    events.delete_event_bus(Name=name)


def drop(events, rule, bus="default"):
    ids = [
        target["Id"]
        for target in events.list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]
    ]
    if ids:
        assert events.remove_targets(Rule=rule, EventBusName=bus, Ids=ids)["FailedEntryCount"] == 0
    events.delete_rule(Name=rule, EventBusName=bus)


def receive(sqs, url, wait=0):
    got = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait, MessageAttributeNames=["All"]
    ).get("Messages", [])
    for message in got:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return got


def put(events, bus, detail, **more):
    entry = {
        "Source": "shop",
        "DetailType": "Sale",
        "Detail": json.dumps(detail),
        "EventBusName": bus,
        **more,
    }
    answer = events.put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0
    return answer["Entries"][0]["EventId"]


def rule(events, bus, target, pattern=None, name="all"):
    arn = events.put_rule(
        Name=name, EventBusName=bus, EventPattern=json.dumps(pattern or {"source": ["shop"]})
    )["RuleArn"]
    answer = events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "t", **target}])
    assert answer == {**answer, "FailedEntryCount": 0, "FailedEntries": []}
    return arn


def test_buses(events, name):
    arn = events.create_event_bus(Name=name, Description="a bus", Tags=[{"Key": "a", "Value": "b"}])[
        "EventBusArn"
    ]
    assert arn == f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{name}"
    shown = events.describe_event_bus(Name=name)
    assert (shown["Arn"], shown["Description"]) == (arn, "a bus")
    names = [bus["Name"] for bus in events.list_event_buses()["EventBuses"]]
    assert {"default", name} <= set(names)
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    with refused("ResourceAlreadyExistsException"):
        events.create_event_bus(Name=name)
    events.delete_event_bus(Name=name)
    events.delete_event_bus(Name=name)
    with refused("ResourceNotFoundException"):
        events.describe_event_bus(Name=name)
    with refused("ValidationException"):
        events.delete_event_bus(Name="default")


def test_permissions(events, bus):
    events.put_permission(
        EventBusName=bus, Action="events:PutEvents", Principal="111122223333", StatementId="s"
    )
    policy = json.loads(events.describe_event_bus(Name=bus)["Policy"])
    assert [statement["Sid"] for statement in policy["Statement"]] == ["s"]
    events.remove_permission(EventBusName=bus, StatementId="s")
    assert "Policy" not in events.describe_event_bus(Name=bus)
    with refused("ResourceNotFoundException"):
        events.remove_permission(EventBusName=bus, StatementId="s")


def test_rules(events, bus, queue):
    arn = rule(events, bus, {"Arn": queue[0]})
    assert arn == f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{bus}/all"
    shown = events.describe_rule(Name="all", EventBusName=bus)
    assert (shown["State"], shown["CreatedBy"]) == ("ENABLED", ACCOUNT)
    assert json.loads(shown["EventPattern"]) == {"source": ["shop"]}
    assert events.list_rule_names_by_target(TargetArn=queue[0], EventBusName=bus)["RuleNames"] == ["all"]
    with refused("ValidationException") as refusal:
        events.delete_rule(Name="all", EventBusName=bus)
    assert refusal.message == "Rule can't be deleted since it has targets."
    with refused("ValidationException"):
        events.delete_event_bus(Name=bus)
    events.disable_rule(Name="all", EventBusName=bus)
    assert events.describe_rule(Name="all", EventBusName=bus)["State"] == "DISABLED"
    events.enable_rule(Name="all", EventBusName=bus)
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "b"}])
    events.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == []
    with refused("InvalidEventPatternException"):
        events.put_rule(Name="bad", EventBusName=bus, EventPattern='{"a":"b"}')
    with refused("ResourceNotFoundException"):
        events.describe_rule(Name="bad", EventBusName=bus)


def test_an_event_is_in_the_queue_when_it_was_put(events, sqs, bus, queue):
    rule(events, bus, {"Arn": queue[0]}, {"detail": {"price": [{"numeric": [">", 10]}]}})
    put(events, bus, {"price": 5})
    identifier = put(events, bus, {"price": 15}, Resources=["r"])
    (message,) = receive(sqs, queue[1])
    event = json.loads(message["Body"])
    assert event.pop("time").endswith("Z")
    assert event == {
        "version": "0",
        "id": identifier,
        "detail-type": "Sale",
        "source": "shop",
        "account": ACCOUNT,
        "region": REGION,
        "resources": ["r"],
        "detail": {"price": 15},
    }


def test_inputs(events, sqs, bus, queue):
    rule(
        events,
        bus,
        {
            "Arn": queue[0],
            "InputTransformer": {
                "InputPathsMap": {"who": "$.detail.who", "n": "$.detail.n"},
                "InputTemplate": '{"text": "<who> bought <n>", "n": <n>, "rule": <aws.events.rule-name>}',
            },
        },
    )
    events.put_targets(
        Rule="all", EventBusName=bus, Targets=[{"Id": "p", "Arn": queue[0], "InputPath": "$.detail.who"}]
    )
    events.put_targets(
        Rule="all", EventBusName=bus, Targets=[{"Id": "c", "Arn": queue[0], "Input": '{"a": 1}'}]
    )
    put(events, bus, {"who": "Anna", "n": 3})
    bodies = sorted(json.dumps(json.loads(message["Body"])) for message in receive(sqs, queue[1]))
    assert bodies == ['"Anna"', '{"a": 1}', '{"text": "Anna bought 3", "n": 3, "rule": "all"}']


def test_entries_fail_one_by_one(events):
    good = {"Source": "shop", "DetailType": "Sale", "Detail": "{}"}
    bad = [{**good, "Detail": "x"}, {**good, "Source": "aws.s3"}, {"Source": "shop", "Detail": "{}"}]
    answer = events.put_events(Entries=[good, *bad])
    assert answer["FailedEntryCount"] == 3
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    assert codes == [None, "MalformedDetail", "NotAuthorizedForSource", "InvalidArgument"]
    with refused("ValidationException"):
        events.put_events(Entries=[good] * 11)
    large = {**good, "Detail": json.dumps({"x": "y" * 600_000})}
    assert events.put_events(Entries=[large])["FailedEntryCount"] == 0
    with refused("ValidationException") as refusal:
        events.put_events(Entries=[large, large])
    assert refusal.message == "Total size of the entries in the request is over the limit."


def test_streams_and_dead_letters(events, sqs, kinesis, bus, queue, name):
    kinesis.create_stream(StreamName=name, ShardCount=1)
    stream = kinesis.describe_stream(StreamName=name)["StreamDescription"]
    rule(
        events,
        bus,
        {
            "Arn": stream["StreamARN"],
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r",
            "KinesisParameters": {"PartitionKeyPath": "$.detail.who"},
            "DeadLetterConfig": {"Arn": queue[0]},
        },
    )
    put(events, bus, {"who": "anna"})
    put(events, bus, {"who": None})
    iterator = kinesis.get_shard_iterator(
        StreamName=name, ShardId=stream["Shards"][0]["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    (record,) = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert record["PartitionKey"] == "anna"
    assert json.loads(record["Data"])["detail"] == {"who": "anna"}
    (dead,) = receive(sqs, queue[1])
    assert dead["MessageAttributes"]["TARGET_ARN"]["StringValue"] == stream["StreamARN"]
    kinesis.delete_stream(StreamName=name)


def test_patterns_can_be_tried(events):
    event = {
        "id": "1",
        "account": ACCOUNT,
        "source": "shop",
        "time": "2024-01-01T00:00:00Z",
        "region": REGION,
        "resources": [],
        "detail-type": "Sale",
        "detail": {"ip": "10.0.0.7", "name": "Anna"},
    }

    def matches(pattern):
        return events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(event))["Result"]

    assert matches({"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}})
    assert matches({"detail": {"name": [{"equals-ignore-case": "ANNA"}]}})
    assert matches({"$or": [{"source": ["x"]}, {"detail": {"name": [{"wildcard": "A*a"}]}}]})
    assert not matches({"detail": {"name": [{"anything-but": {"prefix": "An"}}]}})
    with refused("InvalidEventPatternException") as refusal:
        matches({"detail": []})
    assert refusal.message == "Event pattern is not valid. Reason: Empty arrays are not allowed"


def test_schedules(events, sqs, queue, name):
    events.put_rule(Name=name, ScheduleExpression="cron(* * * * ? *)")
    events.put_targets(Rule=name, Targets=[{"Id": "t", "Arn": queue[0]}])
    deadline = time.time() + 65
    got = []
    while not got and time.time() < deadline:
        got = receive(sqs, queue[1], wait=10)
    drop(events, name)
    event = json.loads(got[0]["Body"])
    assert (event["source"], event["detail-type"]) == ("aws.events", "Scheduled Event")
    assert event["time"].endswith(":00Z")
    for schedule in ("rate(1 minutes)", "cron(0 12 * * * *)", "soon"):
        with refused("ValidationException") as refusal:
            events.put_rule(Name=name, ScheduleExpression=schedule)
        assert refusal.message == "Parameter ScheduleExpression is not valid."


def test_what_is_not_there_is_refused_by_name(events, bus):
    events.put_rule(Name="all", EventBusName=bus, EventPattern='{"source":["shop"]}')
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
    with refused("UnsupportedOperation"):
        events.put_targets(Rule="all", EventBusName=bus, Targets=[{"Id": "f", "Arn": function}])
    with refused("UnsupportedOperation"):
        events.create_archive(ArchiveName="a", EventSourceArn="arn")
