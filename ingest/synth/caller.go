package synth

import (
	"strconv"
	"time"
)

// caller is who makes the event at hand, and from where.
type caller struct {
	identity []byte // JSON of userIdentity
	arn      []byte // as errors name it; empty if it has none
	ip       []byte
	agent    []byte
	console  bool // with credentials of a console session
	direct   bool // over TLS of its own, not from inside of AWS
	endpoint bool // through an endpoint of a VPC
	shared   bool // the event goes to several accounts
}

// callerKinds makes the callers, by the letter that stands for their kind.
var callerKinds [256]func(g *Generator, c *caller)

func init() {
	callerKinds = [256]func(g *Generator, c *caller){
		'w': (*Generator).workloadCaller,   // role of a program
		'c': (*Generator).pipelineCaller,   // role of a pipeline: Terraform, GitHub
		'l': (*Generator).linkedCaller,     // service-linked role
		's': (*Generator).serviceCaller,    // AWS service in its own name
		'h': (*Generator).humanCaller,      // person: Identity Center, IAM user, federated
		'H': (*Generator).workforceSignIn,  // Identity Center session that signs in
		'L': (*Generator).userSignIn,       // IAM user in the console
		'u': (*Generator).automationCaller, // IAM user of a program
		'x': (*Generator).outsideCaller,    // role of another account
		'X': (*Generator).endpointCaller,   // behind an endpoint of a VPC
		'a': (*Generator).anonymousCaller,  // nobody
		'i': (*Generator).centerCaller,     // Identity Center user
		'k': (*Generator).unknownCaller,    // sign-in of Identity Center, type Unknown
		'R': (*Generator).rootCaller,
		'W': (*Generator).webCaller,  // WebIdentityUser
		'S': (*Generator).samlCaller, // SAMLUser
		'n': (*Generator).internalCaller,
	}
}

// draw fills g.caller with one of a kind.
func (g *Generator) drawCaller(kind byte) {
	c := &g.caller
	*c = caller{identity: c.identity[:0], arn: c.arn[:0], ip: c.ip[:0], agent: c.agent[:0], direct: true}
	if kind == 'h' && !g.daytime && g.percent(70) {
		kind = 'w'
	}
	callerKinds[kind](g, c)
}

// appendSession appends the userIdentity of a session, up to what follows "attributes".
func (g *Generator) appendSession(b []byte, s *session, federation string, mfa bool) []byte {
	b = append(b, `{"type":"AssumedRole","principalId":"`...)
	b = append(append(append(s.appendRoleID(b, g.seed), ':'), s.name...), `","arn":"`...)
	b = append(append(append(s.appendARN(b), `","accountId":"`...), s.account.id...), `","accessKeyId":"`...)
	b = s.appendKey(b, g.seed, g.when)
	b = append(b, `","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"`...)
	b = append(s.appendRoleID(b, g.seed), `","arn":"`...)
	b = append(append(append(s.appendRoleARN(b), `","accountId":"`...), s.account.id...), `","userName":"`...)
	b = append(append(append(b, s.role...), `"},"webIdFederationData":{`...), federation...)
	_, began := s.term(g.seed, g.when)
	b = appendISO(append(b, `},"attributes":{"creationDate":"`...), began)
	return append(strconv.AppendBool(append(b, `","mfaAuthenticated":"`...), mfa), `"}`...)
}

func (g *Generator) workloadCaller(c *caller) {
	s := g.workload(g.account)
	federation := ""
	pod := len(s.name) > 8 && s.name[:8] == "botocore"
	if pod {
		federation = g.text(`"federatedProvider":"arn:aws:iam::`, g.account.id, `:oidc-provider/oidc.eks.`, g.region,
			`.amazonaws.com/id/`, string(appendUpper(nil, hash(g.seed, g.account.number, g.regionHash), 32)), `","attributes":{}`)
	}
	c.identity = g.appendSession(c.identity, s, federation, false)
	instance := s.name[:2] == "i-"
	switch {
	case instance && g.percent(60):
		c.identity = append(c.identity, `,"ec2RoleDelivery":"2.0"`...)
	case instance:
		c.identity = append(c.identity, `,"ec2RoleDelivery":"1.0"`...)
	}
	c.identity = append(c.identity, `}}`...)
	c.arn = s.appendARN(c.arn)
	h := s.hash(g.seed)
	c.endpoint = h%10 < 4
	if c.endpoint {
		c.ip = appendPrivateIP(g, c.ip)
	} else {
		c.ip = appendQuad(c.ip, "52.", h&63, h>>6&255, 1+h>>14%254)
	}
	c.agent = appendAgent(c.agent, programAgents, h>>20)
}

