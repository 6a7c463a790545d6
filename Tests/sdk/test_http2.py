"""The daemon over HTTP/2 in clear text, as asynchronous SDKs speak it: an implementation of its own on the other side."""

import asyncio
import base64
import json

import httpx
import pytest
from conftest import ENDPOINT


@pytest.fixture(scope="module")
def http2():
    # Without HTTP/1.1 to fall back to, the client sends the preface of HTTP/2 at once.
    with httpx.Client(http1=False, http2=True, base_url=ENDPOINT, timeout=25) as client:
        yield client


def call(http2, target, body, **headers):
    answer = http2.post("/", json=body, headers={"X-Amz-Target": target} | headers)
    assert answer.http_version == "HTTP/2"
    return answer


def test_calls_and_errors(http2, name):
    assert call(http2, "Kinesis_20131202.ListStreams", {}).json()["HasMoreStreams"] is False
    missing = call(http2, "Kinesis_20131202.DescribeStreamSummary", {"StreamName": name})
    assert (missing.status_code, missing.json()["__type"]) == (400, "ResourceNotFoundException")
    nowhere = http2.get("/nowhere")
    assert (nowhere.http_version, nowhere.status_code) == ("HTTP/2", 404)


def test_large_bodies(http2, kinesis, name):
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    data = [bytes([n]) * 900_000 for n in range(4)]
    records = [{"PartitionKey": "k", "Data": base64.b64encode(piece).decode()} for piece in data]
    put = call(http2, "Kinesis_20131202.PutRecords", {"StreamName": name, "Records": records})
    assert put.json()["FailedRecordCount"] == 0
    start = kinesis.get_shard_iterator(
        StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    read = call(http2, "Kinesis_20131202.GetRecords", {"ShardIterator": start}).json()["Records"]
    assert [base64.b64decode(record["Data"]) for record in read] == data
    kinesis.delete_stream(StreamName=name)


def test_long_polls_share_one_connection(sqs, name):
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    poll = {"QueueUrl": url, "WaitTimeSeconds": 20, "MaxNumberOfMessages": 1}

    async def everything():
        async with httpx.AsyncClient(http1=False, http2=True, base_url=ENDPOINT, timeout=25) as client:

            def post(target, body):
                return client.post("/", json=body, headers={"X-Amz-Target": target})

            waiting = [asyncio.create_task(post("AmazonSQS.ReceiveMessage", poll)) for _ in range(20)]
            # Answers of sends overtake those of polls.
            for number in range(20):
                sent = await post("AmazonSQS.SendMessage", {"QueueUrl": url, "MessageBody": str(number)})
                assert sent.status_code == 200
            return [json.loads((await task).content)["Messages"][0]["Body"] for task in waiting]

    bodies = asyncio.run(everything())
    assert sorted(bodies, key=int) == [str(number) for number in range(20)]
    sqs.delete_queue(QueueUrl=url)
