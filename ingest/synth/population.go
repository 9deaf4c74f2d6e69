package synth

import "strconv"

// The organization that archives are about: a company called Acme.

// OrganizationID is the organization in the paths of an archive with several accounts.
const OrganizationID = "o-acme4x7k2q"

// region is a Region with its share of the traffic.
type region struct {
	name   string
	weight int
}

var (
	teams        = []string{"payments", "search", "platform", "data", "mobile", "billing", "identity", "growth", "logistics", "security"}
	environments = []string{"prod", "staging", "dev"}
	purposes     = []string{"uploads", "logs", "exports", "artifacts", "backup", "assets", "lake", "reports"}
	people       = []string{
		"anna.keller", "jun.tanaka", "maria.silva", "omar.haddad", "lea.dubois", "tom.baker", "ines.costa",
		"kofi.mensah", "sara.lindqvist", "wei.zhang", "paul.novak", "amira.benali", "jonas.weber", "nina.petrova",
	}
	// automations are IAM users that programs of other vendors sign in as.
	automations = []string{"svc-monitoring", "svc-siem", "svc-legacy-sync", "svc-report-mailer"}

	regions = []region{{"us-east-1", 55}, {"eu-west-1", 22}, {"us-west-2", 10}, {"eu-central-1", 7}, {"ap-southeast-2", 4}, {"sa-east-1", 2}}

	// linked are AWS services that act under a service-linked role.
	linked = []struct{ role, session, host string }{
		{"AWSServiceRoleForConfig", "AWSConfig-Describe", "config.amazonaws.com"},
		{"AWSServiceRoleForAutoScaling", "AutoScaling", "autoscaling.amazonaws.com"},
		{"AWSServiceRoleForAmazonEKS", "AmazonEKS", "eks.amazonaws.com"},
		{"AWSServiceRoleForECS", "ecs-service-scheduler", "ecs.amazonaws.com"},
		{"AWSServiceRoleForSecurityHub", "securityhub", "securityhub.amazonaws.com"},
		{"AWSServiceRoleForTrustedAdvisor", "TrustedAdvisor", "trustedadvisor.amazonaws.com"},
		{"AWSServiceRoleForAccessAnalyzer", "access-analyzer", "access-analyzer.amazonaws.com"},
		{"AWSServiceRoleForApplicationAutoScaling_DynamoDBTable", "AutoScaling-DynamoDB", "dynamodb.application-autoscaling.amazonaws.com"},
	}
	// hosts are AWS services that act in their own name.
	hosts = []string{
		"lambda.amazonaws.com", "ec2.amazonaws.com", "s3.amazonaws.com", "cloudtrail.amazonaws.com", "ecs-tasks.amazonaws.com",
		"delivery.logs.amazonaws.com", "events.amazonaws.com", "config.amazonaws.com", "states.amazonaws.com", "ssm.amazonaws.com",
		"firehose.amazonaws.com", "codebuild.amazonaws.com", "glue.amazonaws.com", "rds.amazonaws.com", "backup.amazonaws.com",
	}
)

// account is a member of the organization.
type account struct {
	number uint64
	id     string
}

// newAccount returns the account with a number. The first ones are those of the story and
// one whose ID begins with a zero.
func newAccount(number int) *account {
	a := &account{number: uint64(number)}
	switch number {
	case 0:
		a.id = ProductionAccount
	case 1:
		a.id = DataAccount
	case 2:
		a.id = "012345678901"
	default:
		// The factor is prime to the modulus, so no two numbers give one ID; the offset keeps clear of those above.
		a.id = strconv.FormatUint(500_000_000_000+uint64(number)*61_803_398_897%400_000_000_000, 10)
	}
	return a
}

// session is a session of a role.
type session struct {
	account *account
	role    string
	path    string // of the role, "/" or "/…/"
	name    string // of the session
	hours   int64  // that its credentials live
}

func (s *session) hash(seed uint64) uint64 {
	return hash(seed, s.account.number, hashText(s.role), hashText(s.name))
}

func (s *session) appendRoleARN(b []byte) []byte {
	b = append(append(append(b, "arn:aws:iam::"...), s.account.id...), ":role"...)
	return append(append(b, s.path...), s.role...)
}

func (s *session) appendRoleID(b []byte, seed uint64) []byte {
	return appendUpper(append(b, "AROA"...), hash(seed, s.account.number, hashText(s.role)), 17)
}

func (s *session) appendARN(b []byte) []byte {
	b = append(append(append(b, "arn:aws:sts::"...), s.account.id...), ":assumed-role/"...)
	return append(append(append(b, s.role...), '/'), s.name...)
}

// term returns which term of credentials the session is in and when that began.
func (s *session) term(seed uint64, when int64) (number uint64, began int64) {
	length := s.hours * 3600
	shift := int64(s.hash(seed) % uint64(length))
	n := (when + shift) / length
	return uint64(n), n*length - shift
}

// appendKey appends the access key that the session has at a time: the one that an
// AssumeRole of that term has given out.
func (s *session) appendKey(b []byte, seed uint64, when int64) []byte {
	n, _ := s.term(seed, when)
	return appendUpper(append(b, "ASIA"...), hash(s.hash(seed), n), 16)
}

// workload returns one of the sessions that programs of the account work in.
func (g *Generator) workload(a *account) *session {
	role, instance := uint64(g.skewed(24)), uint64(g.skewed(12))
	if a == g.account && !g.percent(12) {
		busy := g.busy[g.skewed(len(g.busy))]
		role, instance = uint64(busy.role), uint64(busy.instance)
	}
	h := hash(g.seed, a.number, role)
	s := &g.session
	*s = session{account: a, path: "/", hours: 1}
	team, env := pick(teams, h), pick(environments, h>>8)
	which := hash(h, instance)
	b := g.name[:0]
	switch role % 4 {
	case 0:
		s.role = g.text(team, "-", env, "-instance")
		s.hours = 6
		b = appendHex(append(b, "i-0"...), which, 16)
	case 1:
		s.role = g.text(team, "-lambda-", env)
		b = append(append(append(append(b, team...), '-'), pick([]string{"ingest", "notify", "export", "webhook"}, which)...), "-prod"...)
	case 2:
		s.role = g.text(team, "-task-", env)
		b = appendHex(b, which, 32)
	default:
		s.role = g.text(team, "-pod-", env)
		b = append(b, "botocore-session-17"...)
		b = strconv.AppendUint(b, 10_000_000+which%80_000_000, 10)
	}
	g.name = b
	s.name = string(b)
	return s
}

// deployment is the session of a pipeline.
func (g *Generator) deployment(a *account) *session {
	s := &g.session
	*s = session{account: a, path: "/ci/", role: "github-deploy", hours: 1}
	if g.percent(30) {
		s.role = "terraform-apply"
	}
	s.name = g.text(pick(teams, uint64(g.skewed(len(teams)))), "-", strconv.Itoa(4000+int(g.when/1800)%900))
	return s
}

// workforce is the session of a person who came through IAM Identity Center.
func (g *Generator) workforce(a *account) *session {
	s := &g.session
	*s = session{account: a, path: "/aws-reserved/sso.amazonaws.com/", hours: 8}
	set := pick([]string{"ReadOnly", "PowerUser", "AdministratorAccess", "ReadOnly"}, uint64(g.skewed(4)))
	s.role = g.text("AWSReservedSSO_", set, "_", string(appendHex(nil, hash(g.seed, a.number, hashText(set)), 16)))
	s.name = g.text(people[g.skewed(len(people))], "@acme.example")
	return s
}