func (g *Generator) pipelineCaller(c *caller) {
	s := g.deployment(g.account)
	federation := g.text(`"federatedProvider":"arn:aws:iam::`, g.account.id, `:oidc-provider/token.actions.githubusercontent.com","attributes":{}`)
	terraform := s.role == "terraform-apply"
	if terraform {
		federation = ""
	}
	c.identity = g.appendSession(c.identity, s, federation, false)
	if terraform {
		c.identity = append(append(append(c.identity, `,"sourceIdentity":"`...), people[s.hash(g.seed)%uint64(len(people))]...), '"')
	}
	c.identity = append(c.identity, `}}`...)
	c.arn = s.appendARN(c.arn)
	h := s.hash(g.seed)
	c.ip = appendQuad(c.ip, "192.", 0, 2, 128+h%120)
	c.agent = appendAgent(c.agent, pipelineAgents, h>>8)
}

func (g *Generator) linkedCaller(c *caller) {
	l := &linked[g.skewed(len(linked))]
	s := &g.session
	*s = session{account: g.account, role: l.role, path: g.text("/aws-service-role/", l.host, "/"), name: l.session, hours: 1}
	c.identity = g.appendSession(c.identity, s, "", false)
	c.identity = append(append(append(c.identity, `},"invokedBy":"`...), l.host...), `"}`...)
	c.arn = s.appendARN(c.arn)
	c.ip, c.agent = append(c.ip, l.host...), append(c.agent, l.host...)
	c.direct = false
}

func (g *Generator) serviceCaller(c *caller) {
	host := hosts[g.skewed(len(hosts))]
	c.identity = append(append(append(c.identity, `{"type":"AWSService","invokedBy":"`...), host...), `"}`...)
	c.arn = append(c.arn, host...)
	c.ip, c.agent = append(c.ip, host...), append(c.agent, host...)
	c.direct = false
	c.shared = g.percent(80)
}

func (g *Generator) humanCaller(c *caller) {
	switch n := g.below(100); {
	case n < 62:
		g.workforceCaller(c)
	case n < 96:
		g.userCaller(c)
	case n < 99:
		g.federatedCaller(c)
	default:
		g.rootCaller(c)
	}
}

func (g *Generator) workforceCaller(c *caller) {
	s := g.workforce(g.account)
	c.identity = append(g.appendSession(c.identity, s, "", false), `}}`...)
	c.arn = s.appendARN(c.arn)
	c.console = g.percent(75)
	g.appendDesk(c, s.name)
}

func (g *Generator) workforceSignIn(c *caller) {
	g.workforceCaller(c)
	c.agent, c.console = appendAgent(c.agent[:0], browserAgents, hashText(g.session.name)), false
}

// userCaller is one of the people who still have an IAM user.
func (g *Generator) userCaller(c *caller) {
	name := people[g.skewed(7)]
	c.console = g.percent(50)
	c.identity = g.appendUser(c.identity, name)
	if c.console {
		began := g.when - g.when%14400
		c.identity = appendUpper(append(c.identity, `,"accessKeyId":"ASIA`...), hash(g.seed, g.account.number, hashText(name), uint64(began)), 16)
		c.identity = append(append(append(c.identity, `","userName":"`...), name...), `","sessionContext":{"sessionIssuer":{},"webIdFederationData":{},"attributes":{"creationDate":"`...)
		c.identity = append(appendISO(c.identity, began), `","mfaAuthenticated":"true"}}}`...)
	} else {
		c.identity = g.appendLongTermKey(c.identity, name)
	}
	c.arn = g.appendUserARN(c.arn, name)
	g.appendDesk(c, name)
}

func (g *Generator) userSignIn(c *caller) {
	name := people[g.skewed(7)]
	c.identity = append(append(append(g.appendUser(c.identity, name), `,"userName":"`...), name...), `"}`...)
	c.arn = g.appendUserARN(c.arn, name)
	g.appendDesk(c, name)
	c.agent = appendAgent(c.agent[:0], browserAgents, hashText(name))
}

func (g *Generator) automationCaller(c *caller) {
	name := automations[g.skewed(len(automations))]
	c.identity = g.appendLongTermKey(g.appendUser(c.identity, name), name)
	c.arn = g.appendUserARN(c.arn, name)
	h := hashText(name)
	c.ip = appendQuad(c.ip, "198.", 51, 100, 200+h%8)
	c.agent = appendAgent(c.agent, programAgents, h>>8)
}

func (g *Generator) appendUserARN(b []byte, name string) []byte {
	return append(append(append(append(b, "arn:aws:iam::"...), g.account.id...), ":user/"...), name...)
}

