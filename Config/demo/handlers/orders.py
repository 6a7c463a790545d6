"""Handles batches of orders from a queue; names those that failed, so that the others need not come again."""
import json


def handler(event, context):
    failed = [
        record["messageId"] for record in event["Records"] if json.loads(record["body"])["poison"]
    ]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
