package synth

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// What the story is about. All of it is the same in every archive.
const (
	// ProductionAccount is where the intruder comes in, DataAccount where the data lies.
	ProductionAccount = "111122223333"
	DataAccount       = "444455556666"

	// IntruderIP is the intruder's address; nobody else has one in 203.0.113.0/24.
	IntruderIP = "203.0.113.66"
	// IntruderAgent is the user agent of the intruder's command line.
	IntruderAgent = "aws-cli/2.15.9 Python/3.11.6 Linux/6.5.0-kali3-amd64 exe/x86_64.kali.2023 prompt/off"

	// StolenUser is the IAM user whose password the intruder guesses.
	StolenUser = "lea.dubois"
	// BackdoorUser is the IAM user that gets a second access key, BackdoorKey.
	BackdoorUser = "svc-legacy-sync"
	BackdoorKey  = "AKIA5XQ7MZ3KTNWB2LHV"
	// ConsoleKey is what the console session of StolenUser calls with.
	ConsoleKey = "ASIA5XQ7MZ3KW2PB7XEN"

	// PivotRole, in ProductionAccount, is assumed with BackdoorKey and gives PivotKey.
	PivotRole    = "ops-deploy"
	PivotSession = "svc-legacy-sync"
	PivotKey     = "ASIA5XQ7MZ3KQH6DJ2RT"
	// ExfilRole, in DataAccount, is assumed with PivotKey and gives ExfilKey.
	ExfilRole    = "data-lake-admin"
	ExfilSession = "maintenance"
	ExfilKey     = "ASIA3LNV6WYCP4TGE7KS"

	// StoppedTrail is the trail of ProductionAccount that is switched off. The archive is that
	// of the organization's trail, which goes on.
	StoppedTrail = "prod-audit"
	// OpenedGroup is the security group that is opened to the world on port 22.
	OpenedGroup = "sg-0a7c41f2d95be3860"

	// ExfilBucket holds the ExfilObjects objects, ExfilBytes bytes in all, that are taken.
	ExfilBucket  = "acme-finance-exports"
	ExfilObjects = 240
	ExfilBytes   = ExfilObjects*(ExfilObjects-1)/2*8192 + ExfilObjects*1_048_576
	// OutsideBucket is the intruder's own, which the VPC endpoint StoryEndpoint refuses to reach.
	OutsideBucket = "x7-drop-zone"
	StoryEndpoint = "vpce-0f3b9d1c27e6a8054"

	// Responder is who switches the trail on again in the morning.
	Responder = "anna.keller"

	// FailedSignIns, DeniedCalls and EndpointDenials count what the story has of these: failed console
	// logins, API calls of the intruder that end in an error for want of permission, and network
	// activity events with VpceAccessDenied.
	FailedSignIns   = 6
	DeniedCalls     = len(deniedCalls) + deniedAlone
	EndpointDenials = 12

	// StoryEvents is the number of events in the story.
	StoryEvents = FailedSignIns + DeniedCalls + EndpointDenials + ExfilObjects + 24

	deniedAlone = 5 // DeleteTrail, UpdateDetector and three reads of other buckets
)

// deniedCalls are what the intruder tries with BackdoorKey and may not.
var deniedCalls = [...]struct{ service, prefix, name, code string }{
	{"iam", "iam", "ListRoles", "AccessDenied"},
	{"iam", "iam", "GetAccountAuthorizationDetails", "AccessDenied"},
	{"s3", "s3", "ListAllMyBuckets", "AccessDenied"},
	{"ec2", "ec2", "DescribeInstances", "Client.UnauthorizedOperation"},
	{"ec2", "ec2", "DescribeSecurityGroups", "Client.UnauthorizedOperation"},
	{"secretsmanager", "secretsmanager", "ListSecrets", "AccessDeniedException"},
	{"ssm", "ssm", "DescribeParameters", "AccessDeniedException"},
	{"dynamodb", "dynamodb", "ListTables", "AccessDenied"},
	{"rds", "rds", "DescribeDBInstances", "AccessDenied"},
	{"kms", "kms", "ListKeys", "AccessDeniedException"},
	{"organizations", "organizations", "DescribeOrganization", "AccessDeniedException"},
	{"cloudtrail", "cloudtrail", "LookupEvents", "AccessDeniedException"},
	{"guardduty", "guardduty", "ListDetectors", "AccessDeniedException"},
	{"lambda", "lambda", "ListFunctions20150331", "AccessDeniedException"},
}

