package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

func makeStream(ctx context.Context, client *kinesis.Client, name string) error {
	input := &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(1)}
	if _, err := client.CreateStream(ctx, input); err != nil {
		return err
	}
	waiter := kinesis.NewStreamExistsWaiter(client)
	return waiter.Wait(ctx, &kinesis.DescribeStreamInput{StreamName: &name}, 20*time.Second)
}

func kinesisRecords(ctx context.Context, configuration aws.Config, name string) error {
	client := kinesis.NewFromConfig(configuration)
	if err := makeStream(ctx, client, name); err != nil {
		return err
	}
	first := []byte{0, 1, 2, 0xff}
	put, err := client.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: &name, PartitionKey: aws.String("ключ"), Data: first,
	})
	if err != nil {
		return err
	}
	var entries []types.PutRecordsRequestEntry
	for number := 0; number < 200; number++ {
		data := []byte(fmt.Sprintf("record %d", number))
		entries = append(entries, types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), Data: data})
	}
	several, err := client.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: &name, Records: entries})
	if err != nil {
		return err
	}
	if aws.ToInt32(several.FailedRecordCount) != 0 || len(several.Records) != 200 {
		return fmt.Errorf("of 200 records %d failed", aws.ToInt32(several.FailedRecordCount))
	}
	shards, err := client.ListShards(ctx, &kinesis.ListShardsInput{StreamName: &name})
	if err != nil {
		return err
	}
	iterator, err := client.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
		StreamName: &name, ShardId: shards.Shards[0].ShardId, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		return err
	}
	page, err := client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: iterator.ShardIterator})
	if err != nil {
		return err
	}
	if len(page.Records) != 201 {
		return fmt.Errorf("read %d records of 201", len(page.Records))
	}
	record := page.Records[0]
	if !bytes.Equal(record.Data, first) || *record.PartitionKey != "ключ" {
		return fmt.Errorf("the first record came back as %v", record)
	}
	if *record.SequenceNumber != *put.SequenceNumber {
		return fmt.Errorf("sequence numbers differ: %s, %s", *record.SequenceNumber, *put.SequenceNumber)
	}
	if age := time.Since(*record.ApproximateArrivalTimestamp); age < -time.Second || age > time.Minute {
		return fmt.Errorf("the record is %s old", age)
	}
	_, err = client.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: &name})
	return err
}

func kinesisErrors(ctx context.Context, configuration aws.Config, name string) error {
	client := kinesis.NewFromConfig(configuration)
	_, err := client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &name})
	var missing *types.ResourceNotFoundException
	if !errors.As(err, &missing) {
		return fmt.Errorf("a stream that is not there answers %v", err)
	}
	if err := makeStream(ctx, client, name); err != nil {
		return err
	}
	err = makeStream(ctx, client, name)
	var inUse *types.ResourceInUseException
	if !errors.As(err, &inUse) {
		return fmt.Errorf("a stream that is there already answers %v", err)
	}
	_, err = client.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: &name})
	return err
}

func kinesisSubscriptions(ctx context.Context, configuration aws.Config, name string) error {
	client := kinesis.NewFromConfig(configuration)
	if err := makeStream(ctx, client, name); err != nil {
		return err
	}
	summary, err := client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &name})
	if err != nil {
		return err
	}
	consumer, err := client.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{
		StreamARN: summary.StreamDescriptionSummary.StreamARN, ConsumerName: aws.String("go"),
	})
	if err != nil {
		return err
	}
	arn := consumer.Consumer.ConsumerARN
	err = eventually("the consumer's state ACTIVE", func() (bool, error) {
		found, err := client.DescribeStreamConsumer(ctx, &kinesis.DescribeStreamConsumerInput{ConsumerARN: arn})
		return err == nil && found.ConsumerDescription.ConsumerStatus == types.ConsumerStatusActive, err
	})
	if err != nil {
		return err
	}
	subscription, err := client.SubscribeToShard(ctx, &kinesis.SubscribeToShardInput{
		ConsumerARN: arn, ShardId: aws.String("shardId-000000000000"),
		StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon},
	})
	if err != nil {
		return err
	}
	events := subscription.GetStream()
	defer events.Close()
	for number := 0; number < 3; number++ {
		data := []byte(fmt.Sprintf("pushed %d", number))
		put := &kinesis.PutRecordInput{StreamName: &name, PartitionKey: aws.String("k"), Data: data}
		if _, err := client.PutRecord(ctx, put); err != nil {
			return err
		}
		if err := expectPushed(events, data); err != nil {
			return err
		}
	}
	_, err = client.DeleteStream(ctx, &kinesis.DeleteStreamInput{
		StreamName: &name, EnforceConsumerDeletion: aws.Bool(true),
	})
	return err
}

// expectPushed reads events up to one with a record, which must be the one.
func expectPushed(events *kinesis.SubscribeToShardEventStream, data []byte) error {
	for event := range events.Events() {
		pushed, isEvent := event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent)
		if !isEvent || len(pushed.Value.Records) == 0 {
			continue
		}
		if len(pushed.Value.Records) != 1 || !bytes.Equal(pushed.Value.Records[0].Data, data) {
			return fmt.Errorf("pushed %v instead of %s", pushed.Value.Records, data)
		}
		return nil
	}
	return fmt.Errorf("the subscription ended: %v", events.Err())
}
