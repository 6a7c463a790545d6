package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// queueMessages sends, receives and deletes. Debian 12's SDK is older than the JSON protocol of SQS and speaks Query; it
// compares the digests of bodies by itself.
func queueMessages(ctx context.Context, configuration aws.Config, name string) error {
	client := sqs.NewFromConfig(configuration)
	made, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName: &name, Attributes: map[string]string{"VisibilityTimeout": "60"}, Tags: map[string]string{"team": "blue"},
	})
	if err != nil {
		return err
	}
	found, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil || *found.QueueUrl != *made.QueueUrl {
		return fmt.Errorf("found %v, %w", found, err)
	}
	body := "<häñdlé> & \"quotes\"\r\n"
	sent, err := client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: made.QueueUrl, MessageBody: &body,
		MessageAttributes: map[string]types.MessageAttributeValue{
			"Hello": {DataType: aws.String("String"), StringValue: aws.String("There")},
			"Bytes": {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255, '<'}},
		},
	})
	if err != nil {
		return err
	}
	received, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: made.QueueUrl, WaitTimeSeconds: 10, MessageAttributeNames: []string{"All"},
		AttributeNames: []types.QueueAttributeName{"All"},
	})
	if err != nil {
		return err
	}
	if len(received.Messages) != 1 {
		return fmt.Errorf("received %d messages", len(received.Messages))
	}
	message := received.Messages[0]
	if *message.Body != body || *message.MessageId != *sent.MessageId ||
		*message.MD5OfMessageAttributes != *sent.MD5OfMessageAttributes ||
		*message.MessageAttributes["Hello"].StringValue != "There" ||
		string(message.MessageAttributes["Bytes"].BinaryValue) != "\x00\xff<" ||
		message.Attributes["ApproximateReceiveCount"] != "1" {
		return fmt.Errorf("received %v", message)
	}
	_, err = client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: made.QueueUrl, ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 0,
	})
	if err != nil {
		return err
	}
	received, err = client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: made.QueueUrl})
	if err != nil || len(received.Messages) != 1 {
		return fmt.Errorf("received %v again, %w", received, err)
	}
	_, err = client.DeleteMessage(ctx, &sqs.DeleteMessageInput{
		QueueUrl: made.QueueUrl, ReceiptHandle: received.Messages[0].ReceiptHandle,
	})
	if err != nil {
		return err
	}
	received, err = client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: made.QueueUrl, VisibilityTimeout: 1})
	if err != nil || len(received.Messages) != 0 {
		return fmt.Errorf("received %v at last, %w", received, err)
	}
	_, err = client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: made.QueueUrl})
	return err
}

func queueBatches(ctx context.Context, configuration aws.Config, name string) error {
	client := sqs.NewFromConfig(configuration)
	made, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		return err
	}
	entries := []types.SendMessageBatchRequestEntry{
		{Id: aws.String("good"), MessageBody: aws.String("1")},
		{Id: aws.String("late"), MessageBody: aws.String("2"), DelaySeconds: 901},
		{Id: aws.String("also-good"), MessageBody: aws.String("3")},
	}
	sent, err := client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: made.QueueUrl, Entries: entries})
	if err != nil {
		return err
	}
	if len(sent.Successful) != 2 || len(sent.Failed) != 1 || *sent.Failed[0].Id != "late" || !sent.Failed[0].SenderFault {
		return fmt.Errorf("sent %v", sent)
	}
	received, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: made.QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 10,
	})
	if err != nil {
		return err
	}
	deletions := []types.DeleteMessageBatchRequestEntry{{Id: aws.String("none"), ReceiptHandle: aws.String("garbage")}}
	for index, message := range received.Messages {
		id := fmt.Sprint(index)
		deletions = append(deletions, types.DeleteMessageBatchRequestEntry{Id: &id, ReceiptHandle: message.ReceiptHandle})
	}
	deleted, err := client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: made.QueueUrl, Entries: deletions})
	if err != nil {
		return err
	}
	if len(deleted.Successful) != 2 || len(deleted.Failed) != 1 || *deleted.Failed[0].Code != "ReceiptHandleIsInvalid" {
		return fmt.Errorf("deleted %v", deleted)
	}
	attributes, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: made.QueueUrl, AttributeNames: []types.QueueAttributeName{"All"},
	})
	if err != nil {
		return err
	}
	if attributes.Attributes["QueueArn"] != fmt.Sprintf("arn:aws:sqs:%s:%s:%s", region, account, name) {
		return fmt.Errorf("the attributes are %v", attributes.Attributes)
	}
	_, err = client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{
		QueueUrl: made.QueueUrl, Attributes: map[string]string{"DelaySeconds": "5", "VisibilityTimeout": "6"},
	})
	if err != nil {
		return err
	}
	list, err := client.ListQueues(ctx, &sqs.ListQueuesInput{QueueNamePrefix: &name})
	if err != nil || len(list.QueueUrls) != 1 || list.QueueUrls[0] != *made.QueueUrl {
		return fmt.Errorf("the list is %v, %w", list, err)
	}
	_, err = client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: made.QueueUrl})
	return err
}

func queueErrors(ctx context.Context, configuration aws.Config, name string) error {
	client := sqs.NewFromConfig(configuration)
	var missing *types.QueueDoesNotExist
	_, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if !errors.As(err, &missing) {
		return fmt.Errorf("a queue that is not there: %w", err)
	}
	made, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		return err
	}
	var exists *types.QueueNameExists
	_, err = client.CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName: &name, Attributes: map[string]string{"DelaySeconds": "5"},
	})
	if !errors.As(err, &exists) {
		return fmt.Errorf("a queue that is there: %w", err)
	}
	var garbage *types.ReceiptHandleIsInvalid
	_, err = client.DeleteMessage(ctx, &sqs.DeleteMessageInput{
		QueueUrl: made.QueueUrl, ReceiptHandle: aws.String("garbage"),
	})
	if !errors.As(err, &garbage) {
		return fmt.Errorf("a receipt that is none: %w", err)
	}
	var general smithy.APIError
	_, err = client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: made.QueueUrl, MaxNumberOfMessages: 11})
	if !errors.As(err, &general) || general.ErrorCode() != "InvalidParameterValue" || general.ErrorMessage() !=
		"Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided." {
		return fmt.Errorf("too many messages: %w", err)
	}
	var empty *types.EmptyBatchRequest
	_, err = client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{
		QueueUrl: made.QueueUrl, Entries: []types.DeleteMessageBatchRequestEntry{},
	})
	if !errors.As(err, &empty) {
		return fmt.Errorf("an empty batch: %w", err)
	}
	_, err = client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: made.QueueUrl})
	return err
}