// storyEvent is an event of the story and where it is delivered.
type storyEvent struct {
	record
	folder string
	owner  int // number of the account that gets it
}

// storyFile is a file with events of the story.
type storyFile struct {
	slot           int64
	account        int
	region, folder string
	events         []storyEvent
}

// storyFiles puts the events of the story into files, in order of time.
func storyFiles(events []storyEvent) []storyFile {
	var files []storyFile
	for _, e := range events {
		slot := e.when - e.when%slotSeconds
		i := slices.IndexFunc(files, func(f storyFile) bool {
			return f.slot == slot && f.account == e.owner && f.region == e.region && f.folder == e.folder
		})
		if i < 0 {
			i = len(files)
			files = append(files, storyFile{slot, e.owner, e.region, e.folder, nil})
		}
		files[i].events = append(files[i].events, e)
	}
	return files
}

// storyEvent adds one event of the story to the file.
func (g *Generator) storyEvent(e *storyEvent) {
	g.record = e.record
	g.add()
	g.file.Story++
}

// storyteller writes the events of the story down.
type storyteller struct {
	g      *Generator
	start  int64
	events []storyEvent

	stolen, signedOut, backdoor []byte // userIdentity of the intruder's guises
	pivot, exfil                []byte
	pivotRole, exfilRole        *session
}

// tell returns the events of the story, sorted by time, numbered from 0.
func (g *Generator) tell(start time.Time) []storyEvent {
	t := &storyteller{g: g, start: start.Unix()}
	g.account = g.accounts[0]
	t.identities()
	t.breakIn()
	t.lookAround()
	t.climb()
	t.takeAway()
	t.cleanUp()
	slices.SortStableFunc(t.events, func(a, b storyEvent) int { return int(a.when - b.when) })
	for i := range t.events {
		e := &t.events[i]
		e.number = uint64(i)
		if e.requestID == nil && e.eventType != "AwsConsoleSignIn" {
			e.requestID = appendUUID(nil, hash(g.seed, 0x57, uint64(i)), hash(g.seed, 0x58, uint64(i)))
		}
	}
	return t.events
}

func (t *storyteller) identities() {
	g := t.g
	user := func(name, rest string) []byte {
		return append(g.appendUser(nil, name), fmt.Sprintf(rest, name)...)
	}
	began := appendISO(nil, t.start+5*60)
	t.signedOut = user(StolenUser, `,"userName":"%s"}`)
	t.stolen = user(StolenUser, `,"accessKeyId":"`+ConsoleKey+`","userName":"%s","sessionContext":{"sessionIssuer":{},"webIdFederationData":{},`+
		`"attributes":{"creationDate":"`+string(began)+`","mfaAuthenticated":"false"}}}`)
	t.backdoor = user(BackdoorUser, `,"accessKeyId":"`+BackdoorKey+`","userName":"%s"}`)
	t.pivotRole = &session{account: g.accounts[0], role: PivotRole, path: "/", name: PivotSession, hours: 1}
	t.exfilRole = &session{account: g.accounts[1], role: ExfilRole, path: "/", name: ExfilSession, hours: 1}
	t.pivot = t.roleIdentity(t.pivotRole, PivotKey, 24)
	t.exfil = t.roleIdentity(t.exfilRole, ExfilKey, 28)
}

func (t *storyteller) roleIdentity(s *session, key string, minute int) []byte {
	id := s.appendRoleID(nil, t.g.seed)
	return fmt.Appendf(nil, `{"type":"AssumedRole","principalId":"%s:%s","arn":"%s","accountId":"%s","accessKeyId":"%s",`+
		`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"%s","arn":"%s","accountId":"%s","userName":"%s"},`+
		`"webIdFederationData":{},"attributes":{"creationDate":"%s","mfaAuthenticated":"false"}}}`,
		id, s.name, s.appendARN(nil), s.account.id, key, id, s.appendRoleARN(nil), s.account.id, s.role,
		appendISO(nil, t.start+int64(60*minute)))
}

// add adds an event of the intruder's that is delivered to the account with number owner, so many
// seconds after the start; change makes it special.
func (t *storyteller) add(seconds int, owner int, service, name string, identity []byte, change func(r *storyEvent)) {
	e := storyEvent{folder: "CloudTrail", owner: owner}
	e.record = record{
		version: 11, identity: identity, when: t.start + int64(seconds), source: service + ".amazonaws.com", name: name, region: "us-east-1",
		ip: []byte(IntruderIP), agent: []byte(IntruderAgent), readOnly: true, eventType: "AwsApiCall", category: "Management",
		account: t.g.accounts[owner].id, tls: &tlsMix[1].tlsDetails, host: []byte(service + ".us-east-1.amazonaws.com"),
	}
	change(&e)
	t.events = append(t.events, e)
}