// appendUser appends the userIdentity of an IAM user up to the account.
func (g *Generator) appendUser(b []byte, name string) []byte {
	b = append(b, `{"type":"IAMUser","principalId":"AIDA`...)
	b = append(appendUpper(b, hash(g.seed, g.account.number, hashText(name)), 17), `","arn":"`...)
	b = append(append(g.appendUserARN(b, name), `","accountId":"`...), g.account.id...)
	return append(b, '"')
}

func (g *Generator) appendLongTermKey(b []byte, name string) []byte {
	b = appendUpper(append(b, `,"accessKeyId":"AKIA`...), hash(g.seed, g.account.number, hashText(name), 1), 16)
	return append(append(append(b, `","userName":"`...), name...), `"}`...)
}

func (g *Generator) federatedCaller(c *caller) {
	name := people[g.skewed(len(people))]
	c.arn = append(append(append(append(c.arn, "arn:aws:sts::"...), g.account.id...), ":federated-user/"...), name...)
	user := automations[2]
	id := hash(g.seed, g.account.number, hashText(user))
	began := g.when - g.when%3600
	b := append(append(append(c.identity, `{"type":"FederatedUser","principalId":"`...), g.account.id...), ':')
	b = append(append(append(append(b, name...), `","arn":"`...), c.arn...), `","accountId":"`...)
	b = append(append(b, g.account.id...), `","accessKeyId":"ASIA`...)
	b = appendUpper(b, hash(id, hashText(name), uint64(began)), 16)
	b = append(b, `","sessionContext":{"sessionIssuer":{"type":"IAMUser","principalId":"AIDA`...)
	b = append(appendUpper(b, id, 17), `","arn":"`...)
	b = append(append(append(g.appendUserARN(b, user), `","accountId":"`...), g.account.id...), `","userName":"`...)
	b = append(append(b, user...), `"},"attributes":{"creationDate":"`...)
	c.identity = append(appendISO(b, began), `","mfaAuthenticated":"false"}}}`...)
	g.appendDesk(c, name)
}

func (g *Generator) rootCaller(c *caller) {
	id := g.account.id
	c.arn = append(append(append(c.arn, "arn:aws:iam::"...), id...), ":root"...)
	b := append(append(append(c.identity, `{"type":"Root","principalId":"`...), id...), `","arn":"`...)
	b = append(append(append(append(b, c.arn...), `","accountId":"`...), id...), `","accessKeyId":""}`...)
	c.identity = b
	g.appendDesk(c, people[0])
	c.agent = appendAgent(c.agent[:0], browserAgents, hashText(people[0]))
	c.console = false
}

func (g *Generator) outsideCaller(c *caller) {
	s := g.workload(g.otherAccount())
	b := append(c.identity, `{"type":"AWSAccount","principalId":"`...)
	b = append(append(append(s.appendRoleID(b, g.seed), ':'), s.name...), `","accountId":"`...)
	c.identity = append(append(b, s.account.id...), `"}`...)
	c.arn = s.appendARN(c.arn)
	h := s.hash(g.seed)
	c.ip = appendQuad(c.ip, "54.", h&63, h>>6&255, 1+h>>14%254)
	c.agent = appendAgent(c.agent, programAgents, h>>20)
	c.shared = true
}

func (g *Generator) endpointCaller(c *caller) {
	if g.percent(35) {
		g.outsideCaller(c)
	} else {
		g.workloadCaller(c)
	}
	c.ip = appendPrivateIP(g, c.ip[:0])
	c.endpoint, c.shared = true, false
}

func (g *Generator) anonymousCaller(c *caller) {
	c.identity = append(c.identity, `{"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"}`...)
	h := hash(g.seed, uint64(g.skewed(4000)))
	if h&3 == 0 {
		c.ip = appendHex(append(c.ip, "2001:db8:"...), h|1<<14, 4)
		c.ip = append(appendHex(append(c.ip, "::"...), h>>20|1, 1), ":1"...)
	} else {
		c.ip = appendQuad(c.ip, "192.", 0, 2, 1+h>>8%120)
	}
	c.agent = appendAgent(c.agent, browserAgents, h>>16)
}

func (g *Generator) centerCaller(c *caller) {
	name := people[g.skewed(len(people))]
	h := hashText(name)
	b := append(append(append(c.identity, `{"type":"IdentityCenterUser","accountId":"`...), g.account.id...), `","onBehalfOf":{"userId":"`...)
	b = append(appendUUID(b, h, mix(h)), `","identityStoreArn":"arn:aws:identitystore::`...)
	b = append(append(b, ProductionAccount...), `:identitystore/d-9067f2a1c4"},"credentialId":"`...)
	c.identity = append(appendUUID(b, hash(h, uint64(g.when/28800)), mix(h)), `"}`...)
	g.appendDesk(c, name)
	c.agent = appendAgent(c.agent[:0], browserAgents, h)
	c.console = false
}

