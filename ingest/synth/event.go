package synth

import "strings"

// tlsMix is what clients speak, in the order of how common it is; the old ones are rare.
var tlsMix = []struct {
	tlsDetails
	perMille int
}{
	{tlsDetails{"TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519MLKEM768"}, 260},
	{tlsDetails{"TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519"}, 330},
	{tlsDetails{"TLSv1.3", "TLS_AES_128_GCM_SHA256", ""}, 150},
	{tlsDetails{"TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", ""}, 180},
	{tlsDetails{"TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", "secp256r1"}, 60},
	{tlsDetails{"TLSv1.2", "ECDHE-RSA-AES256-SHA384", ""}, 14},
	{tlsDetails{"TLSv1.1", "ECDHE-RSA-AES128-SHA", ""}, 2},
	{tlsDetails{"TLSv1", "ECDHE-RSA-AES128-SHA", ""}, 4},
}

// otherVersions are the event versions that a service writes beside its main one.
var otherVersions = []int{5, 5, 6, 7, 8, 8, 8, 8, 8, 9, 9, 9, 9, 10, 10, 10, 11, 11}

// event adds one event of the population.
func (g *Generator) event(folder string, number uint64) {
	g.reset()
	late := g.when - int64(3600+g.below(5*3600))
	delayed := g.below(2000) == 0 && late >= g.opts.Start.Unix()
	if delayed {
		g.when = late
	}
	calls := &g.catalog.everywhere
	switch {
	case folder != "CloudTrail":
		calls = &g.catalog.network
	case g.region == "us-east-1":
		calls = &g.catalog.main
	}
	c := calls.draw(&g.source)
	g.drawCaller(c.callers[g.below(len(c.callers))])
	g.drawRequestID(c.service.request)

	r := &g.record
	*r = record{
		identity: g.caller.identity, when: g.when, source: c.source, name: c.name, region: g.region,
		ip: g.caller.ip, agent: g.caller.agent, requestID: g.requestID, number: number, readOnly: c.read,
		eventType: c.eventType, apiVersion: c.api, category: c.category, account: g.account.id,
	}
	r.version, _ = minorVersion(c.version)
	if g.below(100) < 12 && c.category != "NetworkActivity" {
		r.version = otherVersions[g.below(len(otherVersions))]
	}
	r.request = g.expand(c.request)
	r.additional, r.details = g.expand(c.additional), g.expand(c.details)
	r.resources = g.expand(c.resources)
	if !g.fail(r, c) {
		r.response = g.expand(c.response)
	}
	if c.brackets && g.caller.direct {
		r.agent = g.keep(append(append(append(g.arena, '['), r.agent...), ']'))
	}
	if g.caller.shared {
		r.sharedID = g.keep(appendUUID(g.arena, g.pcg.Uint64(), g.pcg.Uint64()))
	}
	if g.caller.endpoint && (c.category == "NetworkActivity" || g.percent(75)) {
		r.endpoint = g.keep(simpleVariables["vpce"](g, g.arena))
		r.endpointAccount = g.account.id
	}
	api := c.eventType == "AwsApiCall" || c.eventType == "AwsConsoleSignIn"
	if g.caller.direct && api && !g.percent(4) {
		r.tls, r.host = g.drawTLS(), g.expand(c.host)
	}
	r.console = g.caller.console && c.eventType == "AwsApiCall"
	if r.version >= 11 && g.percent(3) {
		r.context = g.drawContext()
	}
	if r.delayed = delayed; delayed {
		r.version = max(r.version, 8)
	}
	g.add()
}

// reset forgets the event before.
func (g *Generator) reset() {
	for _, i := range g.boundList {
		g.bound[i] = nil
	}
	g.boundList, g.arena, g.hasAssumed = g.boundList[:0], g.arena[:0], false
}

// expand appends a template, with values for its variables, to the arena; nil stays nil.
func (g *Generator) expand(t template) []byte {
	if t == nil {
		return nil
	}
	for _, p := range t {
		if p.text == "" && g.bound[p.variable] == nil {
			g.bound[p.variable] = g.keep(g.catalog.variables[p.variable](g, g.arena))
			g.boundList = append(g.boundList, p.variable)
		}
	}
	b := g.arena
	for _, p := range t {
		if p.text != "" {
			b = append(b, p.text...)
		} else {
			b = append(b, g.bound[p.variable]...)
		}
	}
	return g.keep(b)
}

// keep takes b, which is the arena with something appended, and returns what that is. An arena
// that had to grow leaves earlier pieces where they are.
func (g *Generator) keep(b []byte) []byte {
	from := len(g.arena)
	g.arena = b
	return b[from:len(b):len(b)]
}

