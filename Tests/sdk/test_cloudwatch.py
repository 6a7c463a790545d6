"""CloudWatch through boto3, which speaks Smithy RPC v2 CBOR, and through the aws command."""

import datetime
import json
import shutil
import subprocess
import time
import uuid

import botocore.exceptions
import pytest

from conftest import ENDPOINT, make_client


@pytest.fixture(scope="module")
def cloudwatch():
    return make_client("cloudwatch")


@pytest.fixture
def namespace():
    return f"Test/{uuid.uuid4()}"


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def span(minutes=30):
    return {"StartTime": now() - datetime.timedelta(minutes=minutes), "EndTime": now() + datetime.timedelta(minutes=1)}


def statistics(cloudwatch, namespace, name, statistics, dimensions=(), **more):
    arguments = {"Period": 60, **span(), **more}
    return cloudwatch.get_metric_statistics(
        Namespace=namespace, MetricName=name, Statistics=statistics,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions], **arguments)


def test_values_are_added_up_by_the_minute(cloudwatch, namespace):
    then = now() - datetime.timedelta(minutes=10)
    for value in (1, 2.5):
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[
            {"MetricName": "Wait", "Value": value, "Unit": "Seconds", "Timestamp": then,
             "Dimensions": [{"Name": "Town", "Value": "Ulm"}]}])
    answer = statistics(cloudwatch, namespace, "Wait", ["Sum", "SampleCount", "Average", "Minimum", "Maximum"],
                        [("Town", "Ulm")])
    assert answer["Label"] == "Wait"
    [point] = answer["Datapoints"]
    assert point == {
        "Timestamp": then.replace(second=0, microsecond=0), "Sum": 3.5, "SampleCount": 2.0, "Average": 1.75,
        "Minimum": 1.0, "Maximum": 2.5, "Unit": "Seconds"}
    assert isinstance(point["SampleCount"], float)
    assert statistics(cloudwatch, namespace, "Wait", ["Sum"])["Datapoints"] == []


def test_arrays_sets_and_percentiles(cloudwatch, namespace):
    values = [float(number) for number in range(1, 101)]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[
        {"MetricName": "Array", "Values": values, "Counts": [2.0] * 100},
        {"MetricName": "Set", "StatisticValues": {"SampleCount": 3, "Sum": 12, "Minimum": 1, "Maximum": 8}}])
    answer = cloudwatch.get_metric_statistics(
        Namespace=namespace, MetricName="Array", Period=300, ExtendedStatistics=["p50", "p99", "p100"], **span())
    [point] = answer["Datapoints"]
    told = point["ExtendedStatistics"]
    assert told["p100"] == 100
    assert told["p50"] == pytest.approx(50, rel=0.011)
    assert told["p99"] == pytest.approx(99, rel=0.011)
    [point] = statistics(cloudwatch, namespace, "Set", ["Average", "Maximum"], Period=60)["Datapoints"]
    assert (point["Average"], point["Maximum"]) == (4.0, 8.0)


def test_large_requests_come_compressed(cloudwatch, namespace):
    data = [{"MetricName": f"metric-{index:04}", "Value": index, "Unit": "Count"} for index in range(1000)]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    pages = list(cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace))
    sizes = [len(page["Metrics"]) for page in pages]
    assert sizes == [500, 500]
    names = [metric["MetricName"] for page in pages for metric in page["Metrics"]]
    assert names == [f"metric-{index:04}" for index in range(1000)]
    answer = statistics(cloudwatch, namespace, "metric-0777", ["Sum"])
    assert [point["Sum"] for point in answer["Datapoints"]] == [777.0]


def query(identifier, namespace, name, stat="Sum", **more):
    return {"Id": identifier, "MetricStat": {
        "Metric": {"Namespace": namespace, "MetricName": name}, "Period": 60, "Stat": stat}, **more}


def test_get_metric_data_pages_through_queries(cloudwatch, namespace):
    start = now() - datetime.timedelta(minutes=20)
    for minute in range(5):
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[
            {"MetricName": name, "Value": minute, "Timestamp": start + datetime.timedelta(minutes=minute)}
            for name in ("a", "b")])
    queries = [query("a", namespace, "a"), query("b", namespace, "b", Label="second")]
    answer = cloudwatch.get_metric_data(MetricDataQueries=queries, ScanBy="TimestampAscending", **span())
    assert [(result["Id"], result["Label"], result["Values"]) for result in answer["MetricDataResults"]] == [
        ("a", "a", [0, 1, 2, 3, 4]), ("b", "second", [0, 1, 2, 3, 4])]
    assert answer["MetricDataResults"][0]["Timestamps"] == sorted(answer["MetricDataResults"][0]["Timestamps"])
    assert {result["StatusCode"] for result in answer["MetricDataResults"]} == {"Complete"}
    values = {}
    paginator = cloudwatch.get_paginator("get_metric_data")
    for page in paginator.paginate(MetricDataQueries=queries, MaxDatapoints=3, **span()):
        assert sum(len(result["Values"]) for result in page["MetricDataResults"]) <= 3
        for result in page["MetricDataResults"]:
            values.setdefault(result["Id"], []).extend(result["Values"])
    assert values == {"a": [4, 3, 2, 1, 0], "b": [4, 3, 2, 1, 0]}


