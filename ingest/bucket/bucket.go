// Package bucket reads archives from S3, and from stores that speak its protocol.
//
//	s3://bucket/prefix ──► ListObjectsV2, page by page ──► objects ──► GetObject, If-Match the ETag
//
// Where days are asked for, the layout of trails is followed folder by folder (Delimiter "/"), and
// those of other days are not listed. An object is read as it was listed: one that was
// replaced or deleted since is an error that says so. A connection that breaks is taken up again where it broke.
//
// The protocol is that of the Amazon S3 API Reference, ListObjectsV2 and GetObject.
package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/ctlake/ctlake/ingest/source"
)

const (
	// maxResumed is how often the reading of one object is taken up again after the connection broke without progressBytes in between.
	maxResumed = 4
	// progressBytes are a connection's worth: 256 MB of an object over connections that break every 8 MB are read.
	progressBytes = 8 << 20
	// maxStalled is how long a connection may give nothing of an object before it counts as broken.
	maxStalled = time.Minute
	// maxFolders bounds the depth of folders that are followed by the layout of trails.
	maxFolders = 64
)

// Files is the source.Files of s3:// paths.
type Files struct {
	client *s3.Client
	// watch calls expire when a connection gave nothing for maxStalled, unless it is stopped before.
	watch func(expire func()) (stop func() bool)

	mu      sync.Mutex
	regions map[string]string // of buckets that lie elsewhere than the client thinks
}

// New returns the files that client can read.
func New(client *s3.Client) *Files {
	watch := func(expire func()) func() bool { return time.AfterFunc(maxStalled, expire).Stop }
	return &Files{client: client, watch: watch, regions: map[string]string{}}
}

// Split returns the bucket and the key, or the prefix of keys, of an s3:// path.
func Split(path string) (bucket, key string, err error) {
	rest, ok := strings.CutPrefix(path, "s3://")
	bucket, key, _ = strings.Cut(rest, "/")
	if strings.HasPrefix(bucket, "arn:") {
		return "", "", fmt.Errorf("%s: ARNs are not read: give the name of the bucket, or the alias of the access point", path)
	}
	if !ok || bucket == "" {
		return "", "", fmt.Errorf("%s is no path in S3, which is s3://BUCKET/PREFIX", path)
	}
	return bucket, key, nil
}

// List implements source.Files: path is a prefix of keys, as in aws s3 ls --recursive.
func (f *Files) List(ctx context.Context, path string, days source.Days, found func(source.File), failed func(path string, err error)) error {
	bucket, prefix, err := Split(path)
	if err == nil {
		err = f.list(ctx, bucket, prefix, days, 0, found, failed)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		failed(path, err)
	}
	return nil
}

// list lists the keys that begin with prefix.
func (f *Files) list(ctx context.Context, bucket, prefix string, days source.Days, depth int, found func(source.File), failed func(path string, err error)) error {
	// Keys may hold what XML cannot.
	in := &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix, EncodingType: types.EncodingTypeUrl}
	// A folder of a day, and everything when no days are asked for, is listed whole.
	if days.Pruned() && depth < maxFolders && !wholeDay(prefix) {
		in.Delimiter = aws.String("/")
	}
	for {
		page, err := call(ctx, f, bucket, func(o func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
			return f.client.ListObjectsV2(ctx, in, o)
		})
		if err != nil {
			return explain(err, "list", "s3:ListBucket")
		}
		if page.Name == nil && page.IsTruncated == nil && page.KeyCount == nil {
			return errNoListing
		}
		for _, o := range page.Contents {
			key, err := plainKey(page, o.Key)
			if err != nil {
				return err
			}
			if strings.HasSuffix(key, "/") && aws.ToInt64(o.Size) == 0 {
				continue // what consoles make to show a folder
			}
			found(source.File{Path: "s3://" + bucket + "/" + key, Size: aws.ToInt64(o.Size), Modified: aws.ToTime(o.LastModified), Version: aws.ToString(o.ETag)})
		}
		for _, p := range page.CommonPrefixes {
			folder, err := plainKey(page, p.Prefix)
			if err != nil {
				return err
			}
			if !days.Wants(folder) {
				continue
			}
			if err := f.list(ctx, bucket, folder, days, depth+1, found, failed); err != nil {
				failed("s3://"+bucket+"/"+folder, err)
				if ctx.Err() != nil {
					return ctx.Err()
				}
			}
		}
		if !aws.ToBool(page.IsTruncated) {
			return nil
		}
		if next := aws.ToString(page.NextContinuationToken); next == "" || next == aws.ToString(in.ContinuationToken) {
			return errors.New("list: S3 answers that there is more, but not where it goes on: there may be objects that were not found")
		}
		in.ContinuationToken = page.NextContinuationToken
	}
}

