"""Versions, aliases and permissions of functions, with unmodified boto3."""

import json
from collections import Counter

import pytest
from conftest import ACCOUNT, REGION, make_client
from functions import ROLE, Results, python, refused_with, reporter

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"
REVISION = ("The Revision Id provided does not match the latest Revision Id. "
            "Call the GetFunction/GetAlias API to retrieve the latest Revision Id")


@pytest.fixture(scope="module")
def lambdas():
    return make_client("lambda")


@pytest.fixture
def function(lambdas, name):
    def make(code=None, **changes):
        return lambdas.create_function(FunctionName=name, Code={"ZipFile": code or python()}, Runtime="python3.12",
                                       Handler="app.handler", Role=ROLE, **changes)

    yield make
    lambdas.delete_function(FunctionName=name)


def publish(lambdas, name, mark):
    """Makes a version of its own."""
    lambdas.update_function_code(FunctionName=name, ZipFile=reporter(mark))
    return lambdas.publish_version(FunctionName=name)["Version"]


# Versions


def test_a_version_stays_as_it_was(lambdas, function, sqs, name):
    results = Results(sqs, lambdas, name)
    function(reporter("old"), Environment=results.environment(STAGE="old"))
    version = lambdas.publish_version(FunctionName=name, Description="first")
    assert (version["Version"], version["Description"]) == ("1", "first")
    assert version["FunctionArn"] == f"{ARN}:{name}:1"
    lambdas.update_function_code(FunctionName=name, ZipFile=reporter("new"))
    lambdas.update_function_configuration(FunctionName=name, Environment=results.environment(STAGE="new"))
    assert results.invoke(f"{name}:1") == {
        "mark": "old", "version": "1", "arn": f"{ARN}:{name}:1", "stage": "old", "extra": None}
    assert results.invoke(name)["mark"] == "new"
    found = lambdas.get_function(FunctionName=name, Qualifier="1")["Configuration"]
    assert found["CodeSha256"] == version["CodeSha256"] and found["Version"] == "1"


def test_the_same_code_makes_no_new_version(lambdas, function, name):
    function()
    first = lambdas.publish_version(FunctionName=name)
    assert lambdas.publish_version(FunctionName=name, Description="again")["Version"] == "1"
    lambdas.update_function_configuration(FunctionName=name, Timeout=9)
    second = lambdas.publish_version(FunctionName=name)
    assert second["Version"] == "2" and second["CodeSha256"] == first["CodeSha256"]
    lambdas.delete_function(FunctionName=name, Qualifier="2")
    lambdas.update_function_configuration(FunctionName=name, Timeout=10)
    assert lambdas.publish_version(FunctionName=name)["Version"] == "3"
    listed = lambdas.list_versions_by_function(FunctionName=name)["Versions"]
    assert [v["Version"] for v in listed] == ["$LATEST", "1", "3"]
    pages = lambdas.get_paginator("list_versions_by_function").paginate(
        FunctionName=name, PaginationConfig={"PageSize": 1})
    assert [v["Version"] for page in pages for v in page["Versions"]] == ["$LATEST", "1", "3"]


def test_publishing_checks_what_it_is_told(lambdas, function, name):
    made = function()
    with refused_with("InvalidParameterValueException", 400) as error:
        lambdas.publish_version(FunctionName=name, CodeSha256="wrong")
    assert error.message == (
        f"CodeSHA256 (wrong) is different from current CodeSHA256 in $LATEST ({made['CodeSha256']}). "
        "Please try again with the CodeSHA256 in $LATEST.")
    with refused_with("PreconditionFailedException", 412) as error:
        lambdas.publish_version(FunctionName=name, RevisionId="wrong")
    assert error.message == REVISION
    with refused_with("ValidationException", 400):
        lambdas.publish_version(FunctionName=name, Description="d" * 257)
    version = lambdas.publish_version(
        FunctionName=name, CodeSha256=made["CodeSha256"], RevisionId=made["RevisionId"])
    assert version["Version"] == "1"
    with refused_with("ResourceNotFoundException", 404) as error:
        lambdas.publish_version(FunctionName=name + "-none")
    assert error.message == f"Function not found: {ARN}:{name}-none"


