package question

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

// Kind is what a subject's text names.
type Kind string

// The kinds.
const (
	KindAddress   Kind = "address"    // an IP address
	KindNetwork   Kind = "network"    // addresses, as CIDR
	KindAccessKey Kind = "access key" // AKIA… or ASIA…
	KindARN       Kind = "ARN"        // of a user, a role or a role's session
	KindAccount   Kind = "account"    // twelve digits
	KindPrincipal Kind = "principal"  // a user's, role's, session's or service's name, or a principal ID
)

// Subject is somebody who calls: a principal, a key, an address.
type Subject struct {
	Kind Kind
	Text string
}

var (
	accessKey = regexp.MustCompile(`^(AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,124}$`)
	account   = regexp.MustCompile(`^[0-9]{12}$`)
)

// ParseSubject tells by its form what a text names.
func ParseSubject(s string) (Subject, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return Subject{}, fmt.Errorf("who? Give the name of a principal, an ARN, an access key ID, an address or a network")
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return Subject{KindAddress, s}, nil
	}
	if _, err := netip.ParsePrefix(s); err == nil {
		return Subject{KindNetwork, s}, nil
	}
	switch {
	case strings.HasPrefix(s, "arn:"):
		return Subject{KindARN, s}, nil
	case accessKey.MatchString(s):
		return Subject{KindAccessKey, s}, nil
	case account.MatchString(s):
		return Subject{KindAccount, s}, nil
	}
	return Subject{KindPrincipal, s}, nil
}

// condition returns the condition that the subject made the call.
func (s Subject) condition() string {
	v := text(s.Text)
	switch s.Kind {
	case KindAddress:
		return "sourceIPAddress = " + v
	case KindNetwork:
		// Services call from names, which are no addresses.
		return "contains(" + v + ", TRY_CAST(sourceIPAddress AS ipaddress))"
	case KindAccessKey:
		return "userIdentity.accessKeyId = " + v
	case KindAccount:
		return "userIdentity.accountId = " + v
	case KindARN:
		return "(userIdentity.arn = " + v + " OR userIdentity.sessionContext.sessionIssuer.arn = " + v + ")"
	}
	return "(userIdentity.userName = " + v + " OR userIdentity.sessionContext.sessionIssuer.userName = " + v + "\n" +
		"       OR userIdentity.principalId = " + v + " OR element_at(split(userIdentity.principalId, ':'), 2) = " + v + "\n" +
		"       OR userIdentity.sessionContext.sourceIdentity = " + v + " OR userIdentity.invokedBy = " + v + "\n" +
		"       OR userIdentity.onBehalfOf.userId = " + v + ")"
}
