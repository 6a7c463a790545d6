import json

import pytest
from conftest import ACCOUNT, make_client, refused

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
READS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["sqs:ReceiveMessage"], "Resource": "*"}],
}
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


@pytest.fixture(scope="session")
def iam():
    return make_client("iam", region_name=None)


@pytest.fixture
def role(iam, name):
    yield iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]


def test_set_up_code_runs_unchanged(iam, name):
    role = iam.create_role(
        RoleName=name,
        Path="/service/",
        AssumeRolePolicyDocument=json.dumps(TRUST),
        Description="for a handler",
        Tags=[{"Key": "stage", "Value": "test"}],
    )["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/service/{name}"
    assert role["RoleId"].startswith("AROA") and len(role["RoleId"]) == 21
    assert role["AssumeRolePolicyDocument"] == TRUST
    iam.attach_role_policy(RoleName=name, PolicyArn=BASIC)
    policy = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(READS))["Policy"]
    iam.attach_role_policy(RoleName=name, PolicyArn=policy["Arn"])
    iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=json.dumps(READS))
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert {found["PolicyArn"] for found in attached} == {BASIC, policy["Arn"]}
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["inline"]
    assert iam.get_role_policy(RoleName=name, PolicyName="inline")["PolicyDocument"] == READS
    assert iam.get_policy(PolicyArn=policy["Arn"])["Policy"]["AttachmentCount"] == 1
    entities = iam.list_entities_for_policy(PolicyArn=policy["Arn"])
    assert [found["RoleName"] for found in entities["PolicyRoles"]] == [name]
    iam.get_waiter("role_exists").wait(RoleName=name)
    iam.get_waiter("policy_exists").wait(PolicyArn=policy["Arn"])

    with refused("DeleteConflict") as refusal:
        iam.delete_role(RoleName=name)
    assert refusal.status == 409
    assert refusal.message == "Cannot delete entity, must detach all policies first."
    for found in attached:
        iam.detach_role_policy(RoleName=name, PolicyArn=found["PolicyArn"])
    iam.delete_role_policy(RoleName=name, PolicyName="inline")
    iam.delete_role(RoleName=name)
    iam.delete_policy(PolicyArn=policy["Arn"])
    with refused("NoSuchEntity") as refusal:
        iam.get_role(RoleName=name)
    assert refusal.status == 404
    assert refusal.message == f"The role with name {name} cannot be found."


def test_changing_a_role(iam, role):
    name = role["RoleName"]
    iam.update_role(RoleName=name, Description="new", MaxSessionDuration=7200)
    other = {"Version": "2012-10-17", "Statement": [{**TRUST["Statement"][0], "Sid": "Other"}]}
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(other))
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=BASIC)
    iam.tag_role(RoleName=name, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_role(RoleName=name, TagKeys=["a"])
    found = iam.get_role(RoleName=name)["Role"]
    assert found["Description"] == "new"
    assert found["MaxSessionDuration"] == 7200
    assert found["AssumeRolePolicyDocument"] == other
    assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == BASIC
    assert iam.list_role_tags(RoleName=name)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert found["RoleId"] == role["RoleId"] and found["CreateDate"] == role["CreateDate"]
    assert iam.update_role_description(RoleName=name, Description="newer")["Role"]["Description"] == "newer"
    iam.delete_role_permissions_boundary(RoleName=name)
    assert "PermissionsBoundary" not in iam.get_role(RoleName=name)["Role"]


def test_lists_come_in_pages(iam, name):
    names = [f"{name}-{number}" for number in range(5)]
    for each in names:
        iam.create_role(
            RoleName=each, Path=f"/{name}/", AssumeRolePolicyDocument=json.dumps(TRUST)
        )
        iam.create_policy(PolicyName=each, Path=f"/{name}/", PolicyDocument=json.dumps(READS))
    roles = iam.get_paginator("list_roles").paginate(
        PathPrefix=f"/{name}/", PaginationConfig={"PageSize": 2}
    )
    assert [[role["RoleName"] for role in page["Roles"]] for page in roles] == [
        names[:2],
        names[2:4],
        names[4:],
    ]
    policies = iam.get_paginator("list_policies").paginate(
        Scope="Local", PathPrefix=f"/{name}/", PaginationConfig={"PageSize": 3}
    )
    assert [policy["PolicyName"] for page in policies for policy in page["Policies"]] == names


def test_versions_of_a_policy(iam, name):
    arn = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(READS))["Policy"]["Arn"]
    other = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(other), SetAsDefault=True)
    assert made["PolicyVersion"]["VersionId"] == "v2"
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] == READS
    with refused("DeleteConflict"):
        iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    assert [v["VersionId"] for v in iam.list_policy_versions(PolicyArn=arn)["Versions"]] == ["v1"]
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "1"}])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    iam.delete_policy(PolicyArn=arn)