def test_a_version_with_an_alias_is_not_deleted(lambdas, function, name):
    function(Publish=True)
    lambdas.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    with refused_with("ResourceConflictException", 409) as error:
        lambdas.delete_function(FunctionName=name, Qualifier="1")
    assert error.message == "Unable to delete version because the following aliases reference it: [live]"
    with refused_with("InvalidParameterValueException", 400):
        lambdas.delete_function(FunctionName=name, Qualifier="live")
    lambdas.delete_alias(FunctionName=name, Name="live")
    lambdas.delete_function(FunctionName=name, Qualifier="1")
    lambdas.delete_function(FunctionName=name, Qualifier="1")
    with refused_with("ResourceNotFoundException", 404) as error:
        lambdas.get_function(FunctionName=name, Qualifier="1")
    assert error.message == f"Function not found: {ARN}:{name}:1"


# Aliases


def test_an_alias_leads_to_its_version(lambdas, function, sqs, name):
    results = Results(sqs, lambdas, name)
    function(reporter("one"), Publish=True, Environment=results.environment())
    alias = lambdas.create_alias(FunctionName=name, Name="live", FunctionVersion="1", Description="d")
    assert alias["AliasArn"] == f"{ARN}:{name}:live"
    assert (alias["FunctionVersion"], alias["Description"]) == ("1", "d") and "RoutingConfig" not in alias
    first = results.invoke(f"{name}:live")
    assert (first["mark"], first["version"], first["arn"]) == ("one", "1", f"{ARN}:{name}:live")
    assert publish(lambdas, name, "two") == "2"
    changed = lambdas.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    assert changed["RevisionId"] != alias["RevisionId"] and changed["Description"] == "d"
    assert results.invoke(f"{name}:live")["mark"] == "two"
    assert lambdas.get_function(FunctionName=f"{name}:live")["Configuration"]["Version"] == "2"
    assert lambdas.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "2"


def test_weights_divide_the_calls(lambdas, function, sqs, name):
    results = Results(sqs, lambdas, name)
    function(reporter("one"), Publish=True, Environment=results.environment())
    publish(lambdas, name, "two")
    lambdas.create_alias(FunctionName=name, Name="live", FunctionVersion="1",
                         RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}})
    marks = Counter(results.invoke(f"{name}:live")["mark"] for _ in range(40))
    assert set(marks) == {"one", "two"}, "one of them would be alone once in 10**12"
    lambdas.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 1.0}})
    assert {results.invoke(f"{name}:live")["mark"] for _ in range(5)} == {"two"}
    lambdas.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {}})
    assert "RoutingConfig" not in lambdas.get_alias(FunctionName=name, Name="live")
    assert {results.invoke(f"{name}:live")["mark"] for _ in range(5)} == {"one"}


