"""Layers, with unmodified boto3."""

import urllib.request

import pytest
from conftest import ACCOUNT, REGION, make_client
from functions import ROLE, Results, archive, python, refused_with, reporter

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}"


@pytest.fixture(scope="module")
def lambdas():
    return make_client("lambda")


def layer(lambdas, name, files=None, **changes):
    content = archive(files or {"python/shared.py": "TEXT = 'one'"})
    return lambdas.publish_layer_version(LayerName=name, Content={"ZipFile": content}, **changes)


def test_versions(lambdas, name):
    made = layer(lambdas, name, Description="d", CompatibleRuntimes=["python3.12"], LicenseInfo="MIT",
                 CompatibleArchitectures=["x86_64"])
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["Version"], made["LayerArn"]) == (1, f"{ARN}:layer:{name}")
    assert made["LayerVersionArn"] == f"{ARN}:layer:{name}:1"
    second = layer(lambdas, name, {"python/shared.py": "TEXT = 'two'"})
    assert second["Version"] == 2
    found = lambdas.get_layer_version(LayerName=name, VersionNumber=1)
    assert (found["Description"], found["LicenseInfo"], found["CompatibleRuntimes"]) == ("d", "MIT", ["python3.12"])
    with urllib.request.urlopen(found["Content"]["Location"]) as answer:
        assert len(answer.read()) == found["Content"]["CodeSize"]
    by_arn = lambdas.get_layer_version_by_arn(Arn=f"{ARN}:layer:{name}:1")
    assert by_arn["Content"]["CodeSha256"] == made["Content"]["CodeSha256"]
    listed = lambdas.list_layer_versions(LayerName=name)["LayerVersions"]
    assert [v["Version"] for v in listed] == [2, 1]
    only = lambdas.list_layer_versions(LayerName=name, CompatibleRuntime="python3.12")["LayerVersions"]
    assert [v["Version"] for v in only] == [1]
    mine = [entry for page in lambdas.get_paginator("list_layers").paginate() for entry in page["Layers"]
            if entry["LayerName"] == name]
    assert [entry["LatestMatchingVersion"]["Version"] for entry in mine] == [2]
    lambdas.delete_layer_version(LayerName=name, VersionNumber=2)
    lambdas.delete_layer_version(LayerName=name, VersionNumber=2)
    assert layer(lambdas, name)["Version"] == 3, "numbers are not given twice"


def test_a_function_uses_its_layers_even_deleted_ones(lambdas, sqs, name):
    results = Results(sqs, lambdas, name)
    one = layer(lambdas, f"{name}-one", {"python/shared.py": "TEXT = 'one'", "python/only.py": "X = 1"})
    two = layer(lambdas, f"{name}-two", {"python/shared.py": "TEXT = 'two'", "bin/tool": "#!/bin/sh\necho tool"})
    extra = "import shared, only; return [shared.TEXT, only.X]"
    made = lambdas.create_function(
        FunctionName=name, Runtime="python3.12", Handler="app.handler", Role=ROLE,
        Layers=[one["LayerVersionArn"], two["LayerVersionArn"]], Code={"ZipFile": reporter("x", extra)},
        Environment=results.environment())
    assert [entry["Arn"] for entry in made["Layers"]] == [one["LayerVersionArn"], two["LayerVersionArn"]]
    assert results.invoke(name)["extra"] == ["two", 1]
    lambdas.delete_layer_version(LayerName=f"{name}-one", VersionNumber=1)
    lambdas.update_function_code(FunctionName=name, ZipFile=reporter("y", extra))
    assert results.invoke(name)["extra"] == ["two", 1]
    with refused_with("InvalidParameterValueException", 400) as error:
        lambdas.update_function_configuration(FunctionName=name, Layers=[one["LayerVersionArn"]])
    assert error.message == f"Layer version {one['LayerVersionArn']} does not exist."
    assert "Layers" not in lambdas.update_function_configuration(FunctionName=name, Layers=[])
    lambdas.delete_function(FunctionName=name)


