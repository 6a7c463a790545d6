import base64


def content(record):
    return base64.b64decode(record["kinesis"]["data"]) if "kinesis" in record else record["body"].encode()


def handler(event, context):
    for record in event["Records"]:
        if b"poison" in content(record):
            raise ValueError("cannot swallow it")
    return {"handled": len(event["Records"])}