// errNoListing is the error for what some other server answers.
var errNoListing = errors.New("list: the answer is no listing of S3: is --endpoint-url right?")

// plainKey returns a key of a listing. Stores that know no encoding of keys do not say that they encoded them.
func plainKey(page *s3.ListObjectsV2Output, key *string) (string, error) {
	if page.EncodingType != types.EncodingTypeUrl {
		return aws.ToString(key), nil
	}
	plain, err := url.QueryUnescape(aws.ToString(key))
	if err != nil {
		return "", fmt.Errorf("list: a key that is not encoded as it says: %w", err)
	}
	return plain, nil
}

// wholeDay reports whether a prefix is the folder of a day, YYYY/MM/DD/ at its end.
func wholeDay(prefix string) bool {
	parts := strings.Split(prefix, "/")
	if len(parts) < 4 {
		return false
	}
	day := strings.Join(parts[len(parts)-4:len(parts)-1], "")
	return len(day) == len("YYYYMMDD") && strings.Trim(day, "0123456789") == ""
}

// Open implements source.Files.
func (f *Files) Open(ctx context.Context, file source.File) (io.ReadCloser, error) {
	bucket, key, err := Split(file.Path)
	if err != nil {
		return nil, err
	}
	o := &object{files: f, ctx: ctx, bucket: bucket, key: key, version: file.Version, listed: file.Size}
	if err := o.get(); err != nil {
		return nil, err
	}
	return o, nil
}

// Metadata returns the user's metadata of an object, by lower-case name.
func (f *Files) Metadata(ctx context.Context, path string) (map[string]string, error) {
	bucket, key, err := Split(path)
	if err != nil {
		return nil, err
	}
	head, err := call(ctx, f, bucket, func(o func(*s3.Options)) (*s3.HeadObjectOutput, error) {
		return f.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key}, o)
	})
	if err != nil {
		return nil, explain(err, "read", "s3:GetObject")
	}
	metadata := make(map[string]string, len(head.Metadata))
	for name, value := range head.Metadata {
		metadata[strings.ToLower(name)] = value
	}
	return metadata, nil
}

// object is an object that is being read.
type object struct {
	files       *Files
	ctx         context.Context
	bucket, key string
	version     string // its ETag; "" if it is not known
	listed      int64  // its size
	body        io.ReadCloser
	at, size    int64
	resumed     int
	resumedAt   int64
}

// get asks for the bytes of the object from o.at on.
func (o *object) get() error {
	in := &s3.GetObjectInput{Bucket: &o.bucket, Key: &o.key}
	if o.version != "" {
		in.IfMatch = &o.version
	}
	if o.at > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", o.at))
	}
	out, err := call(o.ctx, o.files, o.bucket, func(with func(*s3.Options)) (*s3.GetObjectOutput, error) {
		return o.files.client.GetObject(o.ctx, in, with)
	})
	if err != nil {
		return explain(err, "read", "s3:GetObject")
	}
	if etag := aws.ToString(out.ETag); o.version != "" && etag != "" && etag != o.version {
		_ = out.Body.Close() // nothing was read
		return errChanged
	}
	o.body, o.size = out.Body, o.at+aws.ToInt64(out.ContentLength)
	if out.ContentLength == nil {
		o.size = -1
	}
	if o.at == 0 && o.version != "" && o.size >= 0 && o.size != o.listed {
		_ = o.body.Close() // it is something else
		return fmt.Errorf("the answer has %d bytes, but the object was listed with %d", o.size, o.listed)
	}
	if o.at > 0 && !strings.HasPrefix(aws.ToString(out.ContentRange), fmt.Sprintf("bytes %d-", o.at)) {
		_ = o.body.Close() // it begins elsewhere
		return fmt.Errorf("the connection broke at byte %d, and the store does not give the rest alone", o.at)
	}
	return nil
}

