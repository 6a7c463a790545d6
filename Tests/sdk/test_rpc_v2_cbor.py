"""Smithy RPC v2 CBOR, by the serializer and parser of botocore: a service whose model says that it speaks nothing else.

Newer SDKs choose this protocol where a service offers it; botocore has it, and takes it if the model leaves no choice.
"""

import json
import time
from datetime import datetime, timezone

import botocore.loaders
import botocore.session
import pytest
from botocore.config import Config
from conftest import ENDPOINT, REGION, refused


@pytest.fixture(scope="module")
def rpc(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    model = botocore.loaders.Loader().load_service_model("kinesis", "service-2")
    model["metadata"] |= {"protocol": "smithy-rpc-v2-cbor", "protocols": ["smithy-rpc-v2-cbor"]}
    target = folder / "kinesis" / model["metadata"]["apiVersion"]
    target.mkdir(parents=True)
    (target / "service-2.json").write_text(json.dumps(model))
    session = botocore.session.Session()
    # The first path wins.
    session.get_component("data_loader")._search_paths.insert(0, str(folder))
    return session.create_client(
        "kinesis", endpoint_url=ENDPOINT, region_name=REGION, aws_access_key_id="test",
        aws_secret_access_key="test", config=Config(retries={"total_max_attempts": 1}),
    )


def test_it_is_the_protocol(rpc):
    assert rpc.meta.service_model.resolved_protocol == "smithy-rpc-v2-cbor"


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