def test_bad_aliases(lambdas, function, name):
    function(Publish=True)
    lambdas.update_function_configuration(FunctionName=name, Timeout=9)
    lambdas.publish_version(FunctionName=name)
    lambdas.create_alias(FunctionName=name, Name="live", FunctionVersion="1")

    def create(alias, version="1", weights=None, **more):
        routing = {"RoutingConfig": {"AdditionalVersionWeights": weights}} if weights else {}
        lambdas.create_alias(FunctionName=name, Name=alias, FunctionVersion=version, **routing, **more)

    with refused_with("ResourceConflictException", 409) as error:
        create("live")
    assert error.message == f"Alias already exists: {ARN}:{name}:live"
    for bad in ("1", "a b", "$x"):
        with refused_with("ValidationException", 400):
            create(bad)
    with refused_with("ValidationException", 400):
        create("x", "one")
    with refused_with("ResourceNotFoundException", 404) as error:
        create("x", "9")
    assert error.message == f"Function not found: {ARN}:{name}:9"
    invalid = [
        ("1", {"2": 0.1, "3": 0.1}, "Number of items in AdditionalVersionWeights cannot be greater than 1"),
        ("$LATEST", {"1": 0.1}, "$LATEST is not supported for an alias pointing to more than 1 version"),
        ("1", {"1": 0.1},
         "Invalid function version 1. Function version 1 is already included in routing configuration."),
    ]
    for version, weights, text in invalid:
        with refused_with("InvalidParameterValueException", 400) as error:
            create("x", version, weights)
        assert error.message == text
    for weights in ({"2": 1.5}, {"2": -0.1}, {"live": 0.1}):
        with refused_with("ValidationException", 400) as error:
            create("x", "1", weights)
        assert "at 'routingConfig.additionalVersionWeights' failed to satisfy constraint" in error.message
    with refused_with("ResourceNotFoundException", 404):
        create("x", "1", {"9": 0.1})
    with refused_with("PreconditionFailedException", 412) as error:
        lambdas.update_alias(FunctionName=name, Name="live", RevisionId="wrong")
    assert error.message == REVISION
    with refused_with("ResourceNotFoundException", 404) as error:
        lambdas.update_alias(FunctionName=name, Name="none")
    assert error.message == f"Alias not found: {ARN}:{name}:none"
    with refused_with("ResourceNotFoundException", 404) as error:
        lambdas.get_alias(FunctionName=name, Name="none")
    assert error.message == f"Cannot find alias arn: {ARN}:{name}:none"
    assert [a["Name"] for a in lambdas.list_aliases(FunctionName=name)["Aliases"]] == ["live"]


def test_lists_of_aliases(lambdas, function, name):
    function(Publish=True)
    for alias, version in (("a", "1"), ("b", "$LATEST"), ("c", "1")):
        lambdas.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)
    pages = lambdas.get_paginator("list_aliases").paginate(FunctionName=name, PaginationConfig={"PageSize": 2})
    assert [a["Name"] for page in pages for a in page["Aliases"]] == ["a", "b", "c"]
    only = lambdas.list_aliases(FunctionName=name, FunctionVersion="1")["Aliases"]
    assert [a["Name"] for a in only] == ["a", "c"]
    lambdas.delete_alias(FunctionName=name, Name="a")
    lambdas.delete_alias(FunctionName=name, Name="a")
    assert [a["Name"] for a in lambdas.list_aliases(FunctionName=name)["Aliases"]] == ["b", "c"]


def test_mappings_name_what_is_there(lambdas, function, sqs, name):
    function(Publish=True)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    for given in (f"{name}:none", f"{name}:9"):
        with refused_with("InvalidParameterValueException", 400) as error:
            lambdas.create_event_source_mapping(FunctionName=given, EventSourceArn=arn)
        assert error.message == "Function does not exist"
    made = lambdas.create_event_source_mapping(FunctionName=f"{name}:1", EventSourceArn=arn)
    assert made["FunctionArn"] == f"{ARN}:{name}:1"
    lambdas.create_event_source_mapping(FunctionName=name, EventSourceArn=arn)


# Permissions