// asIs leaves an event as it is.
func asIs(*storyEvent) {}

// failed returns a change to a call that policies do not allow.
func (t *storyteller) failed(code, action string, arn []byte, read bool) func(*storyEvent) {
	return func(e *storyEvent) {
		e.errorCode, e.readOnly = code, read
		e.errorMessage = fmt.Appendf(nil, "User: %s is not authorized to perform: %s because no identity-based policy allows the %s action", arn, action, action)
		if code == "Client.UnauthorizedOperation" {
			e.errorMessage = append([]byte("You are not authorized to perform this operation. "), e.errorMessage...)
		}
	}
}

const intruderBrowser = "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0"

func (t *storyteller) breakIn() {
	signIn := func(seconds int, change func(*storyEvent)) {
		t.add(seconds, 0, "signin", "ConsoleLogin", t.signedOut, func(e *storyEvent) {
			e.version, e.readOnly, e.eventType = 8, false, "AwsConsoleSignIn"
			e.agent, e.host = []byte(intruderBrowser), []byte("signin.aws.amazon.com")
			e.additional = []byte(`{"LoginTo":"https://console.aws.amazon.com/console/home","MobileVersion":"No","MFAUsed":"No"}`)
			change(e)
		})
	}
	for i := range FailedSignIns {
		signIn(17+i*41, func(e *storyEvent) {
			e.errorMessage, e.response = []byte("Failed authentication"), []byte(`{"ConsoleLogin":"Failure"}`)
		})
	}
	signIn(5*60, func(e *storyEvent) { e.response = []byte(`{"ConsoleLogin":"Success"}`) })

	console := func(e *storyEvent) { e.agent, e.console = []byte(intruderBrowser), true }
	for i, name := range []string{"GetAccountSummary", "ListUsers", "ListAccessKeys"} {
		t.add(7*60+i*9, 0, "iam", name, t.stolen, func(e *storyEvent) {
			console(e)
			if name == "ListAccessKeys" {
				e.request = []byte(`{"userName":"` + BackdoorUser + `"}`)
			}
		})
	}
	t.add(12*60, 0, "iam", "CreateAccessKey", t.stolen, func(e *storyEvent) {
		console(e)
		e.readOnly = false
		e.request = []byte(`{"userName":"` + BackdoorUser + `"}`)
		created := appendTime(nil, e.when, "Jan 2, 2006, 3:04:05 PM", 0)
		e.response = fmt.Appendf(nil, `{"accessKey":{"userName":"%s","accessKeyId":"%s","status":"Active","createDate":"%s"}}`, BackdoorUser, BackdoorKey, created)
	})
}

func (t *storyteller) lookAround() {
	t.add(15*60, 0, "sts", "GetCallerIdentity", t.backdoor, asIs)
	arn := t.g.appendUserARN(nil, BackdoorUser)
	for i, c := range deniedCalls {
		name := c.name
		action := c.prefix + ":" + name
		switch name {
		case "ListAllMyBuckets":
			name = "ListBuckets" // IAM calls the action of this call by another name
		case "ListFunctions20150331":
			action = "lambda:ListFunctions"
		}
		t.add(16*60+i*19, 0, c.service, name, t.backdoor, t.failed(c.code, action, arn, true))
	}
	t.add(21*60+30, 0, "iam", "GetUser", t.backdoor, asIs)
	t.add(22*60, 0, "iam", "ListUserPolicies", t.backdoor, func(e *storyEvent) { e.request = []byte(`{"userName":"` + BackdoorUser + `"}`) })
}

