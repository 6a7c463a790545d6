"""Code for tests of functions, and a way to see which version of it ran."""

import io
import json
import time
import zipfile

from conftest import refused

ROLE = "arn:aws:iam::000000000000:role/lambda-role"

# Sends what it knows about itself to a queue, by plain HTTP: no SDK is needed where the handler runs.
REPORTER = """
import json, os, urllib.request
MARK = {mark!r}
def handler(event, context):
    body = {{"QueueUrl": os.environ["RESULTS"], "MessageBody": json.dumps({{
        "mark": MARK, "version": context.function_version, "arn": context.invoked_function_arn,
        "stage": os.environ.get("STAGE"), "extra": extra()}})}}
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], json.dumps(body).encode(),
        {{"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0",
          "Authorization": "AWS4-HMAC-SHA256 Credential=test/20240101/%s/sqs/aws4_request, SignedHeaders=host, "
                           "Signature=none" % os.environ["AWS_REGION"]}})
    urllib.request.urlopen(request).read()
def extra():
    {extra}
"""


class refused_with(refused):
    """Like `refused`, with the status as well."""

    def __init__(self, code, status):
        super().__init__(code)
        self.wanted = status

    def __exit__(self, kind, error, trace):
        if not super().__exit__(kind, error, trace):
            return False
        assert self.refusal.status == self.wanted
        return True


def archive(files, modes=None):
    """A zip file of texts or bytes by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            entry.external_attr = ((modes or {}).get(name, 0o100644)) << 16
            zipped.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def python(text="def handler(event, context):\n    return event\n"):
    return archive({"app.py": text})


def reporter(mark, extra="return None"):
    return python(REPORTER.format(mark=mark, extra=extra))


class Results:
    """A queue that functions report to, and one that invokes them through a mapping."""

    def __init__(self, sqs, lambda_client, name):
        self.sqs, self.lambdas = sqs, lambda_client
        self.url = sqs.create_queue(QueueName=f"{name}-results")["QueueUrl"]
        self.name = name
        self.sources = {}

    def environment(self, **more):
        return {"Variables": {"RESULTS": self.url, **more}}

    def invoke(self, function, timeout=20):
        """Invokes by a message to a queue that is mapped to the function; returns what it reports."""
        if function not in self.sources:
            source = self.sqs.create_queue(QueueName=f"{self.name}-{len(self.sources)}")["QueueUrl"]
            arn = self.sqs.get_queue_attributes(QueueUrl=source, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            self.lambdas.create_event_source_mapping(FunctionName=function, EventSourceArn=arn, BatchSize=1)
            self.sources[function] = source
        self.sqs.send_message(QueueUrl=self.sources[function], MessageBody="go")
        return self.next(timeout)

    def next(self, timeout=20):
        end = time.time() + timeout
        while time.time() < end:
            found = self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=5).get("Messages", [])
            if found:
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=found[0]["ReceiptHandle"])
                return json.loads(found[0]["Body"])
        raise AssertionError("nothing was reported")
