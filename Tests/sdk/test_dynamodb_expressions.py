"""Conditions, updates, queries and transactions of DynamoDB as applications write them: with boto3's builders."""

import decimal
import time

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from conftest import make_client, refused


@pytest.fixture(scope="session")
def dynamodb():
    return make_client("dynamodb")


@pytest.fixture(scope="session")
def resource(dynamodb):
    return boto3.resource(
        "dynamodb",
        endpoint_url=dynamodb.meta.endpoint_url,
        region_name=dynamodb.meta.region_name,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture
def table(dynamodb, resource, name):
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "n", "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": "id", "KeyType": "HASH"},
            {"AttributeName": "n", "KeyType": "RANGE"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    yield resource.Table(name)
    dynamodb.delete_table(TableName=name)


KEY = {"id": "a", "n": 1}


def test_a_counter_counts(table):
    for _ in range(3):
        answer = table.update_item(
            Key=KEY,
            UpdateExpression="SET visits = if_not_exists(visits, :zero) + :one",
            ExpressionAttributeValues={":zero": 0, ":one": 1},
            ReturnValues="UPDATED_NEW",
        )
    assert answer["Attributes"] == {"visits": 3}


def test_every_section_of_an_update(table):
    table.put_item(Item={**KEY, "list": [1, 2, 3], "map": {"x": 1}, "tags": {"a", "b"}, "outdated": True, "total": 1})
    answer = table.update_item(
        Key=KEY,
        UpdateExpression="SET #l[0] = :v, #m.y = :v REMOVE #l[1], outdated ADD #t :more DELETE tags :b",
        ExpressionAttributeNames={"#l": "list", "#m": "map", "#t": "total"},
        ExpressionAttributeValues={":v": "new", ":more": decimal.Decimal("0.5"), ":b": {"b"}},
        ReturnValues="ALL_NEW",
    )
    assert answer["Attributes"] == {
        **KEY, "list": ["new", 3], "map": {"x": 1, "y": "new"}, "tags": {"a"}, "total": decimal.Decimal("1.5"),
    }


def test_an_optimistic_lock(table):
    table.put_item(Item={**KEY, "version": 1}, ConditionExpression=Attr("id").not_exists())
    with refused("ConditionalCheckFailedException") as refusal:
        table.put_item(Item={**KEY, "version": 9}, ConditionExpression=Attr("id").not_exists())
    assert refusal.message == "The conditional request failed"
    table.update_item(
        Key=KEY, UpdateExpression="SET version = version + :one", ConditionExpression=Attr("version").eq(1),
        ExpressionAttributeValues={":one": 1})
    with refused("ConditionalCheckFailedException") as refusal:
        table.delete_item(
            Key=KEY, ConditionExpression=Attr("version").eq(1), ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert refusal.response["Item"]["version"] == {"N": "2"}


def test_every_condition_of_the_builder(table):
    table.put_item(Item={**KEY, "s": "millrace", "list": [1, 2], "set": {"x"}, "map": {"deep": 5}})
    holds = [
        Attr("s").begins_with("mill"), Attr("s").contains("race"), Attr("s").size().eq(8), Attr("s").ne("x"),
        Attr("list").contains(2), Attr("set").contains("x"), Attr("map.deep").between(4, 6), Attr("list[1]").gte(2),
        Attr("map.deep").is_in([1, 5]), Attr("gone").not_exists() & Attr("s").exists(), ~Attr("s").eq("x"),
        Attr("s").attribute_type("S"), (Attr("s").eq("x") | Attr("n").gt(0)) & ~(Attr("n").lt(0) | Attr("n").gt(9)),
    ]
    for condition in holds:
        assert table.scan(FilterExpression=condition)["Count"] == 1, condition.get_expression()
        assert table.scan(FilterExpression=~condition)["Count"] == 0, condition.get_expression()


@pytest.fixture
def numbers(table):
    with table.batch_writer() as batch:
        for number in range(-5, 15):
            batch.put_item(Item={"id": "q", "n": number, "even": number % 2 == 0})
        batch.put_item(Item={"id": "other", "n": 0})
    return table


def test_queries_by_range_key(numbers):
    def found(condition, **more):
        answer = numbers.query(KeyConditionExpression=Key("id").eq("q") & condition, **more)
        return [int(item["n"]) for item in answer["Items"]]

    assert found(Key("n").lt(-2)) == [-5, -4, -3]
    assert found(Key("n").gte(12)) == [12, 13, 14]
    assert found(Key("n").between(-1, 1), ScanIndexForward=False) == [1, 0, -1]
    assert found(Key("n").eq(3)) == [3]
    assert found(Key("n").gt(8), FilterExpression=Attr("even").eq(True)) == [10, 12, 14]


def test_a_paginator_reads_every_page(numbers, dynamodb):
    pages = list(
        dynamodb.get_paginator("query").paginate(
            TableName=numbers.name,
            KeyConditionExpression="id = :id",
            ExpressionAttributeValues={":id": {"S": "q"}},
            PaginationConfig={"PageSize": 6},
        ))
    assert [page["Count"] for page in pages] == [6, 6, 6, 2]
    assert [int(item["n"]["N"]) for page in pages for item in page["Items"]] == list(range(-5, 15))
    scanned = dynamodb.get_paginator("scan").paginate(
        TableName=numbers.name, Select="COUNT", PaginationConfig={"PageSize": 4})
    assert sum(page["Count"] for page in scanned) == 21


def test_projections(numbers, dynamodb):
    answer = numbers.query(
        KeyConditionExpression=Key("id").eq("other"), ProjectionExpression="#n", ExpressionAttributeNames={"#n": "n"},
        Select="SPECIFIC_ATTRIBUTES")
    assert answer["Items"] == [{"n": 0}]
    batch = dynamodb.batch_get_item(
        RequestItems={numbers.name: {
            "Keys": [{"id": {"S": "q"}, "n": {"N": str(number)}} for number in (3, 99, 4)],
            "ProjectionExpression": "n"}})
    assert batch["Responses"][numbers.name] == [{"n": {"N": "3"}}, {"n": {"N": "4"}}]
    assert batch["UnprocessedKeys"] == {}


def test_a_transaction_moves_money_once(table, dynamodb):
    for account in (1, 2):
        table.put_item(Item={"id": "account", "n": account, "balance": 100})

    def transfer(amount, **more):
        def change(account, sign, **condition):
            return {"Update": {
                "TableName": table.name, "Key": {"id": {"S": "account"}, "n": {"N": str(account)}},
                "UpdateExpression": f"SET balance = balance {sign} :amount",
                "ExpressionAttributeValues": {":amount": {"N": str(amount)}}, **condition}}

        return dynamodb.transact_write_items(
            TransactItems=[change(1, "-", ConditionExpression="balance >= :amount"), change(2, "+")], **more)

    transfer(60, ClientRequestToken="first")
    transfer(60, ClientRequestToken="first")
    with refused("IdempotentParameterMismatchException"):
        transfer(10, ClientRequestToken="first")
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as caught:
        transfer(60)
    reasons = caught.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["ConditionalCheckFailed", "None"]
    got = dynamodb.transact_get_items(TransactItems=[
        {"Get": {"TableName": table.name, "Key": {"id": {"S": "account"}, "n": {"N": number}}}} for number in "12"])
    assert [answer["Item"]["balance"]["N"] for answer in got["Responses"]] == ["40", "160"]


@pytest.mark.parametrize("call, message", [
    (
        lambda t: t.update_item(Key=KEY, UpdateExpression="SET name = :v", ExpressionAttributeValues={":v": 1}),
        "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: name",
    ),
    (
        lambda t: t.update_item(Key=KEY, UpdateExpression="SET n = :v", ExpressionAttributeValues={":v": 1}),
        "One or more parameter values were invalid: Cannot update attribute n. This attribute is part of the key",
    ),
    (
        lambda t: t.put_item(Item=KEY, ConditionExpression="a = :b"),
        "Invalid ConditionExpression: An expression attribute value used in expression is not defined; "
        "attribute value: :b",
    ),
    (
        lambda t: t.query(KeyConditionExpression=Key("n").eq(1)),
        "Query condition missed key schema element: id",
    ),
    (
        lambda t: t.update_item(Key=KEY, UpdateExpression="SET a = b"),
        "The provided expression refers to an attribute that does not exist in the item",
    ),
])
def test_wrong_expressions_are_validation_errors(table, call, message):
    with refused("ValidationException") as refusal:
        call(table)
    assert refusal.message == message


def test_legacy_parameters_are_named(table, dynamodb):
    key = {"id": {"S": "a"}, "n": {"N": "1"}}
    for call, parameter in [
        (lambda: dynamodb.get_item(TableName=table.name, Key=key, AttributesToGet=["n"]), "AttributesToGet"),
        (lambda: dynamodb.put_item(TableName=table.name, Item=key, Expected={"n": {"Exists": False}}), "Expected"),
    ]:
        with refused("UnsupportedOperation") as refusal:
            call()
        assert parameter in refusal.message and refusal.status == 501


def test_expired_items_go(table, dynamodb):
    specification = {"AttributeName": "until", "Enabled": True}
    for number, until in ((1, int(time.time()) - 60), (2, int(time.time()) + 3600)):
        table.put_item(Item={"id": "a", "n": number, "until": until})
    assert dynamodb.describe_time_to_live(TableName=table.name)["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED"
    answer = dynamodb.update_time_to_live(TableName=table.name, TimeToLiveSpecification=specification)
    assert answer["TimeToLiveSpecification"] == specification
    assert dynamodb.describe_time_to_live(TableName=table.name)["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED", "AttributeName": "until"}
    deadline = time.monotonic() + 20
    while table.scan()["Count"] > 1 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [item["n"] for item in table.scan()["Items"]] == [2]


def test_secondary_indexes(dynamodb, resource, name):
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "S"} for attribute in ("id", "owner_id", "made")],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[{
            "IndexName": "by-owner",
            "KeySchema": [
                {"AttributeName": "owner_id", "KeyType": "HASH"}, {"AttributeName": "made", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"}}],
        BillingMode="PAY_PER_REQUEST",
    )
    table = resource.Table(name)
    table.wait_until_exists()
    assert table.global_secondary_indexes[0]["IndexStatus"] == "ACTIVE"
    with table.batch_writer() as batch:
        for number in range(10):
            batch.put_item(Item={"id": str(number), "owner_id": "me", "made": f"day-{9 - number}", "x": 1})
        batch.put_item(Item={"id": "none"})
    table.delete_item(Key={"id": "3"})
    table.update_item(Key={"id": "4"}, UpdateExpression="SET made = :m", ExpressionAttributeValues={":m": "day-99"})
    pages = list(dynamodb.get_paginator("query").paginate(
        TableName=name, IndexName="by-owner", KeyConditionExpression="owner_id = :me",
        ExpressionAttributeValues={":me": {"S": "me"}}, PaginationConfig={"PageSize": 4}))
    items = [item for page in pages for item in page["Items"]]
    assert [item["id"]["S"] for item in items] == ["9", "8", "7", "6", "5", "2", "1", "0", "4"]
    assert set(items[0]) == {"id", "owner_id", "made"}
    latest = table.query(
        IndexName="by-owner", KeyConditionExpression=Key("owner_id").eq("me") & Key("made").begins_with("day-"),
        ScanIndexForward=False, Limit=1)
    assert latest["Items"][0]["id"] == "4"
    assert table.scan(IndexName="by-owner")["Count"] == 9
    table.delete()