func (g *Generator) unknownCaller(c *caller) {
	name := people[g.skewed(len(people))]
	h := hashText(name)
	b := appendUUID(append(c.identity, `{"type":"Unknown","principalId":"`...), h, mix(h))
	b = append(append(append(b, `","arn":"","accountId":"`...), g.account.id...), `","accessKeyId":"","userName":"`...)
	c.identity = append(append(b, name...), `@acme.example"}`...)
	g.appendDesk(c, name)
	c.agent = appendAgent(c.agent[:0], browserAgents, h)
	c.console = false
}

func (g *Generator) webCaller(c *caller) {
	repo := g.text("repo:acme/", teams[g.skewed(len(teams))], "-api:ref:refs/heads/main")
	b := append(append(append(c.identity, `{"type":"WebIdentityUser","principalId":"arn:aws:iam::`...), g.account.id...),
		`:oidc-provider/token.actions.githubusercontent.com:sts.amazonaws.com:`...)
	b = append(append(append(append(b, repo...), `","userName":"`...), repo...), `","identityProvider":"arn:aws:iam::`...)
	c.identity = append(append(b, g.account.id...), `:oidc-provider/token.actions.githubusercontent.com"}`...)
	h := uint64(g.below(120))
	c.ip = appendQuad(c.ip, "192.", 0, 2, 128+h)
	c.agent = appendAgent(c.agent, pipelineAgents, h)
}

func (g *Generator) samlCaller(c *caller) {
	name := people[g.skewed(len(people))]
	b := append(append(append(c.identity, `{"type":"SAMLUser","principalId":"acme-idp:`...), name...), `@acme.example","userName":"`...)
	c.identity = append(append(b, name...), `@acme.example","identityProvider":"acme-idp"}`...)
	g.appendDesk(c, name)
	c.console = false
}

func (g *Generator) internalCaller(c *caller) {
	c.identity = append(append(append(c.identity, `{"accountId":"`...), g.account.id...), `","invokedBy":"AWS Internal"}`...)
	c.ip, c.agent = append(c.ip, "AWS Internal"...), append(c.agent, "AWS Internal"...)
	c.direct = false
}

// appendDesk says from where a person works and with what.
func (g *Generator) appendDesk(c *caller, name string) {
	h := hashText(name)
	switch n := g.below(10); {
	case n < 6: // an office
		c.ip = appendQuad(c.ip, "198.", 51, 100, 10+h%3)
	case n < 8: // at home, over IPv6
		c.ip = append(appendHex(append(c.ip, "2001:db8:"...), h|1<<14, 4), "::"...)
		c.ip = appendHex(c.ip, h>>20|1<<12, 4)
	default:
		c.ip = appendQuad(c.ip, "198.", 51, 100, 64+h%60)
	}
	switch {
	case c.console && g.percent(40):
		c.agent = append(c.agent, "AWS Internal"...)
		c.direct = false
	case c.console:
		c.agent = appendAgent(c.agent, browserAgents, h)
	default:
		c.agent = appendAgent(c.agent, terminalAgents, h+uint64(g.skewed(4)))
	}
}

func appendQuad(b []byte, first string, rest ...uint64) []byte {
	b = append(b, first...)
	for i, n := range rest {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendUint(b, n, 10)
	}
	return b
}

