"""Smithy RPC v2 CBOR, by the serializer and parser of botocore: a service whose model says that it speaks nothing else.

Newer SDKs choose this protocol where a service offers it; botocore has it, and takes it if the model leaves no choice.
"""

import json
import time
from datetime import datetime, timedelta, timezone

import botocore.loaders
import botocore.session
import pytest
from botocore.config import Config
from conftest import ENDPOINT, REGION, refused


def make_rpc_client(service, folder):
    model = botocore.loaders.Loader().load_service_model(service, "service-2")
    model["metadata"] |= {"protocol": "smithy-rpc-v2-cbor", "protocols": ["smithy-rpc-v2-cbor"]}
    target = folder / service / model["metadata"]["apiVersion"]
    target.mkdir(parents=True)
    (target / "service-2.json").write_text(json.dumps(model))
    session = botocore.session.Session()
    # The first path wins.
    session.get_component("data_loader")._search_paths.insert(0, str(folder))
    client = session.create_client(
        service, endpoint_url=ENDPOINT, region_name=REGION, aws_access_key_id="test",
        aws_secret_access_key="test", config=Config(retries={"total_max_attempts": 1}),
    )
    assert client.meta.service_model.resolved_protocol == "smithy-rpc-v2-cbor"
    return client


@pytest.fixture(scope="module")
def rpc(tmp_path_factory):
    return make_rpc_client("kinesis", tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def metrics(tmp_path_factory):
    return make_rpc_client("cloudwatch", tmp_path_factory.mktemp("models"))


def test_records_and_moments(rpc, name):
    before = datetime.now(timezone.utc)
    rpc.create_stream(StreamName=name, ShardCount=1)
    rpc.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    data = bytes(range(256))
    rpc.put_record(StreamName=name, PartitionKey="k", Data=data)
    time.sleep(0.01)
    rpc.put_records(StreamName=name, Records=[{"PartitionKey": "k", "Data": b"second"}])

    def read(kind, **arguments):
        start = rpc.get_shard_iterator(
            StreamName=name, ShardId="shardId-000000000000", ShardIteratorType=kind, **arguments
        )
        return rpc.get_records(ShardIterator=start["ShardIterator"])["Records"]

    first, second = read("TRIM_HORIZON")
    assert (first["Data"], second["Data"]) == (data, b"second")
    assert abs((first["ApproximateArrivalTimestamp"] - before).total_seconds()) < 60
    assert first["ApproximateArrivalTimestamp"] < second["ApproximateArrivalTimestamp"]
    found = read("AT_TIMESTAMP", Timestamp=second["ApproximateArrivalTimestamp"])
    assert [record["Data"] for record in found] == [b"second"]
    rpc.delete_stream(StreamName=name)


def test_errors(rpc, name):
    with refused("ResourceNotFoundException") as refusal:
        rpc.describe_stream_summary(StreamName=name)
    assert refusal.status == 400
    assert name in refusal.message


def test_metrics(metrics, name):
    now = datetime.now(timezone.utc).replace(microsecond=0)
    data = [{"MetricName": "Size", "Timestamp": now, "Value": value, "Unit": "Bytes"} for value in (1, 2.5)]
    metrics.put_metric_data(Namespace=name, MetricData=data)
    start, end = now - timedelta(minutes=2), now + timedelta(minutes=2)
    points = metrics.get_metric_statistics(
        Namespace=name, MetricName="Size", StartTime=start, EndTime=end, Period=60, Statistics=["Sum", "SampleCount"]
    )["Datapoints"]
    assert [(point["Sum"], point["SampleCount"], point["Unit"]) for point in points] == [(3.5, 2.0, "Bytes")]
    assert points[0]["Timestamp"] == now.replace(second=0)
    query = {"Id": "a", "MetricStat": {"Metric": {"Namespace": name, "MetricName": "Size"}, "Period": 60, "Stat": "Sum"}}
    results = metrics.get_metric_data(MetricDataQueries=[query], StartTime=start, EndTime=end)["MetricDataResults"]
    assert (results[0]["Values"], results[0]["Timestamps"]) == ([3.5], [now.replace(second=0)])
    assert [metric["MetricName"] for metric in metrics.list_metrics(Namespace=name)["Metrics"]] == ["Size"]


def test_errors_of_metrics(metrics):
    with refused("InvalidParameterCombination"):
        metrics.get_metric_statistics(
            Namespace="a", MetricName="b", StartTime=1, EndTime=2, Period=60
        )
    with refused("UnsupportedOperation") as refusal:
        metrics.describe_alarms()
    assert refusal.status == 501