// Read implements io.Reader.
func (o *object) Read(p []byte) (int, error) {
	for {
		n, err := o.read(p)
		o.at += int64(n)
		if errors.Is(err, io.EOF) && (o.size < 0 || o.at >= o.size) {
			return n, io.EOF
		}
		if n > 0 || err == nil {
			return n, nil // an error comes again
		}
		if o.ctx.Err() != nil {
			return 0, o.ctx.Err()
		}
		if o.at-o.resumedAt >= progressBytes {
			o.resumed = 0
		}
		o.resumedAt = o.at
		if o.resumed++; o.resumed > maxResumed {
			return 0, fmt.Errorf("the connection broke %d times, last at byte %d: %w", o.resumed, o.at, err)
		}
		_ = o.body.Close() // it is broken
		if err := o.get(); err != nil {
			return 0, err
		}
	}
}

// errStalled is the error of a connection that gave nothing for long.
var errStalled = errors.New("nothing came any more")

// read reads from the connection, and closes it when it stalls.
func (o *object) read(p []byte) (int, error) {
	body := o.body
	stop := o.files.watch(func() { _ = body.Close() })
	n, err := body.Read(p)
	if !stop() && n == 0 && err != nil && !errors.Is(err, io.EOF) {
		err = errStalled // and not what the closing made of it
	}
	return n, err
}

// Close implements io.Closer.
func (o *object) Close() error { return o.body.Close() }

// call makes a request, and once more if the answer says that the bucket lies in another Region.
func call[T any](ctx context.Context, f *Files, bucket string, do func(func(*s3.Options)) (T, error)) (T, error) {
	with := func(region string) func(*s3.Options) {
		return func(o *s3.Options) {
			if region != "" {
				o.Region = region
			}
		}
	}
	f.mu.Lock()
	region := f.regions[bucket]
	f.mu.Unlock()
	out, err := do(with(region))
	other := regionOf(err)
	if err == nil || other == "" || other == region || ctx.Err() != nil {
		return out, err
	}
	f.mu.Lock()
	f.regions[bucket] = other
	f.mu.Unlock()
	return do(with(other))
}

// regionOf returns the Region that an error's answer names for the bucket; "" if none.
func regionOf(err error) string {
	answer, ok := errors.AsType[*awshttp.ResponseError](err)
	if !ok || answer.Response == nil || answer.Response.Response == nil {
		return ""
	}
	switch answer.HTTPStatusCode() {
	case 301, 307, 400, 403:
		return answer.Response.Header.Get("X-Amz-Bucket-Region")
	}
	return ""
}

// errChanged is the error for an object that is not what was listed.
var errChanged = errors.New("the object was replaced after it was listed; the next run takes the new one")

// explain says what an answer of S3 means for people.
func explain(err error, doing, permission string) error {
	status := 0
	if answer, ok := errors.AsType[*awshttp.ResponseError](err); ok && answer.Response != nil && answer.Response.Response != nil {
		status = answer.HTTPStatusCode()
	}
	code, message := "", ""
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code, message = api.ErrorCode(), api.ErrorMessage()
	}
	switch {
	case code == "NoSuchBucket":
		return errors.New("there is no such bucket")
	case doing == "list" && status == 404:
		return errNoListing
	case code == "NoSuchKey" || code == "NotFound" || code == "" && status == 404:
		return errors.New("the object is gone: it was deleted after it was listed")
	case code == "PreconditionFailed" || status == 412:
		return errChanged
	case code == "InvalidObjectState":
		return errors.New("the object is in an archive tier of S3 (Glacier): restore it first")
	case code == "ExpiredToken" || code == "ExpiredTokenException":
		return errors.New("the credentials have expired")
	case code == "InvalidAccessKeyId" || code == "SignatureDoesNotMatch":
		return fmt.Errorf("S3 does not accept the credentials (%s)", code)
	case code == "AccessDenied" || code == "Forbidden" || code == "" && status == 403:
		says := ""
		if message != "" && message != "Access Denied" && message != "Forbidden" {
			says = "; S3 says: " + message
		}
		return fmt.Errorf("access denied: to %s it takes the permission %s, and kms:Decrypt where a KMS key encrypts%s", doing, permission, says)
	case code == "SlowDown" || code == "Throttling" || code == "RequestLimitExceeded" || status == 429 || status == 503:
		return fmt.Errorf("S3 throttles requests (%s), also after waiting: use fewer --workers, or run again later", orStatus(code, status))
	case status >= 500:
		return fmt.Errorf("S3 has a fault of its own (%s), also after trying again", orStatus(code, status))
	case code != "":
		return fmt.Errorf("%s: S3 answers %s: %s", doing, code, message)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func orStatus(code string, status int) string {
	if code != "" {
		return code
	}
	return fmt.Sprintf("status %d", status)
}
