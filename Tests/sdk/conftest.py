"""Clients of unmodified boto3 against a running daemon.

MILLRACE_ENDPOINT names the daemon (default http://127.0.0.1:4566). Every test makes resources with names of its own, so
that the suite can run again and again on the same data directory.
"""

import os
import uuid

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ.get("MILLRACE_ENDPOINT", "http://127.0.0.1:4566")
ACCOUNT = "000000000000"
REGION = "us-east-1"


def make_client(service, **changes):
    options = {
        "endpoint_url": ENDPOINT,
        "region_name": REGION,
        "aws_access_key_id": os.environ.get("AWS_ACCESS_KEY_ID", "test"),
        "aws_secret_access_key": os.environ.get("AWS_SECRET_ACCESS_KEY", "test"),
        # One attempt: a retry would hide an error.
        "config": Config(
            connect_timeout=3, read_timeout=25, retries={"total_max_attempts": 1}, parameter_validation=False
        ),
    }
    options.update(changes)
    return boto3.client(service, **options)


@pytest.fixture(scope="session")
def sqs():
    return make_client("sqs")


@pytest.fixture(scope="session")
def kinesis():
    return make_client("kinesis")


@pytest.fixture(scope="session")
def sts():
    return make_client("sts")


@pytest.fixture
def name():
    return f"sdk-{uuid.uuid4().hex[:12]}"


class Refusal:
    """What a client was told, filled in when the block ends."""

    def __init__(self):
        self.code = self.message = self.status = self.response = None


class refused:
    """`with refused("Code") as refusal:` expects a ClientError with that code."""

    def __init__(self, code):
        self.code = code
        self.refusal = Refusal()

    def __enter__(self):
        return self.refusal

    def __exit__(self, kind, error, trace):
        assert kind is not None, f"expected {self.code}, nothing was raised"
        if not issubclass(kind, ClientError):
            return False
        self.refusal.response = error.response
        self.refusal.code = error.response["Error"]["Code"]
        self.refusal.message = error.response["Error"]["Message"]
        self.refusal.status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert self.refusal.code == self.code, error
        return True