// assume adds the AssumeRole that gives out key.
func (t *storyteller) assume(seconds, owner int, identity []byte, s *session, key string, shared []byte) {
	t.add(seconds, owner, "sts", "AssumeRole", identity, func(e *storyEvent) {
		arn := s.appendRoleARN(nil)
		expires := appendTime(nil, e.when, "Jan 2, 2006, 3:04:05 PM", time.Hour)
		token := appendDigits([]byte("IQoJb3JpZ2luX2VjE"), hash(t.g.seed, hashText(key)), 480, base64Digit, 6)
		e.request = fmt.Appendf(nil, `{"roleArn":"%s","roleSessionName":"%s","durationSeconds":3600}`, arn, s.name)
		e.response = fmt.Appendf(nil, `{"credentials":{"accessKeyId":"%s","sessionToken":"%s=","expiration":"%s"},"assumedRoleUser":{"assumedRoleId":"%s:%s","arn":"%s"}}`,
			key, token, expires, s.appendRoleID(nil, t.g.seed), s.name, s.appendARN(nil))
		e.resources = fmt.Appendf(nil, `[{"accountId":"%s","type":"AWS::IAM::Role","ARN":"%s"}]`, s.account.id, arn)
		e.requestID = appendUUID(nil, hash(t.g.seed, hashText(key), uint64(owner)), hash(t.g.seed, hashText(key), uint64(owner), 1))
		e.sharedID = shared
	})
}

func (t *storyteller) climb() {
	t.assume(24*60, 0, t.backdoor, t.pivotRole, PivotKey, nil)
	t.add(24*60+20, 0, "sts", "GetCallerIdentity", t.pivot, asIs)
	t.add(25*60, 0, "cloudtrail", "DescribeTrails", t.pivot, func(e *storyEvent) { e.request = []byte(`{"includeShadowTrails":true,"trailNameList":[]}`) })
	t.add(25*60+30, 0, "cloudtrail", "GetTrailStatus", t.pivot, func(e *storyEvent) { e.request = []byte(`{"name":"` + StoppedTrail + `"}`) })

	// Both accounts get the event of a role that is assumed across them, each with its own view of the caller.
	shared := appendUUID(nil, hash(t.g.seed, 0x5a), hash(t.g.seed, 0x5b))
	t.assume(28*60, 0, t.pivot, t.exfilRole, ExfilKey, shared)
	visitor := fmt.Appendf(nil, `{"type":"AWSAccount","principalId":"%s:%s","accountId":"%s"}`, t.pivotRole.appendRoleID(nil, t.g.seed), PivotSession, ProductionAccount)
	t.assume(28*60, 1, visitor, t.exfilRole, ExfilKey, shared)

	trail := []byte(`{"name":"arn:aws:cloudtrail:us-east-1:` + ProductionAccount + `:trail/` + StoppedTrail + `"}`)
	arn := t.pivotRole.appendARN(nil)
	t.add(31*60, 0, "cloudtrail", "StopLogging", t.pivot, func(e *storyEvent) { e.readOnly, e.request = false, trail })
	t.add(32*60, 0, "cloudtrail", "DeleteTrail", t.pivot, func(e *storyEvent) {
		t.failed("AccessDeniedException", "cloudtrail:DeleteTrail", arn, false)(e)
		e.request = trail
	})
	t.add(33*60, 0, "guardduty", "UpdateDetector", t.pivot, t.failed("AccessDeniedException", "guardduty:UpdateDetector", arn, false))
	t.add(36*60, 0, "ec2", "AuthorizeSecurityGroupIngress", t.pivot, func(e *storyEvent) {
		e.readOnly = false
		e.requestID = appendUUID(nil, hash(t.g.seed, 0x5c), hash(t.g.seed, 0x5d))
		e.request = []byte(`{"groupId":"` + OpenedGroup + `","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":22,"groups":{},"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]},"ipv6Ranges":{},"prefixListIds":{}}]}}`)
		e.response = fmt.Appendf(nil, `{"requestId":"%s","_return":true,"securityGroupRuleSet":{"items":[{"groupOwnerId":"%s","groupId":"%s","securityGroupRuleId":"sgr-0b52e91d7f3c6a48e","isEgress":false,"ipProtocol":"tcp","fromPort":22,"toPort":22,"cidrIpv4":"0.0.0.0/0"}]}}`,
			e.requestID, ProductionAccount, OpenedGroup)
	})
}