def test_two_versions_of_one_layer_are_refused(lambdas, name):
    arns = [layer(lambdas, name)["LayerVersionArn"] for _ in range(2)]
    with refused_with("InvalidParameterValueException", 400) as error:
        lambdas.create_function(FunctionName=name, Runtime="python3.12", Handler="app.handler", Role=ROLE,
                                Code={"ZipFile": python()}, Layers=arns)
    assert error.message == (
        "Two different versions of the same layer are not allowed to be referenced in the same function. "
        f"{arns[0]} and {arns[1]} are versions of the same layer.")


def test_code_and_layers_together_have_a_limit(lambdas, name):
    large = layer(lambdas, name, {"zeros": bytes(200_000_000)})["LayerVersionArn"]
    with refused_with("InvalidParameterValueException", 400) as error:
        lambdas.create_function(
            FunctionName=name, Runtime="python3.12", Handler="app.handler", Role=ROLE, Layers=[large],
            Code={"ZipFile": archive({"zeros": bytes(62_144_000)})})
    assert error.message == ("Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. "
                             "The actual size is 262144000 bytes.")


def test_errors(lambdas, name):
    missing = {"LayerName": name, "VersionNumber": 1}
    for call in (lambdas.get_layer_version,):
        with refused_with("ResourceNotFoundException", 404) as error:
            call(**missing)
        assert error.message == "The resource you requested does not exist."
    assert lambdas.list_layer_versions(LayerName=name)["LayerVersions"] == []
    with refused_with("InvalidParameterValueException", 400) as error:
        lambdas.get_layer_version(LayerName=name, VersionNumber=0)
    assert error.message == "Layer Version Cannot be less than 1."
    with refused_with("ValidationException", 400):
        lambdas.get_layer_version_by_arn(Arn="arn:aws:lambda:us-east-1:1:layer")
    with refused_with("ValidationException", 400):
        layer(lambdas, name, CompatibleRuntimes=["cobol"])
    with refused_with("ValidationException", 400):
        layer(lambdas, name, CompatibleArchitectures=["z80"])
    with refused_with("ValidationException", 400):
        layer(lambdas, "a b")
    with refused_with("InvalidParameterValueException", 400) as error:
        lambdas.publish_layer_version(LayerName=name, Content={"ZipFile": b"x"})
    assert error.message.startswith("Could not unzip uploaded file.")


def test_permissions(lambdas, name):
    layer(lambdas, name)
    version = {"LayerName": name, "VersionNumber": 1}
    statement = {"StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "*"}
    with refused_with("ResourceNotFoundException", 404) as error:
        lambdas.get_layer_version_policy(**version)
    assert error.message == "No policy is associated with the given resource."
    made = lambdas.add_layer_version_permission(**version, **statement, OrganizationId="o-1234567890")
    assert '"aws:PrincipalOrgID":"o-1234567890"' in made["Statement"]
    assert lambdas.get_layer_version_policy(**version)["RevisionId"] == made["RevisionId"]
    with refused_with("ResourceConflictException", 409):
        lambdas.add_layer_version_permission(**version, **statement)
    with refused_with("ValidationException", 400):
        lambdas.add_layer_version_permission(**version, **{**statement, "Action": "lambda:InvokeFunction"})
    with refused_with("ResourceNotFoundException", 404) as error:
        lambdas.add_layer_version_permission(LayerName=name, VersionNumber=7, **statement)
    assert error.message == f"Layer version {ARN}:layer:{name}:7 does not exist."
    with refused_with("PreconditionFailedException", 412):
        lambdas.remove_layer_version_permission(**version, StatementId="s", RevisionId="wrong")
    with refused_with("ResourceNotFoundException", 404):
        lambdas.remove_layer_version_permission(**version, StatementId="none")
    lambdas.remove_layer_version_permission(**version, StatementId="s")
    with refused_with("ResourceNotFoundException", 404):
        lambdas.remove_layer_version_permission(**version, StatementId="s")
