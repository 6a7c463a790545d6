// Command go tries a running daemon with AWS's SDK for Go, as it is in Debian's archive.
//
// MILLRACE_ENDPOINT names the daemon, which has the template of Tests/sdk. Each scenario makes resources with names of its
// own. The program ends with status 1 if one of them fails, and says which.
package main

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const region = "us-east-1"
const account = "000000000000"

func main() {
	rand.Seed(time.Now().UnixNano())
	configuration := configure()
	scenarios := []struct {
		name string
		run  func(context.Context, aws.Config, string) error
	}{
		{"kinesis records", kinesisRecords},
		{"kinesis errors", kinesisErrors},
		{"kinesis subscriptions", kinesisSubscriptions},
		{"dynamodb items", dynamoDBItems},
		{"dynamodb conditions", dynamoDBConditions},
		{"dynamodb streams", dynamoDBStreams},
		{"lambda mappings", lambdaMappings},
		{"sts identity", stsIdentity},
		{"sqs messages", queueMessages},
		{"sqs batches", queueBatches},
		{"sqs errors", queueErrors},
	}
	failures := 0
	for _, scenario := range scenarios {
		limited, cancel := context.WithTimeout(context.Background(), 60*time.Second)
		name := fmt.Sprintf("go-%08x", rand.Uint32())
		if err := scenario.run(limited, configuration, name); err != nil {
			fmt.Printf("FAILED %s: %v\n", scenario.name, err)
			failures++
		} else {
			fmt.Printf("ok     %s\n", scenario.name)
		}
		cancel()
	}
	if failures > 0 {
		os.Exit(1)
	}
}

func configure() aws.Config {
	endpoint := os.Getenv("MILLRACE_ENDPOINT")
	if endpoint == "" {
		endpoint = "http://127.0.0.1:4566"
	}
	resolve := func(service, region string, _ ...interface{}) (aws.Endpoint, error) {
		return aws.Endpoint{URL: endpoint, SigningRegion: region, HostnameImmutable: true}, nil
	}
	keys := func(context.Context) (aws.Credentials, error) {
		id, secret := os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
		if id == "" {
			id, secret = "test", "test"
		}
		return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, nil
	}
	return aws.Config{
		Region:                      region,
		Credentials:                 aws.CredentialsProviderFunc(keys),
		EndpointResolverWithOptions: aws.EndpointResolverWithOptionsFunc(resolve),
		// A retry would hide an error.
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
}

// eventually asks again until the answer is yes or time is up.
func eventually(what string, ask func() (bool, error)) error {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if yes, err := ask(); err != nil || yes {
			return err
		}
	}
	return fmt.Errorf("%s did not come true", what)
}