def test_permissions(lambdas, function, name):
    function(Publish=True)
    lambdas.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    with refused_with("ResourceNotFoundException", 404) as error:
        lambdas.get_policy(FunctionName=name)
    assert error.message == "The resource you requested does not exist."
    statement = json.loads(lambdas.add_permission(
        FunctionName=name, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::bucket", SourceAccount=ACCOUNT)["Statement"])
    assert statement == {
        "Sid": "s3", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction", "Resource": f"{ARN}:{name}",
        "Condition": {"StringEquals": {"AWS:SourceAccount": ACCOUNT}, "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"}}}
    for principal, shown in (("*", "*"), (ACCOUNT, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
                             (ROLE, {"AWS": ROLE})):
        made = lambdas.add_permission(FunctionName=name, Qualifier="live", StatementId=f"p{len(str(shown))}",
                                      Action="lambda:*", Principal=principal)
        assert json.loads(made["Statement"])["Principal"] == shown
        assert json.loads(made["Statement"])["Resource"] == f"{ARN}:{name}:live"
    policy = lambdas.get_policy(FunctionName=name)
    document = json.loads(policy["Policy"])
    assert (document["Version"], document["Id"], len(document["Statement"])) == ("2012-10-17", "default", 1)
    assert len(json.loads(lambdas.get_policy(FunctionName=name, Qualifier="live")["Policy"])["Statement"]) == 3
    with refused_with("PreconditionFailedException", 412):
        lambdas.remove_permission(FunctionName=name, StatementId="s3", RevisionId="wrong")
    lambdas.remove_permission(FunctionName=name, StatementId="s3", RevisionId=policy["RevisionId"])
    with refused_with("ResourceNotFoundException", 404) as error:
        lambdas.remove_permission(FunctionName=name, StatementId="s3")
    assert error.message == "No policy is associated with the given resource."
    with refused_with("ResourceNotFoundException", 404) as error:
        lambdas.remove_permission(FunctionName=name, Qualifier="live", StatementId="none")
    assert error.message == "Statement none is not found in resource policy."


@pytest.mark.parametrize("changes,code,text", [
    ({"StatementId": "a.b"}, "ValidationException", "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)"),
    ({"Action": "s3:Get"}, "ValidationException", "(lambda:[*]|lambda:[a-zA-Z]+|[*])"),
    ({"Principal": "nobody"}, "InvalidParameterValueException",
     "The provided principal was invalid. Please check the principal and try again."),
    ({"Principal": "events.us-east-1.amazonaws.com"}, "InvalidParameterValueException", "principal was invalid"),
    ({"SourceAccount": "1"}, "ValidationException", r"\d{12}"),
    ({"SourceArn": "x"}, "ValidationException", "at 'sourceArn'"),
    ({"FunctionUrlAuthType": "SOME"}, "ValidationException", "enum value set: [NONE, AWS_IAM]"),
    ({"Qualifier": "$LATEST"}, "InvalidParameterValueException",
     "We currently do not support adding policies for $LATEST."),
])
def test_bad_permissions(lambdas, function, name, changes, code, text):
    function()
    with refused_with(code, 400) as error:
        lambdas.add_permission(**{"FunctionName": name, "StatementId": "s", "Action": "lambda:InvokeFunction",
                                  "Principal": "s3.amazonaws.com", **changes})
    assert text in error.message


def test_permissions_of_what_is_not_there_and_twice(lambdas, function, name):
    function()
    options = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    for qualifier, text in (("9", f"Function not found: {ARN}:{name}:9"), ("none", f"Cannot find alias arn: {ARN}:{name}:none")):
        with refused_with("ResourceNotFoundException", 404) as error:
            lambdas.add_permission(FunctionName=name, Qualifier=qualifier, **options)
        assert error.message == text
    lambdas.add_permission(FunctionName=name, **options)
    with refused_with("ResourceConflictException", 409) as error:
        lambdas.add_permission(FunctionName=name, **options)
    assert error.message == ("The statement id (s) provided already exists. Please provide a new statement id, or remove "
                             "the existing statement.")
    with refused_with("PreconditionFailedException", 412):
        lambdas.add_permission(FunctionName=name, RevisionId="x", **{**options, "StatementId": "t"})
    many = {**options, "Principal": "*", "SourceArn": "arn:aws:s3:::" + "b" * 900}
    with refused_with("PolicyLengthExceededException", 400):
        for number in range(30):
            lambdas.add_permission(FunctionName=name, **{**many, "StatementId": f"n{number}"})
