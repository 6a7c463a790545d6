package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func lambdaMappings(ctx context.Context, configuration aws.Config, name string) error {
	records := kinesis.NewFromConfig(configuration)
	if err := makeStream(ctx, records, name); err != nil {
		return err
	}
	client := lambda.NewFromConfig(configuration)
	source := fmt.Sprintf("arn:aws:kinesis:%s:%s:stream/%s", region, account, name)
	made, err := client.CreateEventSourceMapping(ctx, &lambda.CreateEventSourceMappingInput{
		EventSourceArn: &source, FunctionName: aws.String("sdk-echo"), BatchSize: aws.Int32(10),
		StartingPosition: types.EventSourcePositionTrimHorizon, MaximumRetryAttempts: aws.Int32(2),
		BisectBatchOnFunctionError: aws.Bool(true), ParallelizationFactor: aws.Int32(2),
	})
	if err != nil {
		return err
	}
	isIn := func(state string) func() (bool, error) {
		return func() (bool, error) {
			found, err := client.GetEventSourceMapping(ctx, &lambda.GetEventSourceMappingInput{UUID: made.UUID})
			return err == nil && *found.State == state, err
		}
	}
	if err := eventually("the mapping's state Enabled", isIn("Enabled")); err != nil {
		return err
	}
	updated, err := client.UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{
		UUID: made.UUID, BatchSize: aws.Int32(20), Enabled: aws.Bool(false),
	})
	if err != nil {
		return err
	}
	if *updated.BatchSize != 20 || *updated.ParallelizationFactor != 2 {
		return fmt.Errorf("the mapping was updated to %v", updated)
	}
	if err := eventually("the mapping's state Disabled", isIn("Disabled")); err != nil {
		return err
	}
	list, err := client.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{EventSourceArn: &source})
	if err != nil || len(list.EventSourceMappings) != 1 {
		return fmt.Errorf("the list has %v, %w", list, err)
	}
	if _, err := client.DeleteEventSourceMapping(ctx, &lambda.DeleteEventSourceMappingInput{UUID: made.UUID}); err != nil {
		return err
	}
	err = eventually("the mapping's end", func() (bool, error) {
		_, err := client.GetEventSourceMapping(ctx, &lambda.GetEventSourceMappingInput{UUID: made.UUID})
		var gone *types.ResourceNotFoundException
		if errors.As(err, &gone) {
			return true, nil
		}
		return false, err
	})
	if err != nil {
		return err
	}
	_, err = records.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: &name})
	return err
}

func stsIdentity(ctx context.Context, configuration aws.Config, _ string) error {
	identity, err := sts.NewFromConfig(configuration).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return err
	}
	if *identity.Account != account {
		return fmt.Errorf("the account is %s", *identity.Account)
	}
	return nil
}
