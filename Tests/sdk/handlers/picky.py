import base64


def handler(event, context):
    for record in event["Records"]:
        if b"poison" in base64.b64decode(record["kinesis"]["data"]):
            raise ValueError("cannot swallow it")
    return {"handled": len(event["Records"])}