// User agents. %a, %b and %c stand for numbers of versions: below 10, 40 and 150.
var (
	programAgents = []string{
		"Boto3/1.34.%c md/Botocore#1.34.%c ua/2.0 os/linux#5.10.2%b-amzn md/arch#x86_64 lang/python#3.11.%a md/pyimpl#CPython exec-env/AWS_ECS_FARGATE cfg/retry-mode#legacy Botocore/1.34.%c",
		"aws-sdk-java/2.25.%b Linux/5.10.2%b-amzn2.x86_64 OpenJDK_64-Bit_Server_VM/17.0.%a+8-LTS Java/17.0.%a vendor/Amazon.com_Inc. io/sync http/Apache cfg/retry-mode/legacy",
		"aws-sdk-go-v2/1.2%a.%a os/linux lang/go#1.22.%a md/GOOS#linux md/GOARCH#amd64 exec-env/AWS_Lambda_go1.x",
		"aws-sdk-js/3.5%b.0 ua/2.1 os/linux#5.10 lang/js md/nodejs#20.%a.0 exec-env/AWS_Lambda_nodejs20.x m/E",
		"aws-sdk-go/1.50.%b (go1.21.%a; linux; amd64) amazon-ssm-agent/3.3.%c.0",
		"Boto3/1.26.%c Python/3.8.1%a Linux/4.14.3%b-amzn exec-env/AWS_Lambda_python3.8 Botocore/1.29.%c",
		"aws-sdk-rust/1.3.%a ua/2.1 os/linux lang/rust#1.8%a.0 md/arch#aarch64",
		"aws-sdk-dotnet-coreclr/3.7.3%b.0 aws-sdk-dotnet-core/3.7.3%b.0 .NET_Core/8.0.%a OS/Linux_5.15 ClientAsync",
		"aws-sdk-ruby3/3.19%a.%a ua/2.0 api/s3#1.14%a.0 os/linux#5.15 md/x86_64 lang/ruby#3.2.%a",
		"aws-sdk-php/3.30%a.%a ua/2.0 OS/Linux#5.15 lang/php#8.2.%a GuzzleHttp/7",
		"fluent-bit/3.%a.%a (AWS ECS)",
		"kube2iam/0.11.%a",
	}
	pipelineAgents = []string{
		"APN/1.0 HashiCorp/1.0 Terraform/1.7.%a (+https://www.terraform.io) terraform-provider-aws/5.%b.0 aws-sdk-go-v2/1.26.%a os/linux lang/go#1.21.%a md/GOOS#linux md/GOARCH#amd64",
		"aws-cli/2.15.%b md/awscrt#0.19.19 ua/2.0 os/linux#6.5.0-10%b-azure md/arch#x86_64 lang/python#3.11.%a md/pyimpl#CPython exec-env/CI cfg/retry-mode#standard md/installer#exe md/prompt#off",
		"aws-sdk-nodejs/2.15%a.0 linux/v20.%a.0 configure-aws-credentials-for-github-actions promise",
		"Pulumi/3.1%b.0 (https://pulumi.com) aws-sdk-go-v2/1.25.%a os/linux lang/go#1.21.%a",
	}
	terminalAgents = []string{
		"aws-cli/2.17.%b md/awscrt#0.20.11 ua/2.0 os/macos#23.%a.0 md/arch#arm64 lang/python#3.11.%a md/pyimpl#CPython cfg/retry-mode#standard md/installer#source md/prompt#off",
		"aws-cli/1.32.%b Python/3.9.%a Linux/5.15.1%b-microsoft-standard-WSL2 botocore/1.34.%b",
		"aws-cli/2.13.%b Python/3.11.%a Windows/10 exe/AMD64 prompt/off",
		"Boto3/1.34.%c md/Botocore#1.34.%c ua/2.0 os/macos#23.%a.0 md/arch#arm64 lang/python#3.12.%a md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.34.%c",
		"steampipe/0.22.%a aws-sdk-go-v2/1.24.%a os/macos lang/go#1.21.%a md/GOOS#darwin md/GOARCH#arm64",
		"k9s/v0.32.%a",
		"CyberDuck/8.7.%a (Mac OS X/14.%a) (aarch64)",
	}
	browserAgents = []string{
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/12%a.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/12%a.0.0.0 Safari/537.36 Edg/12%a.0.0.0",
		"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:12%a.0) Gecko/20100101 Firefox/12%a.0",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.%a Safari/605.1.15",
	}
)

// appendAgent appends the user agent that belongs to h; earlier ones in the list are more common.
func appendAgent(b []byte, list []string, h uint64) []byte {
	h = mix(h)
	text := list[(h&0xffff)*(h>>16&0xffff)>>16*uint64(len(list))>>16]
	last := 0
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '%' {
			continue
		}
		n := uint64(10)
		switch text[i+1] {
		case 'b':
			n = 40
		case 'c':
			n = 150
		}
		b = strconv.AppendUint(append(b, text[last:i]...), h>>32%n, 10)
		last = i + 2
	}
	return append(b, text[last:]...)
}

// appendISO appends a time as records write it: 2006-01-02T15:04:05Z.
func appendISO(b []byte, unix int64) []byte {
	t := time.Unix(unix, 0).UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	b = append(b, byte('0'+year/1000), byte('0'+year/100%10))
	b = append(appendTwo(b, year%100), '-')
	b = append(appendTwo(b, int(month)), '-')
	b = append(appendTwo(b, day), 'T')
	b = append(appendTwo(b, hour), ':')
	b = append(appendTwo(b, minute), ':')
	return append(appendTwo(b, second), 'Z')
}

func appendTwo(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }
