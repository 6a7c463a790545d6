"""Functions made by the API, with unmodified boto3."""

import base64
import hashlib
import os
import urllib.error
import urllib.request

import pytest
from conftest import ACCOUNT, REGION, make_client
from functions import ROLE, Results, archive, python, refused_with, reporter

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"


@pytest.fixture(scope="module")
def lambdas():
    return make_client("lambda")


@pytest.fixture(scope="module")
def s3():
    return make_client("s3")


@pytest.fixture
def create(lambdas):
    made = []

    def make(name, code=None, **changes):
        options = {"Runtime": "python3.12", "Handler": "app.handler", "Role": ROLE, **changes}
        made.append(name)
        return lambdas.create_function(
            FunctionName=name, Code=code or {"ZipFile": python()}, **{k: v for k, v in options.items() if v is not None}
        )

    yield make
    for name in made:
        try:
            lambdas.delete_function(FunctionName=name)
        except lambdas.exceptions.ResourceNotFoundException:
            pass


def sha(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


# Creating


def test_create_tells_everything_and_is_active_at_once(lambdas, create, name):
    code = python()
    made = create(name, {"ZipFile": code}, Description="d", Timeout=7, MemorySize=256, Tags={"a": "1"},
                  Environment={"Variables": {"STAGE": "x"}}, Architectures=["arm64"])
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["State"], made["StateReasonCode"], made["Version"]) == ("Pending", "Creating", "$LATEST")
    assert made["CodeSha256"] == sha(code) and made["CodeSize"] == len(code)
    lambdas.get_waiter("function_active_v2").wait(FunctionName=name)
    lambdas.get_waiter("function_updated_v2").wait(FunctionName=name)
    found = lambdas.get_function(FunctionName=name)
    configuration = found["Configuration"]
    assert configuration["FunctionArn"] == f"{ARN}:{name}"
    assert configuration["Timeout"] == 7 and configuration["MemorySize"] == 256
    assert configuration["Environment"] == {"Variables": {"STAGE": "x"}}
    assert configuration["Architectures"] == ["arm64"] and configuration["RevisionId"] == made["RevisionId"]
    assert found["Tags"] == {"a": "1"} and "Concurrency" not in found
    with urllib.request.urlopen(found["Code"]["Location"]) as answer:
        assert answer.read() == code


def test_an_address_of_code_is_good_as_it_is_only(lambdas, create, name):
    create(name)
    location = lambdas.get_function(FunctionName=name)["Code"]["Location"]
    for changed in (location[:-1] + ("0" if location[-1] != "0" else "1"), location.replace("expires=", "expires=9")):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(changed)
        assert error.value.code == 403


def test_a_function_runs(lambdas, create, sqs, name):
    results = Results(sqs, lambdas, name)
    create(name, {"ZipFile": reporter("one")}, Environment=results.environment(STAGE="test"))
    assert results.invoke(name) == {
        "mark": "one", "version": "$LATEST", "arn": f"{ARN}:{name}", "stage": "test", "extra": None}
    lambdas.update_function_code(FunctionName=name, ZipFile=reporter("two"))
    assert results.invoke(name)["mark"] == "two"
    lambdas.update_function_configuration(FunctionName=name, Environment=results.environment(STAGE="prod"))
    assert results.invoke(name)["stage"] == "prod"


@pytest.mark.skipif(os.system("command -v curl > /dev/null") != 0, reason="no curl here")
def test_a_bootstrap_stays_executable(lambdas, create, sqs, name):
    results = Results(sqs, lambdas, name)
    script = """#!/bin/sh
while true; do
  headers=$(mktemp)
  curl -sS -D "$headers" "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next" > /dev/null
  id=$(tr -d '\\r' < "$headers" | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
  curl -sS -X POST -H 'X-Amz-Target: AmazonSQS.SendMessage' -H 'Content-Type: application/x-amz-json-1.0' \\
    -d "{\\"QueueUrl\\": \\"$RESULTS\\", \\"MessageBody\\": \\"{\\\\\\"shell\\\\\\": true}\\"}" "$AWS_ENDPOINT_URL" > /dev/null
  curl -sS -X POST -d null "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response" > /dev/null
done
"""
    code = archive({"bootstrap": script}, {"bootstrap": 0o100755})
    create(name, {"ZipFile": code}, Runtime="provided.al2023", Handler="x", Environment=results.environment())
    assert results.invoke(name) == {"shell": True}


@pytest.mark.skipif(os.system("command -v node > /dev/null") != 0, reason="no Node.js here")
def test_a_node_handler(lambdas, create, sqs, name):
    results = Results(sqs, lambdas, name)
    code = """
exports.handler = async (event, context) => {
  await fetch(process.env.AWS_ENDPOINT_URL, {method: "POST", headers: {
    "X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0"},
    body: JSON.stringify({QueueUrl: process.env.RESULTS, MessageBody: JSON.stringify({
      records: event.Records.length, name: context.functionName, left: context.getRemainingTimeInMillis() > 0})})});
};
"""
    create(name, {"ZipFile": archive({"index.js": code})}, Runtime="nodejs20.x", Handler="index.handler",
           Environment=results.environment())
    assert results.invoke(name) == {"records": 1, "name": name, "left": True}


def test_code_from_a_bucket(lambdas, create, s3, name):
    s3.create_bucket(Bucket=name)
    code = python()
    s3.put_object(Bucket=name, Key="a/code.zip", Body=code)
    assert create(name, {"S3Bucket": name, "S3Key": "a/code.zip"})["CodeSha256"] == sha(code)
    with refused_with("InvalidParameterValueException", 400) as error:
        create(name + "-b", {"S3Bucket": name, "S3Key": "none"})
    assert error.message == (
        "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.")
    with refused_with("InvalidParameterValueException", 400) as error:
        create(name + "-b", {"S3Bucket": name + "-none", "S3Key": "none"})
    assert "S3 Error Code: NoSuchBucket." in error.message
    with refused_with("UnsupportedOperation", 501) as error:
        create(name + "-b", {"S3Bucket": name, "S3Key": "a/code.zip", "S3ObjectVersion": "1"})
    assert "S3ObjectVersion" in error.message


def test_code_of_some_megabytes(lambdas, create, name):
    code = archive({"app.py": "def handler(e, c): pass", "noise": os.urandom(20_000_000)})
    assert create(name, {"ZipFile": code})["CodeSize"] == len(code)


def test_a_name_is_taken_once(lambdas, create, name):
    create(name)
    with refused_with("ResourceConflictException", 409) as error:
        create(name)
    assert error.message == f"Function already exist: {name}"


def test_published_at_once(create, name):
    made = create(name, Publish=True)
    assert made["Version"] == "1"


REFUSED = [
    ({"Runtime": "cobol85"}, "InvalidParameterValueException", "Value cobol85 at 'runtime' failed to satisfy constraint"),
    ({"Runtime": "python3.6"}, "InvalidParameterValueException",
     "The runtime parameter of python3.6 is no longer supported"),
    ({"Handler": "a b"}, "ValidationException",
     r"Value 'a b' at 'handler' failed to satisfy constraint: Member must satisfy regular expression pattern: [^\s]+"),
    ({"Handler": None}, "InvalidParameterValueException", "Runtime and Handler are mandatory parameters"),
    ({"Runtime": None}, "InvalidParameterValueException", "Runtime and Handler are mandatory parameters"),
    ({"Role": "nobody"}, "ValidationException", "Value 'nobody' at 'role' failed to satisfy constraint"),
    ({"Role": None}, "ValidationException", "Value null at 'role' failed to satisfy constraint: Member must not be null"),
    ({"Timeout": 0}, "ValidationException",
     "Value '0' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1"),
    ({"Timeout": 901}, "ValidationException", "less than or equal to 900"),
    ({"MemorySize": 127}, "ValidationException", "greater than or equal to 128"),
    ({"MemorySize": 10241}, "ValidationException", "less than or equal to 10240"),
    ({"Description": "d" * 257}, "ValidationException", "length less than or equal to 256"),
    ({"Architectures": ["z80"]}, "ValidationException", "at 'architectures' failed to satisfy constraint"),
    ({"Architectures": ["x86_64", "arm64"]}, "ValidationException", "length less than or equal to 1"),
    ({"PackageType": "Rpm"}, "ValidationException", "enum value set: [Image, Zip]"),
    ({"Environment": {"Variables": {"A B": "1"}}}, "ValidationException", "at 'environment.variables'"),
    ({"Environment": {"Variables": {"AWS_REGION": "x", "_HANDLER": "y"}}}, "InvalidParameterValueException",
     "Reserved keys used in this request: AWS_REGION, _HANDLER"),
    ({"Environment": {"Variables": {"BIG": "x" * 4096}}}, "InvalidParameterValueException",
     "exceeded the 4KB limit. String measured: {\"BIG\":\"xxx"),
    ({"Layers": [f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:none:1"]}, "InvalidParameterValueException",
     f"Layer version arn:aws:lambda:{REGION}:{ACCOUNT}:layer:none:1 does not exist."),
    ({"Layers": ["layer"]}, "ValidationException", "Value '[layer]' at 'layers' failed to satisfy constraint"),
    ({"Layers": [f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:l:{n}" for n in range(1, 7)]},
     "InvalidParameterValueException", "Cannot reference more than 5 layers."),
    ({"Layers": [f"arn:aws:lambda:eu-west-1:{ACCOUNT}:layer:l:1"]}, "InvalidParameterValueException",
     f"Layers are not in the same region as the function. Layers are expected to be in region {REGION}."),
]


@pytest.mark.parametrize("changes,code,text", REFUSED)
def test_bad_settings(lambdas, create, name, changes, code, text):
    with refused_with(code, 400) as error:
        create(name, **changes)
    assert text in error.message
    with refused_with("ResourceNotFoundException", 404):
        lambdas.get_function(FunctionName=name)


@pytest.mark.parametrize("changes,word", [
    ({"VpcConfig": {"SubnetIds": ["subnet-1"]}}, "VpcConfig"), ({"KMSKeyArn": "arn:aws:kms:us-east-1:1:key/k"}, "KMSKeyArn"),
    ({"FileSystemConfigs": [{"Arn": "a", "LocalMountPath": "/mnt/a"}]}, "FileSystemConfigs"),
    ({"TracingConfig": {"Mode": "Active"}}, "TracingConfig"), ({"SnapStart": {"ApplyOn": "PublishedVersions"}}, "SnapStart"),
    ({"EphemeralStorage": {"Size": 1024}}, "EphemeralStorage"), ({"LoggingConfig": {"LogFormat": "JSON"}}, "LogFormat"),
    ({"CodeSigningConfigArn": "arn:aws:lambda:us-east-1:1:code-signing-config:csc-1"}, "CodeSigningConfigArn"),
    ({"PackageType": "Image", "Runtime": None, "Handler": None}, "container images"),
])
def test_settings_that_nothing_enforces_are_refused_by_name(lambdas, create, name, changes, word):
    with refused_with("UnsupportedOperation", 501) as error:
        create(name, **changes)
    assert word in error.message


def test_defaults_that_tools_send_along_are_taken(create, name):
    create(name, VpcConfig={"SubnetIds": [], "SecurityGroupIds": []}, TracingConfig={"Mode": "PassThrough"},
           EphemeralStorage={"Size": 512}, SnapStart={"ApplyOn": "None"}, LoggingConfig={"LogFormat": "Text"})


@pytest.mark.parametrize("code,text", [
    ({"ZipFile": b"no zip"}, "Could not unzip uploaded file. Please check your file, then try to upload again."),
    ({"ZipFile": b""}, "Uploaded file must be a non-empty zip"), ({"ZipFile": archive({})}, "Uploaded file must be a non-empty zip"),
    ({"ZipFile": archive({"../evil": "x"})}, "Could not unzip uploaded file."),
    ({"ZipFile": archive({"/tmp/evil": "x"})}, "Could not unzip uploaded file."),
    ({"ZipFile": archive({"link": "/etc/passwd"}, {"link": 0o120777})}, "Could not unzip uploaded file."),
    ({"ZipFile": archive({"device": ""}, {"device": 0o020666})}, "Could not unzip uploaded file."),
    ({"ZipFile": archive({"bomb": bytes(262_144_001)})}, "Unzipped size must be smaller than 262144000 bytes"),
    ({"ZipFile": python(), "S3Bucket": "b", "S3Key": "k"},
     "Please do not provide other FunctionCode parameters when providing a ZipFile."),
    ({}, "Please provide a source for function code."), ({"S3Bucket": "b"}, "Please provide a source for function code."),
])
def test_bad_code(lambdas, name, code, text):
    with refused_with("InvalidParameterValueException", 400) as error:
        lambdas.create_function(FunctionName=name, Runtime="python3.12", Handler="app.handler", Role=ROLE, Code=code)
    assert text in error.message
    with refused_with("ResourceNotFoundException", 404):
        lambdas.get_function(FunctionName=name)


def test_images_and_too_large_requests(lambdas, create, name):
    with refused_with("UnsupportedOperation", 501) as error:
        create(name, {"ImageUri": "repository/image:1"})
    assert "container images" in error.message
    with refused_with("RequestEntityTooLargeException", 413):
        create(name, {"ZipFile": bytes(52_428_801)})


# Names


def test_names(lambdas, create, name):
    create(name)
    for given in (name, f"{ACCOUNT}:function:{name}", f"{ARN}:{name}"):
        assert lambdas.get_function_configuration(FunctionName=given)["FunctionArn"] == f"{ARN}:{name}"
    assert lambdas.get_function(FunctionName=name, Qualifier="$LATEST")["Configuration"]["FunctionArn"] == (
        f"{ARN}:{name}:$LATEST")
    with refused_with("InvalidParameterValueException", 400) as error:
        lambdas.get_function(FunctionName=f"{name}:1", Qualifier="2")
    assert error.message == "The derived qualifier from the function name does not match the specified qualifier."
    with refused_with("ResourceNotFoundException", 404) as error:
        lambdas.get_function(FunctionName=name, Qualifier="7")
    assert error.message == f"Function not found: {ARN}:{name}:7"
    with refused_with("ResourceNotFoundException", 404) as error:
        lambdas.get_function(FunctionName=f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{name}")
    assert error.message == "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"
    with refused_with("ValidationException", 400):
        lambdas.get_function(FunctionName="a b")
    with refused_with("ValidationException", 400) as error:
        create("n" * 65)
    assert "length less than or equal to 64" in error.message


def test_the_same_name_in_two_regions(lambdas, create, sqs, name):
    elsewhere, their_queues = make_client("lambda", region_name="eu-west-1"), make_client("sqs", region_name="eu-west-1")
    results, others = Results(sqs, lambdas, name), Results(their_queues, elsewhere, name)
    create(name, {"ZipFile": reporter("here")}, Environment=results.environment())
    elsewhere.create_function(FunctionName=name, Code={"ZipFile": reporter("there")}, Runtime="python3.12",
                              Handler="app.handler", Role=ROLE, Environment=others.environment())
    assert results.invoke(name)["mark"] == "here"
    assert others.invoke(name)["mark"] == "there"
    assert name in [f["FunctionName"] for f in elsewhere.list_functions()["Functions"]]
    elsewhere.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    assert results.invoke(name)["mark"] == "here"
    elsewhere.delete_function(FunctionName=name)
    assert results.invoke(name)["mark"] == "here"


def test_the_same_name_in_two_accounts(lambdas, create, name):
    theirs = make_client("lambda", aws_access_key_id="222222222222")
    create(name, Description="ours")
    made = theirs.create_function(FunctionName=name, Code={"ZipFile": python()}, Runtime="python3.12",
                                  Handler="app.handler", Role=ROLE, Description="theirs")
    assert made["FunctionArn"] == f"arn:aws:lambda:{REGION}:222222222222:function:{name}"
    assert lambdas.get_function_configuration(FunctionName=name)["Description"] == "ours"
    assert theirs.get_function_configuration(FunctionName=name)["Description"] == "theirs"
    theirs.delete_function(FunctionName=name)
    assert lambdas.get_function_configuration(FunctionName=name)["Description"] == "ours"


# Updating


def test_configuration_is_merged(lambdas, create, name):
    made = create(name, Description="old", Environment={"Variables": {"AA": "1"}})
    changed = lambdas.update_function_configuration(FunctionName=name, Timeout=9)
    assert (changed["LastUpdateStatus"], changed["LastUpdateStatusReasonCode"]) == ("InProgress", "Creating")
    assert (changed["Timeout"], changed["Description"], changed["MemorySize"]) == (9, "old", 128)
    assert changed["Environment"]["Variables"] == {"AA": "1"} and changed["RevisionId"] != made["RevisionId"]
    changed = lambdas.update_function_configuration(
        FunctionName=name, Description="", Environment={"Variables": {}}, Runtime="nodejs20.x", Handler="index.handler")
    assert changed["Description"] == "" and "Environment" not in changed
    assert (changed["Runtime"], changed["Handler"]) == ("nodejs20.x", "index.handler")
    assert lambdas.get_function_configuration(FunctionName=name)["LastUpdateStatus"] == "Successful"


def test_updates_check_the_revision(lambdas, create, name):
    old = create(name)["RevisionId"]
    new = lambdas.update_function_configuration(FunctionName=name, Timeout=4, RevisionId=old)["RevisionId"]
    text = ("The Revision Id provided does not match the latest Revision Id. "
            "Call the GetFunction/GetAlias API to retrieve the latest Revision Id")
    with refused_with("PreconditionFailedException", 412) as error:
        lambdas.update_function_configuration(FunctionName=name, Timeout=5, RevisionId=old)
    assert error.message == text
    with refused_with("PreconditionFailedException", 412) as error:
        lambdas.update_function_code(FunctionName=name, ZipFile=python(), RevisionId=old)
    assert error.message == text
    assert lambdas.get_function_configuration(FunctionName=name)["RevisionId"] == new


@pytest.mark.parametrize("changes,code,text,status", [
    ({"Timeout": 901}, "ValidationException", "at 'timeout'", 400),
    ({"Runtime": "cobol"}, "InvalidParameterValueException", "Value cobol at 'runtime'", 400),
    ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException", "Reserved keys", 400),
    ({"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:q"}}, "UnsupportedOperation",
     "DeadLetterConfig", 501),
    ({"KMSKeyArn": "arn:aws:kms:us-east-1:1:key/k"}, "UnsupportedOperation", "KMSKeyArn", 501),
])
def test_bad_updates_change_nothing(lambdas, create, name, changes, code, text, status):
    revision = create(name)["RevisionId"]
    with refused_with(code, status) as error:
        lambdas.update_function_configuration(FunctionName=name, **changes)
    assert text in error.message
    assert lambdas.get_function_configuration(FunctionName=name)["RevisionId"] == revision


def test_code_updates(lambdas, create, name):
    made = create(name)
    other = python("def handler(e, c): return 2")
    tried = lambdas.update_function_code(FunctionName=name, ZipFile=other, DryRun=True)
    assert tried["CodeSha256"] == sha(other)
    assert lambdas.get_function_configuration(FunctionName=name)["RevisionId"] == made["RevisionId"]
    changed = lambdas.update_function_code(FunctionName=name, ZipFile=other, Publish=True, Architectures=["arm64"])
    assert (changed["Version"], changed["CodeSha256"]) == ("1", sha(other))
    assert changed["FunctionArn"] == f"{ARN}:{name}:1"
    assert lambdas.get_function_configuration(FunctionName=name)["CodeSha256"] == sha(other)
    with refused_with("InvalidParameterValueException", 400) as error:
        lambdas.update_function_code(FunctionName=name, ZipFile=b"x")
    assert error.message.startswith("Could not unzip uploaded file.")
    with refused_with("InvalidParameterValueException", 400) as error:
        lambdas.update_function_code(FunctionName=name, ImageUri="x")
    assert error.message == "Please don't provide ImageUri when updating a function with packageType Zip."
    with refused_with("InvalidParameterValueException", 400):
        lambdas.update_function_code(FunctionName=name)
    with refused_with("ResourceNotFoundException", 404) as error:
        lambdas.update_function_code(FunctionName=name + "-none", ZipFile=other)
    assert error.message == f"Function not found: {ARN}:{name}-none"
    with refused_with("ResourceNotFoundException", 404):
        lambdas.update_function_configuration(FunctionName=name + "-none", Timeout=4)


# Lists, deletion, the account


def test_lists_come_in_pages(lambdas, create, name):
    names = [f"{name}-{n}" for n in range(3)]
    for each in names:
        create(each, Publish=True)
    pages = lambdas.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    found = [f for page in pages for f in page["Functions"]]
    assert [f["FunctionName"] for f in found if f["FunctionName"] in names] == names
    assert all("State" not in f for f in found)
    both = lambdas.get_paginator("list_functions").paginate(FunctionVersion="ALL")
    arns = [f["FunctionArn"] for page in both for f in page["Functions"] if f["FunctionName"] == names[0]]
    assert arns == [f"{ARN}:{names[0]}:$LATEST", f"{ARN}:{names[0]}:1"]
    with refused_with("ValidationException", 400) as error:
        lambdas.list_functions(FunctionVersion="SOME")
    assert error.message.endswith("Member must satisfy enum value set: [ALL]")
    with refused_with("ValidationException", 400):
        lambdas.list_functions(MaxItems=0)


def test_deletion_leaves_mappings(lambdas, create, sqs, name):
    results = Results(sqs, lambdas, name)
    create(name, {"ZipFile": reporter("before")}, Environment=results.environment())
    results.invoke(name)
    assert lambdas.delete_function(FunctionName=name)["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused_with("ResourceNotFoundException", 404) as error:
        lambdas.delete_function(FunctionName=name)
    assert error.message == f"Function not found: {ARN}:{name}"
    mappings = lambdas.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    assert [m["State"] for m in mappings] == ["Enabled"]
    sqs.send_message(QueueUrl=results.sources[name], MessageBody="waits")
    create(name, {"ZipFile": reporter("after")}, Environment=results.environment())
    assert results.next()["mark"] == "after"
    with refused_with("InvalidParameterValueException", 400) as error:
        lambdas.delete_function(FunctionName=name, Qualifier="$LATEST")
    assert error.message == "$LATEST version cannot be deleted without deleting the function."


def test_account(lambdas, create, name):
    before = lambdas.get_account_settings()
    create(name)
    after = lambdas.get_account_settings()
    assert after["AccountLimit"]["CodeSizeZipped"] == 52428800
    assert after["AccountUsage"]["FunctionCount"] == before["AccountUsage"]["FunctionCount"] + 1
    assert after["AccountUsage"]["TotalCodeSize"] > before["AccountUsage"]["TotalCodeSize"]


def test_tags(lambdas, create, name):
    create(name, Tags={"a": "1", "b": "2"})
    arn = f"{ARN}:{name}"
    lambdas.tag_resource(Resource=arn, Tags={"b": "3", "c": "4"})
    lambdas.untag_resource(Resource=arn, TagKeys=["a", "none"])
    assert lambdas.list_tags(Resource=arn)["Tags"] == {"b": "3", "c": "4"}
    with refused_with("InvalidParameterValueException", 400):
        lambdas.tag_resource(Resource=f"{arn}:1", Tags={"x": "y"})
    with refused_with("InvalidParameterValueException", 400):
        lambdas.tag_resource(Resource=arn, Tags={str(n): "" for n in range(51)})
    with refused_with("ResourceNotFoundException", 404) as error:
        lambdas.list_tags(Resource=f"{arn}-none")
    assert error.message == f"Function not found: {arn}-none"


# Concurrency


def test_reserved_concurrency(lambdas, create, sqs, name):
    results = Results(sqs, lambdas, name)
    create(name, {"ZipFile": reporter("x")}, Environment=results.environment())
    assert "ReservedConcurrentExecutions" not in lambdas.get_function_concurrency(FunctionName=name)
    free = lambdas.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    assert lambdas.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)[
        "ReservedConcurrentExecutions"] == 0
    results_while_stopped = None
    try:
        results_while_stopped = results.invoke(name, timeout=3)
    except AssertionError:
        pass
    assert results_while_stopped is None
    lambdas.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)
    assert results.next()["mark"] == "x"
    assert lambdas.get_function(FunctionName=name)["Concurrency"] == {"ReservedConcurrentExecutions": 5}
    settings = lambdas.get_account_settings()["AccountLimit"]
    assert settings["UnreservedConcurrentExecutions"] == free - 5
    with refused_with("InvalidParameterValueException", 400) as error:
        lambdas.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=free - 50)
    assert error.message == (
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
        "below its minimum value of [100].")
    with refused_with("ValidationException", 400):
        lambdas.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=-1)
    with refused_with("InvalidParameterValueException", 400) as error:
        lambdas.put_function_concurrency(FunctionName=f"{name}:1", ReservedConcurrentExecutions=1)
    assert error.message.startswith("This operation is permitted on Lambda functions only.")
    lambdas.delete_function_concurrency(FunctionName=name)
    assert "ReservedConcurrentExecutions" not in lambdas.get_function_concurrency(FunctionName=name)
    for call in (lambdas.get_function_concurrency, lambdas.delete_function_concurrency):
        with refused_with("ResourceNotFoundException", 404):
            call(FunctionName=name + "-none")


# A template's function


def test_a_template_function_can_be_read_versioned_and_changed(lambdas, name):
    found = lambdas.get_function(FunctionName="sdk-echo")
    with urllib.request.urlopen(found["Code"]["Location"]) as answer:
        assert answer.read()[:2] == b"PK"
    version = lambdas.publish_version(FunctionName="sdk-echo")
    assert version["CodeSha256"] and version["Version"] != "$LATEST"
    assert lambdas.publish_version(FunctionName="sdk-echo")["Version"] == version["Version"]
    lambdas.delete_function(FunctionName="sdk-echo", Qualifier=version["Version"])


def test_what_is_not_there_is_refused_by_name(lambdas):
    for call in (
        lambda: lambdas.get_runtime_management_config(FunctionName="sdk-echo"),
        lambda: lambdas.create_function_url_config(FunctionName="sdk-echo", AuthType="NONE"),
        lambda: lambdas.put_function_code_signing_config(FunctionName="sdk-echo", CodeSigningConfigArn="x"),
    ):
        with refused_with("UnsupportedOperation", 501):
            call()
    assert "CodeSigningConfigArn" not in lambdas.get_function_code_signing_config(FunctionName="sdk-echo")
