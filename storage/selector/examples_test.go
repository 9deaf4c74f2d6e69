package selector

import (
	"strings"
	"testing"
)

// event makes an event of words: "Data eventName=PutObject resource=TYPE,ARN". A
// resource whose ARN begins with "prefix:" has that as its ARNPrefix.
func event(t *testing.T, words string) *Event {
	t.Helper()
	parts := strings.Fields(words)
	e := &Event{Category: parts[0]}
	for _, p := range parts[1:] {
		name, value, _ := strings.Cut(p, "=")
		switch name {
		case "resource":
			kind, arn, _ := strings.Cut(value, ",")
			r := Resource{Type: Field{kind, true}}
			if prefix, ok := strings.CutPrefix(arn, "prefix:"); ok {
				r.ARNPrefix = Field{prefix, true}
			} else if arn != "" {
				r.ARN = Field{arn, true}
			}
			e.Resources = append(e.Resources, r)
		case "managementEvent":
			e.ManagementEvent = Field{value, true}
		default:
			f := e.field(name)
			if f == nil {
				t.Fatalf("no field %s", name)
			}
			*f = Field{value, true}
		}
	}
	return e
}

func compile(t testing.TB, text string) *Program {
	t.Helper()
	selectors, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(selectors)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const bucket = "arn:aws:s3:::amzn-s3-demo-bucket/"

// examples are the worked examples of AWS's guide, and what follows from its rules.
var examples = []struct {
	name, selectors string
	events          [][2]string // the event, and what Explain says of it
}{
	{"A: six operators on resources.ARN",
		`[{"FieldSelectors":[
			{"Field":"eventCategory","Equals":["Data"]},
			{"Field":"resources.type","Equals":["AWS::S3::Object"]},
			{"Field":"resources.ARN",
				"Equals":["` + bucket + `object1"], "StartsWith":["` + bucket + `"], "EndsWith":["object3"],
				"NotStartsWith":["` + bucket + `deselect"], "NotEndsWith":["object5"], "NotEquals":["` + bucket + `object6"]}]}]`,
		[][2]string{
			{"Data resource=AWS::S3::Object," + bucket + "object1", `taken by event selector 1`},
			{"Data resource=AWS::S3::Object," + bucket + "object2", `taken by event selector 1`},
			{"Data resource=AWS::S3::Object,arn:aws:s3:::amzn-s3-demo-bucket1/object3", `taken by event selector 1`},
			{"Data resource=AWS::S3::Object," + bucket + "deselectObject4",
				`refused by event selector 1: resources.ARN is "arn:aws:s3:::amzn-s3-demo-bucket/deselectObject4", which NotStartsWith "arn:aws:s3:::amzn-s3-demo-bucket/deselect" excludes`},
			{"Data resource=AWS::S3::Object," + bucket + "object5",
				`refused by event selector 1: resources.ARN is "arn:aws:s3:::amzn-s3-demo-bucket/object5", which NotEndsWith "object5" excludes`},
			{"Data resource=AWS::S3::Object," + bucket + "object6",
				`refused by event selector 1: resources.ARN is "arn:aws:s3:::amzn-s3-demo-bucket/object6", which NotEquals "arn:aws:s3:::amzn-s3-demo-bucket/object6" excludes`},
			{"Data resource=AWS::S3::Object,arn:aws:s3:::other/object4",
				`refused by event selector 1: resources.ARN is "arn:aws:s3:::other/object4", which is not selected`},
		}},
	{"B: all but one bucket",
		`[{"Name":"writes","FieldSelectors":[
			{"Field":"eventCategory","Equals":["Data"]},
			{"Field":"resources.type","Equals":["AWS::S3::Object"]},
			{"Field":"eventName","Equals":["PutObject","DeleteObject"]},
			{"Field":"resources.ARN","NotStartsWith":["arn:aws:s3:::bucket/"]}]}]`,
		[][2]string{
			{"Data eventName=PutObject resource=AWS::S3::Object,arn:aws:s3:::other/k resource=AWS::S3::Bucket,arn:aws:s3:::other", `taken by event selector 1 ("writes")`},
			{"Data eventName=GetObject resource=AWS::S3::Object,arn:aws:s3:::other/k", `refused by event selector 1 ("writes"): eventName is "GetObject", which is not selected`},
			// The ARN of the bucket itself would pass, but it is of another type.
			{"Data eventName=PutObject resource=AWS::S3::Bucket,arn:aws:s3:::bucket resource=AWS::S3::Object,arn:aws:s3:::bucket/k",
				`refused by event selector 1 ("writes"): resources.ARN is "arn:aws:s3:::bucket/k", which NotStartsWith "arn:aws:s3:::bucket/" excludes`},
			{"Data eventName=ListObjects resource=AWS::S3::Object,prefix:arn:aws:s3:::bucket/", `refused by event selector 1 ("writes"): eventName is "ListObjects", which is not selected`},
			{"Data eventName=PutObject resource=AWS::S3::Object,prefix:arn:aws:s3:::bucket/",
				`refused by event selector 1 ("writes"): resources.ARN is "arn:aws:s3:::bucket/", which NotStartsWith "arn:aws:s3:::bucket/" excludes`},
			{"Data eventName=PutObject resource=AWS::S3::Bucket,arn:aws:s3:::other", `refused by event selector 1 ("writes"): resources.type is "AWS::S3::Bucket", which is not selected`},
			{"Data eventName=PutObject", `refused by event selector 1 ("writes"): the event has no resources.type`},
			{"Data eventName=PutObject resource=AWS::S3::Object", `taken by event selector 1 ("writes")`},
			{"Data eventName=PutObject resource=AWS::S3::Object,arn:aws:s3:::bucket/k resource=AWS::S3::Object,arn:aws:s3:::other/k", `taken by event selector 1 ("writes")`},
		}},
	{"C: batch deletes kept from flooding",
		`[{"FieldSelectors":[
			{"Field":"eventCategory","Equals":["Data"]}, {"Field":"resources.type","Equals":["AWS::S3::Object"]},
			{"Field":"eventName","NotEquals":["DeleteObject"]}]},
		  {"Name":"direct","FieldSelectors":[
			{"Field":"eventCategory","Equals":["Data"]}, {"Field":"resources.type","Equals":["AWS::S3::Object"]},
			{"Field":"eventName","Equals":["DeleteObject"]}, {"Field":"eventType","NotEquals":["AwsServiceEvent"]}]}]`,
		[][2]string{
			{"Data eventName=DeleteObject eventType=AwsServiceEvent resource=AWS::S3::Object,arn:aws:s3:::b/k",
				"refused by event selector 1: eventName is \"DeleteObject\", which NotEquals \"DeleteObject\" excludes\n" +
					`refused by event selector 2 ("direct"): eventType is "AwsServiceEvent", which NotEquals "AwsServiceEvent" excludes`},
			{"Data eventName=DeleteObject eventType=AwsApiCall resource=AWS::S3::Object,arn:aws:s3:::b/k", `taken by event selector 2 ("direct")`},
			{"Data eventName=PutObject eventType=AwsServiceEvent resource=AWS::S3::Object,arn:aws:s3:::b/k", `taken by event selector 1`},
		}},
	{"D: management events without noise",
		`[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"eventSource","NotEquals":["kms.amazonaws.com","rdsdata.amazonaws.com"]}]}]`,
		[][2]string{
			{"Management eventSource=kms.amazonaws.com eventName=Decrypt", `refused by event selector 1: eventSource is "kms.amazonaws.com", which NotEquals "kms.amazonaws.com" excludes`},
			{"Management eventSource=rdsdata.amazonaws.com", `refused by event selector 1: eventSource is "rdsdata.amazonaws.com", which NotEquals "rdsdata.amazonaws.com" excludes`},
			{"Management eventSource=ec2.amazonaws.com eventName=RunInstances", `taken by event selector 1`},
			{"Management eventSource=KMS.amazonaws.com", `taken by event selector 1`},
			{"Data eventSource=ec2.amazonaws.com", `refused by event selector 1: eventCategory is "Data", which is not selected`},
		}},
	{"E: neither service nor console",
		`[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"eventType","NotEquals":["AwsServiceEvent"]},
			{"Field":"sessionCredentialFromConsole","NotEquals":["true"]}]}]`,
		[][2]string{
			{"Management eventType=AwsApiCall", `taken by event selector 1`},
			{"Management eventType=AwsApiCall sessionCredentialFromConsole=true", `refused by event selector 1: sessionCredentialFromConsole is "true", which NotEquals "true" excludes`},
			{"Management eventType=AwsServiceEvent", `refused by event selector 1: eventType is "AwsServiceEvent", which NotEquals "AwsServiceEvent" excludes`},
			{"Management eventType=AwsConsoleSignIn eventName=ConsoleLogin", `taken by event selector 1`},
		}},
	{"F: EBS direct APIs",
		`[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::EC2::Snapshot"]},{"Field":"eventName","NotEquals":["ListChangedBlocks"]}]}]`,
		[][2]string{
			{"Data eventName=GetSnapshotBlock resource=AWS::EC2::Snapshot,arn:aws:ec2:us-east-1::snapshot/snap-1", `taken by event selector 1`},
			{"Data eventName=ListChangedBlocks resource=AWS::EC2::Snapshot,arn:aws:ec2:us-east-1::snapshot/snap-1",
				`refused by event selector 1: eventName is "ListChangedBlocks", which NotEquals "ListChangedBlocks" excludes`},
		}},
	{"G: the scanner's role left out",
		`[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::S3::Object"]},
			{"Field":"resources.ARN","StartsWith":["arn:aws:s3:::b/"]},
			{"Field":"userIdentity.arn","NotStartsWith":["arn:aws:sts::123456789012:assumed-role/bucket-scanner-role"]}]}]`,
		[][2]string{
			{"Data resource=AWS::S3::Object,arn:aws:s3:::b/k", `taken by event selector 1`},
			{"Data userIdentity.arn=arn:aws:sts::123456789012:assumed-role/bucket-scanner-role/s resource=AWS::S3::Object,arn:aws:s3:::b/k",
				`refused by event selector 1: userIdentity.arn is "arn:aws:sts::123456789012:assumed-role/bucket-scanner-role/s", which NotStartsWith "arn:aws:sts::123456789012:assumed-role/bucket-scanner-role" excludes`},
			{"Data userIdentity.arn=arn:aws:iam::123456789012:user/u resource=AWS::S3::Object,arn:aws:s3:::b/k", `taken by event selector 1`},
		}},
	{"H: denied by the endpoint",
		`[{"FieldSelectors":[{"Field":"eventCategory","Equals":["NetworkActivity"]},{"Field":"eventSource","Equals":["ec2.amazonaws.com"]},
			{"Field":"errorCode","Equals":["VpceAccessDenied"]},{"Field":"vpcEndpointId","Equals":["vpce-x"]}]}]`,
		[][2]string{
			{"NetworkActivity eventSource=ec2.amazonaws.com vpcEndpointId=vpce-x", `refused by event selector 1: the event has no errorCode`},
			{"NetworkActivity eventSource=ec2.amazonaws.com vpcEndpointId=vpce-x errorCode=VpceAccessDenied", `taken by event selector 1`},
			{"NetworkActivity eventSource=ec2.amazonaws.com vpcEndpointId=vpce-y errorCode=VpceAccessDenied", `refused by event selector 1: vpcEndpointId is "vpce-y", which is not selected`},
		}},
	{"I: only writes",
		`[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"readOnly","Equals":["false"]}]}]`,
		[][2]string{
			{"Management readOnly=false", `taken by event selector 1`},
			{"Management readOnly=true", `refused by event selector 1: readOnly is "true", which is not selected`},
			{"Management", `refused by event selector 1: the event has no readOnly`},
		}},
	{"J: a category alone",
		`[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Insight"]}]}]`,
		[][2]string{
			{"Insight", `taken by event selector 1`},
			{"Management", `refused by event selector 1: eventCategory is "Management", which is not selected`},
		}},
	{"a field twice: both must hold",
		`[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::S3::Object"]},
			{"Field":"resources.ARN","StartsWith":["arn:aws:s3:::b/"]},{"Field":"resources.ARN","EndsWith":[".log"]},
			{"Field":"eventName","StartsWith":["Put"]},{"Field":"eventName","NotEndsWith":["Acl"]}]}]`,
		[][2]string{
			{"Data eventName=PutObject resource=AWS::S3::Object,arn:aws:s3:::b/x.log", `taken by event selector 1`},
			{"Data eventName=PutObjectAcl resource=AWS::S3::Object,arn:aws:s3:::b/x.log", `refused by event selector 1: eventName is "PutObjectAcl", which NotEndsWith "Acl" excludes`},
			{"Data eventName=PutObject resource=AWS::S3::Object,arn:aws:s3:::b/x.txt", `refused by event selector 1: resources.ARN is "arn:aws:s3:::b/x.txt", which is not selected`},
			{"Data eventName=PutObject resource=AWS::S3::Object,arn:aws:s3:::b/x.txt resource=AWS::S3::Object,arn:aws:s3:::c/x.log",
				`refused by event selector 1: resources.ARN is "arn:aws:s3:::b/x.txt", which is not selected`},
		}},
	{"many values",
		`[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},
			{"Field":"eventName","Equals":["a","b","c","d","e","f","g","h","i"],"NotEquals":["i","k","l","m","n","o","p","q"]}]}]`,
		[][2]string{
			{"Management eventName=h", `taken by event selector 1`},
			{"Management eventName=i", `refused by event selector 1: eventName is "i", which NotEquals "i" excludes`},
			{"Management eventName=z", `refused by event selector 1: eventName is "z", which is not selected`},
		}},
}

func TestExamples(t *testing.T) {
	for _, example := range examples {
		p := compile(t, example.selectors)
		for _, c := range example.events {
			e := event(t, c[0])
			verdict := p.Explain(e)
			if got := verdict.String(); got != c[1] {
				t.Errorf("%s: %s\n got %s\nwant %s", example.name, c[0], got, c[1])
			}
			if taken := p.Match(e); taken != (verdict.Taken > 0) {
				t.Errorf("%s: %s: Match says %v, Explain %+v", example.name, c[0], taken, verdict)
			}
			if n := testing.AllocsPerRun(10, func() { p.Match(e) }); n != 0 {
				t.Errorf("%s: %s: Match allocates %v times", example.name, c[0], n)
			}
		}
	}
}

func TestDeriveCategory(t *testing.T) {
	for _, c := range [][2]string{
		{"- eventType=AwsCloudTrailInsight managementEvent=true", Insight},
		{"- managementEvent=false eventName=Anything", Data},
		{"- managementEvent=true eventSource=s3.amazonaws.com eventName=GetObject", Management},
		{"- eventSource=s3.amazonaws.com eventName=GetObject", Data},
		{"- eventSource=s3.amazonaws.com eventName=NewCall resource=AWS::S3::Bucket,arn:aws:s3:::b resource=AWS::S3::Object,arn:aws:s3:::b/k", Data},
		{"- eventSource=s3.amazonaws.com eventName=CreateBucket resource=AWS::S3::Bucket,arn:aws:s3:::b", Management},
		{"- eventSource=lambda.amazonaws.com eventName=Invoke", Data},
		{"- eventSource=lambda.amazonaws.com eventName=CreateFunction20150331", Management},
		{"- eventSource=dynamodb.amazonaws.com eventName=PutItem", Data},
		{"- eventSource=dynamodb.amazonaws.com eventName=DescribeTable", Management},
		{"- eventSource=iam.amazonaws.com eventName=GetObject", Management},
		{"-", Management},
	} {
		e := event(t, c[0])
		if got := DeriveCategory(e); got != c[1] {
			t.Errorf("%s: %s, want %s", c[0], got, c[1])
		}
		if n := testing.AllocsPerRun(10, func() { DeriveCategory(e) }); n != 0 {
			t.Errorf("%s: DeriveCategory allocates %v times", c[0], n)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	e := &Event{Category: Data, EventName: Field{"PutObject", true}, EventType: Field{"AwsApiCall", true}, Resources: []Resource{
		{Type: Field{"AWS::S3::Bucket", true}, ARN: Field{"arn:aws:s3:::b", true}},
		{Type: Field{"AWS::S3::Object", true}, ARN: Field{bucket + "object9", true}}}}
	for _, example := range examples {
		switch example.name[0] {
		case 'A', 'C', 'D':
			b.Run(example.name[:1], func(b *testing.B) {
				p := compile(b, example.selectors)
				b.ReportAllocs()
				for b.Loop() {
					p.Match(e)
				}
			})
		}
	}
}
