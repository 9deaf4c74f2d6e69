package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"

	"github.com/ctlake/ctlake/ingest/bucket"
)

// defaultRegion is asked where none is configured; S3 says of a bucket where it lies.
const defaultRegion = "us-east-1"

// maxAttempts is how often a request is made that S3 throttles or fails; waits grow between them.
const maxAttempts = 6

// maxSilence is how long S3 may take to begin with its answer to a request before that is made again.
const maxSilence = time.Minute

// buckets returns the access to S3 with the credentials that AWS's tools find: environment, shared
// files and profiles, single sign-on, roles, the machine's own.
func (a *app) buckets(ctx context.Context, endpoint string) (*bucket.Files, error) {
	if endpoint != "" {
		if u, err := url.Parse(endpoint); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return nil, usage("--endpoint-url %s: it is a URL such as http://127.0.0.1:9000", endpoint)
		}
	}
	loaded, err := config.LoadDefaultConfig(ctx, config.WithRetryMaxAttempts(maxAttempts), config.WithLogger(logging.Nop{}),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.ResponseHeaderTimeout = maxSilence })))
	if err != nil {
		return nil, fmt.Errorf("configure access to S3: %w", err)
	}
	if _, err := loaded.Credentials.Retrieve(ctx); err != nil {
		return nil, fmt.Errorf("S3: no credentials that AWS's tools look for were found (AWS_PROFILE or AWS_ACCESS_KEY_ID, a profile, a role): %w", err)
	}
	return bucket.New(s3.NewFromConfig(loaded, func(o *s3.Options) {
		if o.Region == "" {
			o.Region = defaultRegion
		}
		// Stores that are not AWS's know no newer checksums.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
			o.UsePathStyle = true
		}
	})), nil
}