def test_instance_profiles(iam, role):
    name = role["RoleName"]
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    found = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    assert [each["RoleName"] for each in found["Roles"]] == [name]
    assert found["Arn"] == f"arn:aws:iam::{ACCOUNT}:instance-profile/{name}"
    with refused("LimitExceeded"):
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    assert len(iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"]) == 1
    iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=name)
    iam.delete_instance_profile(InstanceProfileName=name)


def test_refusals(iam, role):
    name = role["RoleName"]
    with refused("EntityAlreadyExists") as refusal:
        iam.create_role(RoleName=name.upper(), AssumeRolePolicyDocument=json.dumps(TRUST))
    assert refusal.status == 409
    with refused("MalformedPolicyDocument") as refusal:
        iam.create_role(RoleName=name + "x", AssumeRolePolicyDocument="nothing")
    assert refusal.message == "This policy contains invalid Json"
    with refused("MalformedPolicyDocument"):
        iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(TRUST))
    with refused("NoSuchEntity") as refusal:
        iam.attach_role_policy(RoleName=name, PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/none")
    assert "does not exist or is not attachable" in refusal.message
    with refused("ValidationError"):
        iam.create_role(RoleName="a b", AssumeRolePolicyDocument=json.dumps(TRUST))
    with refused("UnsupportedOperation") as refusal:
        iam.create_user(UserName=name)
    assert "CreateUser" in refusal.message and refusal.status == 501


def test_every_other_operation_is_named(iam):
    """Each operation of the client's model either works here or says that it does not."""
    works = {
        "CreateRole", "GetRole", "ListRoles", "UpdateRole", "UpdateRoleDescription",
        "UpdateAssumeRolePolicy", "DeleteRole", "PutRolePermissionsBoundary",
        "DeleteRolePermissionsBoundary", "AttachRolePolicy", "DetachRolePolicy",
        "ListAttachedRolePolicies", "PutRolePolicy", "GetRolePolicy", "DeleteRolePolicy",
        "ListRolePolicies", "TagRole", "UntagRole", "ListRoleTags", "CreatePolicy", "GetPolicy",
        "ListPolicies", "DeletePolicy", "CreatePolicyVersion", "GetPolicyVersion", "ListPolicyVersions",
        "SetDefaultPolicyVersion", "DeletePolicyVersion", "ListEntitiesForPolicy", "TagPolicy",
        "UntagPolicy", "ListPolicyTags", "CreateInstanceProfile", "GetInstanceProfile",
        "ListInstanceProfiles", "ListInstanceProfilesForRole", "DeleteInstanceProfile",
        "AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile", "TagInstanceProfile",
        "UntagInstanceProfile", "ListInstanceProfileTags",
    }  # fmt: skip
    names = set(iam.meta.service_model.operation_names)
    assert works <= names
    for name in sorted(names - works):
        with refused("UnsupportedOperation") as refusal:
            iam._make_api_call(name, {})
        assert f"the operation {name} of IAM" in refusal.message
    for name in sorted(works - {"ListRoles", "ListPolicies", "ListInstanceProfiles"}):
        with refused("ValidationError"):
            iam._make_api_call(name, {})