func (g *Generator) drawRequestID(form string) {
	b := g.requestID[:0]
	switch form {
	case "none":
	case "upper16":
		b = appendUpper(b, g.pcg.Uint64(), 16)
	case "upper52":
		b = appendUpper(b, g.pcg.Uint64(), 52)
	default:
		b = appendUUID(b, g.pcg.Uint64(), g.pcg.Uint64())
	}
	g.requestID = b
}

// fail lets a few calls fail: with an error of their own, for want of permission, or by throttling.
func (g *Generator) fail(r *record, c *call) bool {
	switch {
	case c.category == "NetworkActivity":
		if g.percent(60) {
			r.errorCode = "VpceAccessDenied"
			r.errorMessage = g.keep(append(g.arena, "The request was denied due to a VPC endpoint policy"...))
			return true
		}
		return false
	case c.eventType == "AwsServiceEvent":
		return false
	case c.eventType == "AwsConsoleSignIn":
		if c.name == "ConsoleLogin" && g.percent(6) {
			r.errorMessage = g.keep(append(g.arena, "Failed authentication"...))
			r.response = g.keep(append(g.arena, `{"ConsoleLogin":"Failure"}`...))
			return true
		}
		return false
	}
	limit := 22 // per mille
	if len(c.failures) > 0 {
		limit = 60
	}
	if g.below(1000) >= limit {
		return false
	}
	switch n := g.below(10); {
	case n < 6 && len(c.failures) > 0:
		f := &c.failures[g.below(len(c.failures))]
		r.errorCode, r.errorMessage = f.code, g.expand(f.message)
	case n < 8:
		r.errorCode, r.errorMessage = c.denied, g.denial(c)
		if g.percent(20) {
			r.request = nil
		}
	default:
		r.errorCode = c.throttled
		text := "Rate exceeded"
		if strings.HasSuffix(c.throttled, "RequestLimitExceeded") {
			text = "Request limit exceeded."
		}
		r.errorMessage = g.keep(append(g.arena, text...))
	}
	return true
}

// denial is the message of a call that policies do not allow.
func (g *Generator) denial(c *call) []byte {
	b := g.arena
	if c.prefix == "ec2" {
		b = append(b, "You are not authorized to perform this operation. "...)
	}
	action := c.name
	if i := strings.Index(action, "20"); i > 0 {
		action = action[:i] // without the date of the API: CreateFunction20150331
	}
	b = append(append(append(b, "User: "...), g.caller.arn...), " is not authorized to perform: "...)
	b = append(append(append(append(b, c.prefix...), ':'), action...), " because "...)
	switch g.below(4) {
	case 0:
		b = append(b, "no resource-based policy allows the "...)
	case 1:
		b = append(b, "no permissions boundary allows the "...)
	default:
		b = append(b, "no identity-based policy allows the "...)
	}
	return g.keep(append(append(append(append(b, c.prefix...), ':'), action...), " action"...))
}

func (g *Generator) drawTLS() *tlsDetails {
	n := g.below(1000)
	for i := range tlsMix {
		if n -= tlsMix[i].perMille; n < 0 {
			return &tlsMix[i].tlsDetails
		}
	}
	return &tlsMix[0].tlsDetails
}

// drawContext is an eventContext: request keys, tags of the principal, and of a resource at times.
func (g *Generator) drawContext() []byte {
	b := append(g.arena, `{"requestContext":{"aws:ViaAWSService":"`...)
	b = append(b, []string{"false", "true"}[g.below(5)/4]...)
	b = append(b, `"},"tagContext":{`...)
	if g.percent(80) {
		b = append(append(append(b, `"principalTags":{"department":"`...), teams[g.skewed(len(teams))]...), `","operator":"`...)
		b = append(append(b, people[g.skewed(len(people))]...), `"}`...)
		if g.percent(50) {
			b = append(append(append(b, `,"resourceTags":[{"arn":"arn:aws:s3:::acme-`...), teams[g.skewed(len(teams))]...), `","tags":{"classification":"`...)
			b = append(append(b, []string{"internal", "public", "confidential"}[g.skewed(3)]...), `"}}]`...)
		}
	}
	return g.keep(append(b, "}}"...))
}

// target is the session that the event at hand gives out credentials for.
func (g *Generator) target() *session {
	if g.hasAssumed {
		return &g.assumed
	}
	g.hasAssumed = true
	if strings.HasPrefix(string(g.caller.identity), `{"type":"WebIdentityUser"`) {
		g.assumed = *g.deployment(g.account)
	} else {
		g.assumed = *g.workload(g.account)
	}
	return &g.assumed
}
