from conftest import ACCOUNT, refused


def test_caller_identity(sts):
    found = sts.get_caller_identity()
    assert found["Account"] == ACCOUNT
    assert found["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert found["UserId"]
    assert found["ResponseMetadata"]["RequestId"]


def test_other_operations_are_named(sts):
    with refused("UnsupportedOperation") as refusal:
        sts.get_session_token()
    assert "GetSessionToken" in refusal.message
    assert refusal.status == 501
