package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

type item = map[string]types.AttributeValue

func text(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }

func number(value int) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: fmt.Sprint(value)}
}

// makeTable makes a table with the key (group, place) and a stream.
func makeTable(ctx context.Context, client *dynamodb.Client, name string) (*types.TableDescription, error) {
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("group"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("place"), AttributeType: types.ScalarAttributeTypeN},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("group"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("place"), KeyType: types.KeyTypeRange},
		},
		StreamSpecification: &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages,
		},
	})
	if err != nil {
		return nil, err
	}
	there := &dynamodb.DescribeTableInput{TableName: &name}
	if err := dynamodb.NewTableExistsWaiter(client).Wait(ctx, there, 20*time.Second); err != nil {
		return nil, err
	}
	found, err := client.DescribeTable(ctx, there)
	if err != nil {
		return nil, err
	}
	return found.Table, nil
}

func dynamoDBItems(ctx context.Context, configuration aws.Config, name string) error {
	client := dynamodb.NewFromConfig(configuration)
	if _, err := makeTable(ctx, client, name); err != nil {
		return err
	}
	for place := 0; place < 30; place++ {
		_, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &name, Item: item{
			"group": text("a"), "place": number(place), "bytes": &types.AttributeValueMemberB{Value: []byte{0, 255}},
			"list": &types.AttributeValueMemberL{Value: []types.AttributeValue{text("x"), number(place)}},
		}})
		if err != nil {
			return err
		}
	}
	got, err := client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &name, Key: item{"group": text("a"), "place": number(7)}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return err
	}
	list, isList := got.Item["list"].(*types.AttributeValueMemberL)
	if !isList || len(list.Value) != 2 {
		return fmt.Errorf("the item came back as %v", got.Item)
	}
	pages := dynamodb.NewQueryPaginator(client, &dynamodb.QueryInput{
		TableName: &name, Limit: aws.Int32(4), KeyConditionExpression: aws.String("#g = :g AND place BETWEEN :low AND :high"),
		ExpressionAttributeNames:  map[string]string{"#g": "group"},
		ExpressionAttributeValues: item{":g": text("a"), ":low": number(10), ":high": number(19)},
	})
	found := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		found += len(page.Items)
	}
	if found != 10 {
		return fmt.Errorf("the query found %d items of 10", found)
	}
	_, err = client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name})
	return err
}

func dynamoDBConditions(ctx context.Context, configuration aws.Config, name string) error {
	client := dynamodb.NewFromConfig(configuration)
	if _, err := makeTable(ctx, client, name); err != nil {
		return err
	}
	key := item{"group": text("a"), "place": number(1)}
	count := &dynamodb.UpdateItemInput{
		TableName: &name, Key: key, UpdateExpression: aws.String("ADD visits :one"), ReturnValues: types.ReturnValueUpdatedNew,
		ExpressionAttributeValues: item{":one": number(1)},
	}
	for want := 1; want <= 3; want++ {
		updated, err := client.UpdateItem(ctx, count)
		if err != nil {
			return err
		}
		if got := updated.Attributes["visits"].(*types.AttributeValueMemberN).Value; got != fmt.Sprint(want) {
			return fmt.Errorf("%s visits instead of %d", got, want)
		}
	}
	_, err := client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &name, Item: key, ConditionExpression: aws.String("attribute_not_exists(place)"),
	})
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		return fmt.Errorf("a condition that does not hold answers %v", err)
	}
	_, err = client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: &name, Item: item{"group": text("b"), "place": number(1)}}},
		{ConditionCheck: &types.ConditionCheck{
			TableName: &name, Key: key, ConditionExpression: aws.String("attribute_not_exists(visits)"),
		}},
	}})
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) || *cancelled.CancellationReasons[1].Code != "ConditionalCheckFailed" {
		return fmt.Errorf("a transaction that must not happen answers %v", err)
	}
	_, err = client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name})
	return err
}

func dynamoDBStreams(ctx context.Context, configuration aws.Config, name string) error {
	tables := dynamodb.NewFromConfig(configuration)
	table, err := makeTable(ctx, tables, name)
	if err != nil {
		return err
	}
	put := &dynamodb.PutItemInput{TableName: &name, Item: item{"group": text("a"), "place": number(1)}}
	if _, err := tables.PutItem(ctx, put); err != nil {
		return err
	}
	client := dynamodbstreams.NewFromConfig(configuration)
	described, err := client.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: table.LatestStreamArn})
	if err != nil {
		return err
	}
	iterator, err := client.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{
		StreamArn: table.LatestStreamArn, ShardId: described.StreamDescription.Shards[0].ShardId,
		ShardIteratorType: streams.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		return err
	}
	page, err := client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: iterator.ShardIterator})
	if err != nil {
		return err
	}
	if len(page.Records) != 1 || page.Records[0].EventName != streams.OperationTypeInsert {
		return fmt.Errorf("the stream has %v", page.Records)
	}
	place := page.Records[0].Dynamodb.Keys["place"].(*streams.AttributeValueMemberN).Value
	if place != "1" {
		return fmt.Errorf("the record's key is %s", place)
	}
	_, err = tables.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name})
	return err
}