// bucketCall changes an event into a call on a bucket, or on an object in it.
func bucketCall(bucket, key, prefix string, out int) func(*storyEvent) {
	return func(e *storyEvent) {
		host := bucket + ".s3.us-east-1.amazonaws.com"
		e.version, e.host = 10, []byte(host)
		object := ""
		switch {
		case key != "":
			e.request = fmt.Appendf(nil, `{"bucketName":"%s","Host":"%s","key":"%s"}`, bucket, host, key)
			object = `{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::` + bucket + `/` + key + `"},`
		case prefix != "":
			e.request = fmt.Appendf(nil, `{"list-type":"2","bucketName":"%s","encoding-type":"url","prefix":"%s","Host":"%s"}`, bucket, prefix, host)
			object = `{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::` + bucket + `/` + prefix + `"},`
		default:
			e.request = fmt.Appendf(nil, `{"bucketName":"%s","Host":"%s"}`, bucket, host)
		}
		e.resources = fmt.Appendf(nil, `[%s{"accountId":"%s","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::%s"}]`, object, DataAccount, bucket)
		e.additional = fmt.Appendf(nil, `{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0.0,"AuthenticationMethod":"AuthHeader",`+
			`"x-amz-id-2":"%s=","bytesTransferredOut":%d.0}`, appendDigits(nil, hash(hashText(bucket), hashText(key), uint64(e.when)), 75, base64Digit, 6), out)
		if key != "" || prefix != "" {
			e.category = "Data"
		}
	}
}

// exfilObject is the key of the i-th object that is taken, and its size.
func exfilObject(i int) (key string, bytes int) {
	return "ledger/2025/statement-" + strconv.Itoa(10_000+i) + ".csv", 1_048_576 + i*8192
}

func (t *storyteller) takeAway() {
	t.add(40*60, 1, "s3", "ListBuckets", t.exfil, func(e *storyEvent) {
		e.version, e.host, e.request = 10, []byte("s3.amazonaws.com"), []byte(`{"Host":"s3.amazonaws.com"}`)
	})
	for i, name := range []string{"GetBucketLocation", "GetBucketPolicy", "GetBucketVersioning"} {
		t.add(40*60+20+i*15, 1, "s3", name, t.exfil, bucketCall(ExfilBucket, "", "", 300+i))
	}
	t.add(42*60, 1, "s3", "ListObjects", t.exfil, bucketCall(ExfilBucket, "", "ledger/", 48_112))
	for i := range ExfilObjects {
		key, size := exfilObject(i)
		t.add(43*60+i*8, 1, "s3", "GetObject", t.exfil, bucketCall(ExfilBucket, key, "", size))
	}
	arn := t.exfilRole.appendARN(nil)
	for i := range deniedAlone - 2 {
		t.add(76*60+i*11, 1, "s3", "GetObject", t.exfil, func(e *storyEvent) {
			bucketCall("acme-payroll-archive", "2025/salaries-"+strconv.Itoa(i)+".xlsx", "", 243)(e)
			t.failed("AccessDenied", "s3:GetObject", arn, true)(e)
		})
	}
	for i := range EndpointDenials {
		t.add(79*60+i*13, 1, "s3", "PutObject", t.exfil, func(e *storyEvent) {
			*e = storyEvent{owner: 1, folder: "CloudTrail-NetworkActivity", record: record{
				version: 9, identity: e.identity, when: e.when, source: e.source, name: e.name, region: e.region,
				ip: []byte("10.20.4.17"), eventType: "AwsVpceEvent", category: "NetworkActivity", account: DataAccount,
				errorCode: "VpceAccessDenied", errorMessage: []byte("The request was denied due to a VPC endpoint policy"),
				resources: fmt.Appendf(nil, `[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::%s/part-%02d.tgz"}]`, OutsideBucket, i),
				endpoint:  []byte(StoryEndpoint), endpointAccount: DataAccount,
			}}
		})
	}
}

func (t *storyteller) cleanUp() {
	t.add(95*60, 0, "iam", "DeleteAccessKey", t.stolen, func(e *storyEvent) {
		e.readOnly, e.console, e.agent = false, true, []byte(intruderBrowser)
		e.request = []byte(`{"userName":"` + BackdoorUser + `","accessKeyId":"` + BackdoorKey + `"}`)
	})
	s := &session{account: t.g.accounts[0], path: "/aws-reserved/sso.amazonaws.com/", role: "AWSReservedSSO_SecurityResponse_5d0c2f9be1a47836", name: Responder + "@acme.example"}
	responder := t.roleIdentity(s, "ASIA5XQ7MZ3KD7GU3VYA", 6*60)
	for i, name := range []string{"StartLogging", "GetTrailStatus"} {
		t.add(6*3600+30*60+i*40, 0, "cloudtrail", name, responder, func(e *storyEvent) {
			e.ip, e.agent, e.console = []byte("198.51.100.11"), []byte("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"), true
			e.readOnly = name != "StartLogging"
			e.request = []byte(`{"name":"arn:aws:cloudtrail:us-east-1:` + ProductionAccount + `:trail/` + StoppedTrail + `"}`)
		})
	}
}
