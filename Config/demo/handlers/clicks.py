"""Handles batches of clicks from a Kinesis stream; raises when one of them is poison."""
import base64
import json


def handler(event, context):
    for record in event["Records"]:
        click = json.loads(base64.b64decode(record["kinesis"]["data"]))
        if click["poison"]:
            raise ValueError(f"click {click['seq']} is poison")
