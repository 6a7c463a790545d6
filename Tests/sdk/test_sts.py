import json

import pytest
from conftest import ACCOUNT, make_client, refused

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture
def role(name):
    iam = make_client("iam")
    yield iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), MaxSessionDuration=7200
    )["Role"]


def client_of(service, credentials):
    return make_client(
        service,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def test_caller_identity(sts):
    found = sts.get_caller_identity()
    assert found["Account"] == ACCOUNT
    assert found["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert found["UserId"]
    assert found["ResponseMetadata"]["RequestId"]


def test_an_assumed_role_says_who_it_is_and_may_work(sts, role):
    answer = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="batch", DurationSeconds=7200)
    credentials = answer["Credentials"]
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role['RoleName']}/batch"
    assert answer["AssumedRoleUser"] == {"AssumedRoleId": f"{role['RoleId']}:batch", "Arn": arn}
    assert credentials["AccessKeyId"].startswith("ASIA")
    found = client_of("sts", credentials).get_caller_identity()
    assert found["Arn"] == arn
    assert found["UserId"] == f"{role['RoleId']}:batch"
    assert sts.get_access_key_info(AccessKeyId=credentials["AccessKeyId"])["Account"] == ACCOUNT
    sqs = client_of("sqs", credentials)
    url = sqs.create_queue(QueueName=role["RoleName"])["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="by a role")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "by a role"


def test_refused_sessions(sts, role):
    with refused("AccessDenied") as refusal:
        sts.assume_role(RoleArn=role["Arn"] + "-not", RoleSessionName="batch")
    assert refusal.status == 403
    assert "is not authorized to perform: sts:AssumeRole on resource" in refusal.message
    with refused("ValidationError") as refusal:
        sts.assume_role(RoleArn=role["Arn"], RoleSessionName="batch", DurationSeconds=899)
    assert "greater than or equal to 900" in refusal.message
    with refused("ValidationError") as refusal:
        sts.assume_role(RoleArn=role["Arn"], RoleSessionName="batch", DurationSeconds=7201)
    assert "exceeds the MaxSessionDuration" in refusal.message
    with refused("ValidationError"):
        sts.assume_role(RoleArn=role["Arn"], RoleSessionName="a b")


def test_session_and_federation_tokens(sts):
    credentials = sts.get_session_token()["Credentials"]
    session = client_of("sts", credentials)
    assert session.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    with refused("AccessDenied"):
        session.get_session_token()
    federated = sts.get_federation_token(Name="anna")
    arn = f"arn:aws:sts::{ACCOUNT}:federated-user/anna"
    assert federated["FederatedUser"] == {"FederatedUserId": f"{ACCOUNT}:anna", "Arn": arn}
    assert client_of("sts", federated["Credentials"]).get_caller_identity()["Arn"] == arn


def test_other_operations_are_named(sts):
    with refused("UnsupportedOperation") as refusal:
        sts.decode_authorization_message(EncodedMessage="x")
    assert "DecodeAuthorizationMessage" in refusal.message
    assert refusal.status == 501
