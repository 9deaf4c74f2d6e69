package question

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ctlake/ctlake/sql/parser"
)

var update = flag.Bool("update", false, "rewrite the statements that questions are compared with")

var march = Scope{Table: "trail", From: time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC), Limit: 10}

// TestStatements compares the SQL of each question with testdata/<name>.sql.
func TestStatements(t *testing.T) {
	subject := func(text string) *Subject {
		s, err := ParseSubject(text)
		if err != nil {
			t.Fatal(err)
		}
		return &s
	}
	must := func(text string, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for name, got := range map[string]string{
		"lookup": must(Lookup(march, Attributes{EventName: "ConsoleLogin", EventSource: "signin.amazonaws.com", Username: "lea.dubois",
			AccessKeyID: "AKIAIOSFODNN7EXAMPLE", ResourceType: "AWS::IAM::User", ResourceName: "lea.dubois", ReadOnly: "false"})),
		"lookup_all":         must(Lookup(Scope{Table: `o"dd`}, Attributes{})),
		"timeline_address":   Timeline(march, *subject("203.0.113.66")),
		"timeline_network":   Timeline(march, *subject("2001:db8::/32")),
		"timeline_key":       Timeline(march, *subject("AKIAIOSFODNN7EXAMPLE")),
		"timeline_arn":       Timeline(march, *subject("arn:aws:iam::111122223333:role/ops-deploy")),
		"timeline_account":   Timeline(march, *subject("111122223333")),
		"timeline_principal": Timeline(march, *subject("o'neill")),
		"who_arn":            Who(march, "arn:aws:iam::111122223333:role/ops-deploy", false),
		"who_name":           Who(march, "prod-audit", true),
		"chain_event":        must(Chain(march, "47D86456-e733-43c2-9ec7-5ea1f817adbb")),
		"chain_key":          must(Chain(Scope{Table: "trail"}, "ASIA3LNV6WYCP4TGE7KS")),
		"summary":            Summary(Scope{Table: "trail"}, nil),
		"summary_principal":  Summary(march, subject("svc-legacy-sync")),
		"denied":             Denied(march, nil),
		"event":              Event(march, "47d86456-e733-43c2-9ec7-5ea1f817adbb"),
		"event_quoted":       Event(Scope{Table: `o"dd`}, "it's"),
		"facts":              Facts(march, "47d86456-e733-43c2-9ec7-5ea1f817adbb"),
		"around": must(Around(march, "47d86456-e733-43c2-9ec7-5ea1f817adbb", Known{ARN: "arn:aws:iam::111122223333:user/o'neill", PrincipalID: "AIDA3PXNSDAMJ5OSXVQO3",
			AccessKeyID: "AKIAIOSFODNN7EXAMPLE", Address: "203.0.113.66", Time: "2026-03-04 02:15:00.000"}, 5*time.Minute)),
		"around_principal": must(Around(march, "e1", Known{PrincipalID: "AIDA3PXNSDAMJ5OSXVQO3", Time: "2026-03-04 02:15:00.000"}, 90*time.Second)),
		"denied_key":       Denied(march, subject("AKIAIOSFODNN7EXAMPLE")),
	} {
		if _, err := parser.Parse(got, parser.Options{}); err != nil {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
		file := filepath.Join("testdata", name+".sql")
		if *update {
			if err := os.WriteFile(file, []byte(got+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got+"\n" != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestAroundNeedsAPlaceToStand(t *testing.T) {
	for want, known := range map[string]Known{
		"event e1 has no eventTime":                   {ARN: "arn:aws:iam::111122223333:root"},
		"event e1 names no principal, key or address": {Time: "2026-03-04 02:15:00.000"},
	} {
		if _, err := Around(march, "e1", known, time.Minute); err == nil || err.Error() != want {
			t.Errorf("%v, not %s", err, want)
		}
	}
}

func TestParseSubject(t *testing.T) {
	for text, want := range map[string]Kind{
		"203.0.113.66":         KindAddress,
		"2001:db8::1":          KindAddress,
		"203.0.113.0/24":       KindNetwork,
		"AKIAIOSFODNN7EXAMPLE": KindAccessKey,
		"ASIAIOSFODNN7EXAMPLE": KindAccessKey,
		"AKIA":                 KindPrincipal,
		"arn:aws:iam::111122223333:user/lea.dubois": KindARN,
		"111122223333":                          KindAccount,
		"11112222333":                           KindPrincipal,
		"lea.dubois":                            KindPrincipal,
		"lambda.amazonaws.com":                  KindPrincipal,
		"AROA3PXNSDAMJ5OSXVQO3:svc-legacy-sync": KindPrincipal,
	} {
		if got, err := ParseSubject(" " + text + " "); err != nil || got != (Subject{want, text}) {
			t.Errorf("%s: %v, %v, want %s", text, got, err, want)
		}
	}
	if _, err := ParseSubject(" "); err == nil {
		t.Error("nobody is somebody")
	}
}

func TestReadOnlyIsABoolean(t *testing.T) {
	if _, err := Lookup(march, Attributes{ReadOnly: "yes"}); err == nil {
		t.Error("no error")
	}
}