def test_metrics_are_listed_by_their_dimensions(cloudwatch, namespace):
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[
        {"MetricName": "a", "Value": 1, "Dimensions": [{"Name": "Town", "Value": town}]} for town in ("Ulm", "Jena")])
    listed = cloudwatch.list_metrics(Namespace=namespace, Dimensions=[{"Name": "Town"}], RecentlyActive="PT3H")
    towns = {metric["Dimensions"][0]["Value"] for metric in listed["Metrics"]}
    assert towns == {"Ulm", "Jena"}
    listed = cloudwatch.list_metrics(Namespace=namespace, Dimensions=[{"Name": "Town", "Value": "Ulm"}])
    assert listed["Metrics"] == [
        {"Namespace": namespace, "MetricName": "a", "Dimensions": [{"Name": "Town", "Value": "Ulm"}]}]


def refused(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response


def test_refusals_have_the_codes_of_aws(cloudwatch, namespace):
    base = {"Namespace": namespace, "MetricName": "m", "Period": 60, "Statistics": ["Sum"], **span()}
    answer = refused(cloudwatch.get_metric_statistics, **{**base, "EndTime": base["StartTime"]})
    assert answer["Error"]["Code"] == "InvalidParameterValue"
    assert answer["Error"]["Message"] == "The parameter StartTime must not equal parameter EndTime."
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    answer = refused(
        cloudwatch.get_metric_statistics, **{**base, "StartTime": now() - datetime.timedelta(days=9)})
    assert answer["Error"]["Code"] == "InvalidParameterCombination"
    assert "exceeds the limit of 1,440" in answer["Error"]["Message"]
    answer = refused(cloudwatch.put_metric_data, Namespace=namespace)
    assert answer["Error"]["Code"] == "MissingParameter"
    answer = refused(
        cloudwatch.get_metric_data, MetricDataQueries=[{"Id": "e", "Expression": "1"}], **span())
    assert answer["Error"]["Code"] == "UnsupportedOperation"
    with pytest.raises(cloudwatch.exceptions.InvalidNextToken):
        cloudwatch.get_metric_data(MetricDataQueries=[query("a", namespace, "a")], NextToken="?", **span())
    with pytest.raises(cloudwatch.exceptions.InvalidParameterValueException):
        cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=[{"MetricName": "m", "Value": 1}])


def test_not_a_number_is_refused(cloudwatch, namespace):
    answer = refused(
        cloudwatch.put_metric_data, Namespace=namespace,
        MetricData=[{"MetricName": "m", "Value": float("inf")}])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_what_is_not_there_is_named(cloudwatch):
    answer = refused(cloudwatch.describe_alarms)
    assert answer["Error"]["Code"] == "UnsupportedOperation"
    assert "DescribeAlarms" in answer["Error"]["Message"]


def test_a_mapping_counts_its_events_when_it_is_asked_to(cloudwatch, sqs, name):
    awslambda = make_client("lambda")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = awslambda.create_event_source_mapping(
        FunctionName="sdk-echo", EventSourceArn=arn, MetricsConfig={"Metrics": ["EventCount"]})
    assert mapping["MetricsConfig"] == {"Metrics": ["EventCount"]}
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    dimensions = [{"Name": "EventSourceMappingUUID", "Value": mapping["UUID"]}]
    names = ["PolledEventCount", "InvokedEventCount", "DeletedEventCount", "FailedInvokeEventCount"]
    queries = [
        {"Id": name[0].lower() + name[1:], "MetricStat": {
            "Metric": {"Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": dimensions},
            "Period": 60, "Stat": "Sum"}} for name in names]
    wanted = {"polledEventCount": 3, "invokedEventCount": 3, "deletedEventCount": 3, "failedInvokeEventCount": 0}
    deadline = time.monotonic() + 20
    seen = None
    while seen != wanted and time.monotonic() < deadline:
        answer = cloudwatch.get_metric_data(MetricDataQueries=queries, **span())
        seen = {result["Id"]: sum(result["Values"]) for result in answer["MetricDataResults"]}
    assert seen == wanted
    listed = cloudwatch.list_metrics(Namespace="AWS/Lambda", Dimensions=dimensions)["Metrics"]
    assert {metric["MetricName"] for metric in listed} == set(names) - {"FailedInvokeEventCount"}
    updated = awslambda.update_event_source_mapping(UUID=wait_for(awslambda, mapping), MetricsConfig={"Metrics": []})
    assert "MetricsConfig" not in updated
    awslambda.delete_event_source_mapping(UUID=wait_for(awslambda, mapping))


def wait_for(awslambda, mapping):
    """The mapping's ID, once it takes changes."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if awslambda.get_event_source_mapping(UUID=mapping["UUID"])["State"] == "Enabled":
            return mapping["UUID"]
    raise AssertionError("the mapping is not enabled")


@pytest.mark.skipif(shutil.which("aws") is None, reason="the aws command is not installed")
def test_the_command_line_puts_and_reads(namespace):
    def aws(*words):
        run = subprocess.run(["aws", "--endpoint-url", ENDPOINT, "--output", "json", "cloudwatch", *words],
                             capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout) if run.stdout.strip() else None

    aws("put-metric-data", "--namespace", namespace, "--metric-name", "Orders", "--value", "7", "--unit", "Count",
        "--dimensions", "Town=Ulm")
    stamp = "%Y-%m-%dT%H:%M:%SZ"
    answer = aws("get-metric-statistics", "--namespace", namespace, "--metric-name", "Orders",
                 "--dimensions", "Name=Town,Value=Ulm", "--statistics", "Sum", "--period", "300",
                 "--start-time", time.strftime(stamp, time.gmtime(time.time() - 600)),
                 "--end-time", time.strftime(stamp, time.gmtime(time.time() + 60)))
    assert [point["Sum"] for point in answer["Datapoints"]] == [7.0]
    assert [metric["MetricName"] for metric in aws("list-metrics", "--namespace", namespace)["Metrics"]] == ["Orders"]
