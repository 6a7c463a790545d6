"""CloudWatch Logs through boto3."""

import time
import uuid

import pytest

from conftest import ACCOUNT, REGION, make_client


@pytest.fixture(scope="module")
def logs():
    return make_client("logs")


@pytest.fixture
def group(logs):
    name = f"/test/{uuid.uuid4()}"
    logs.create_log_group(logGroupName=name, tags={"team": "ulm"})
    yield name
    try:
        logs.delete_log_group(logGroupName=name)
    except logs.exceptions.ResourceNotFoundException:
        pass


def now():
    return int(time.time() * 1000)


def put(logs, group, stream, messages, start=None):
    start = start or now() - 1000
    events = [{"timestamp": start + index, "message": message} for index, message in enumerate(messages)]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def make_stream(logs, group, stream, messages=()):
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    if messages:
        put(logs, group, stream, messages)


def test_groups(logs, group):
    [found] = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert found["arn"] == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*"
    assert "retentionInDays" not in found and found["storedBytes"] == 0
    logs.put_retention_policy(logGroupName=group, retentionInDays=14)
    [found] = logs.describe_log_groups(logGroupNamePattern=group[6:])["logGroups"]
    assert found["retentionInDays"] == 14
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException, match="log group already exists"):
        logs.create_log_group(logGroupName=group)
    with pytest.raises(logs.exceptions.InvalidParameterException, match="retentionInDays"):
        logs.put_retention_policy(logGroupName=group, retentionInDays=2)
    logs.delete_log_group(logGroupName=group)
    with pytest.raises(logs.exceptions.ResourceNotFoundException, match="specified log group does not exist"):
        logs.delete_log_group(logGroupName=group)


def test_pages_of_groups_and_streams(logs, group):
    for number in range(60):
        logs.create_log_stream(logGroupName=group, logStreamName=f"s{number:02}")
    pages = list(logs.get_paginator("describe_log_streams").paginate(logGroupName=group))
    assert [len(page["logStreams"]) for page in pages] == [50, 10]
    names = [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
    assert names == [f"s{number:02}" for number in range(60)]
    put(logs, group, "s07", ["x"])
    newest = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True, limit=1)
    assert newest["logStreams"][0]["logStreamName"] == "s07"


def test_events_forward_and_backward(logs, group):
    make_stream(logs, group, "s", [f"m{number}" for number in range(5)])
    arguments = {"logGroupName": group, "logStreamName": "s", "limit": 2}
    page = logs.get_log_events(startFromHead=True, **arguments)
    seen = []
    while True:
        seen += [event["message"] for event in page["events"]]
        following = logs.get_log_events(nextToken=page["nextForwardToken"], startFromHead=True, **arguments)
        if following["nextForwardToken"] == page["nextForwardToken"]:
            break
        page = following
    assert seen == ["m0", "m1", "m2", "m3", "m4"]
    assert [event["message"] for event in logs.get_log_events(**arguments)["events"]] == ["m3", "m4"]


def test_filters(logs, group):
    make_stream(logs, group, "a", ["ERROR disk", '{"level": "ERROR", "n": 4}', "INFO fine"])
    make_stream(logs, group, "b", ["ERROR net"])

    def found(**arguments):
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, **arguments)
        return [event["message"] for page in pages for event in page["events"]]

    assert sorted(found(filterPattern="ERROR -level")) == ["ERROR disk", "ERROR net"]
    assert sorted(found(filterPattern="?disk ?fine")) == ["ERROR disk", "INFO fine"]
    assert found(filterPattern='{ $.level = "ERROR" && $.n > 3 }') == ['{"level": "ERROR", "n": 4}']
    assert found(filterPattern="%n[aeiou]t%") == ["ERROR net"]
    assert found(logStreamNamePrefix="b") == found(logStreamNames=["b"]) == ["ERROR net"]
    assert len(found(limit=1)) == 4
    with pytest.raises(logs.exceptions.InvalidParameterException, match="Invalid character"):
        found(filterPattern="no-quotes")


def test_what_a_put_may_not_be(logs, group):
    make_stream(logs, group, "s")
    answer = put(logs, group, "s", ["old"], start=now() - 15 * 86_400_000)
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    answer = put(logs, group, "s", ["new"], start=now() + 3 * 3_600_000)
    assert answer["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 0}
    with pytest.raises(logs.exceptions.InvalidParameterException, match="chronological order"):
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[
            {"timestamp": now(), "message": "b"}, {"timestamp": now() - 10, "message": "a"}])
    with pytest.raises(logs.exceptions.InvalidParameterException, match="Upload too large: 1048577 bytes"):
        put(logs, group, "s", ["x" * (1_048_577 - 26)])
    assert "rejectedLogEventsInfo" not in put(logs, group, "s", ["x" * (1_048_576 - 26)])
    with pytest.raises(logs.exceptions.InvalidParameterException, match="less than or equal to 10000"):
        put(logs, group, "s", ["x"] * 10_001)
    assert "rejectedLogEventsInfo" not in put(logs, group, "s", ["x"] * 10_000)


def test_tags(logs, group):
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    logs.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "ulm", "b": "2"}
    logs.tag_log_group(logGroupName=group, tags={"c": "3"})
    logs.untag_log_group(logGroupName=group, tags=["b"])
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == {"team": "ulm", "c": "3"}


def test_what_is_not_there_is_named(logs, group):
    with pytest.raises(logs.exceptions.ClientError, match="PutMetricFilter"):
        logs.put_metric_filter(
            logGroupName=group, filterName="f", filterPattern="", metricTransformations=[])
