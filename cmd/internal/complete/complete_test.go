package complete

import (
	"slices"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
)

// lake is a small Source.
type lake struct{}

func (lake) Stores() []string { return []string{"trail", "my store"} }

func (lake) Columns() []TableColumn {
	issuer := TableColumn{Name: "sessionIssuer", Type: types.RowOf(), Fields: []TableColumn{{Name: "userName", Type: types.TVarchar}, {Name: "arn", Type: types.TVarchar}}}
	return []TableColumn{
		{Name: "eventName", Type: types.TVarchar}, {Name: "eventTime", Type: types.TTimestamp}, {Name: "$path", Type: types.TVarchar},
		{Name: "userIdentity", Type: types.RowOf(), Fields: []TableColumn{{Name: "type", Type: types.TVarchar},
			{Name: "sessionContext", Type: types.RowOf(), Fields: []TableColumn{issuer}}}},
		{Name: "requestParameters", Type: types.TMapOfVarchar},
		{Name: "resources", Type: types.RowOf(), Fields: []TableColumn{{Name: "arn", Type: types.TVarchar}, {Name: "accountId", Type: types.TVarchar}}},
	}
}

func (lake) Keys(store, column string) []string {
	if column != "requestparameters" {
		return nil
	}
	return []string{"bucketName", "key", "it's", store}
}

func (lake) Values(_, path string) []string {
	switch path {
	case "eventname":
		return []string{"GetObject", "CreateUser", "CreateRole"}
	case "useridentity.type":
		return []string{"AssumedRole"}
	}
	return nil
}

// at completes where the bar is.
func at(text string) Completions {
	before, after, _ := strings.Cut(text, "|")
	return At(before+after, len(before), lake{})
}

func names(c Completions) string {
	var out []string
	for _, candidate := range c.Candidates {
		out = append(out, candidate.Text)
	}
	return strings.Join(out, " ")
}

func TestCandidates(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := names(at(text)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	f("|", "DESCRIBE EXPLAIN SELECT SHOW TABLE VALUES WITH")
	f("sel|", "select")
	f("SEL|", "SELECT")
	f("SELECT event|", "eventName eventTime")
	f("SELECT EVENTN|", "eventName")
	f("SELECT date_tr|", "date_trunc")
	f("SELECT eventName, userI|", "userIdentity")
	f("SELECT userIdentity.|", "sessionContext type")
	f("SELECT useridentity.SESS|", "sessionContext")
	f("SELECT userIdentity.sessionContext.sessionIssuer.|", "arn userName")
	f("SELECT resources[1].|", "accountId arn")
	f("SELECT resources[cardinality(resources)].a|", "accountId arn")
	f("SELECT t.userIdentity.ty| FROM trail t", "type")
	f("SELECT t.eventT| FROM trail AS t", "eventTime")
	f("SELECT trail.eventT| FROM trail", "eventTime")
	f("SELECT nothing.| FROM trail", "")
	f("SELECT * FROM |", `"my store" trail`)
	f("SELECT * FROM tr|", "trail")
	f(`SELECT * FROM "my|`, "my store")
	f("SELECT * FROM trail a, |", `"my store" trail`)
	f("SELECT * FROM trail JOIN tr|", "trail")
	f("DESCRIBE tr|", "trail")
	f("WITH hits AS (SELECT 1) SELECT * FROM h|", "hits")
	f("SELECT EXTRACT(year FROM eventT|", "eventTime")
	f("SELECT eventName AS call FROM trail GROUP BY cal|", "call")
	f("SELECT element_at(requestParameters, '|", "bucketName key it''s ")
	f("SELECT element_at(requestParameters, 'b|", "bucketName")
	f("SELECT element_at(t.requestParameters, 'b| FROM trail t", "bucketName")
	f("SELECT element_at(requestParameters, 'tr| FROM trail", "")
	f("SELECT requestParameters['k|", "key")
	f("SELECT element_at(eventName, 'b|", "")
	f("SELECT eventName FROM trail WHERE eventName = '|", "GetObject CreateUser CreateRole")
	f("SELECT eventName FROM trail WHERE eventName = 'create|", "CreateUser CreateRole")
	f("SELECT eventName FROM trail WHERE eventName <> 'G|", "GetObject")
	f("SELECT eventName FROM trail WHERE eventName NOT IN ('GetObject', 'C|", "CreateUser CreateRole")
	f("SELECT eventName FROM trail WHERE userIdentity.type LIKE 'A|", "AssumedRole")
	f("SELECT eventName FROM trail WHERE eventTime > '2|", "")
	f("SELECT 'a literal tha|", "")
	f("SELECT -- a comment ev|", "")
	f("SELECT /* ev|", "")
	f("SELECT eventName -- a comment\n FROM tr|", "trail")
	f("SELECT 1; sh|", "show")
}

func TestSignaturesOfTheFunctionWhoseArgumentsAreDue(t *testing.T) {
	got := at("SELECT element_at(|").Signatures
	if !slices.Contains(got, "element_at(map(K,V), K) → V") {
		t.Error(got)
	}
	if got := at("SELECT (|").Signatures; got != nil {
		t.Error(got)
	}
}

func TestCommon(t *testing.T) {
	f := func(text, typed, want string) {
		t.Helper()
		if got := at(text).Common(typed); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	f("SELECT evt|", "evt", "evt")
	f("SELECT EVEN|", "EVEN", "event")
	f("SELECT event|", "event", "event")
	f("SELECT eventn|", "eventn", "eventName")
	f("SELECT element_at(requestParameters, 'b|", "b", "bucketName')")
	f("SELECT requestParameters['b|", "b", "bucketName']")
	f("WHERE eventName = 'Get|", "Get", "GetObject'")
	f("WHERE eventName = 'c|", "c", "Create")
	f("SELECT nothing_like_it|", "nothing_like_it", "nothing_like_it")
}

func FuzzAt(f *testing.F) {
	f.Add("SELECT element_at(requestParameters, 'b FROM trail t", 40)
	f.Add("SELECT a.b[1].", 14)
	f.Add("FROM (((", 3)
	f.Fuzz(func(t *testing.T, text string, cursor int) {
		c := At(text, cursor, lake{})
		if c.From < 0 || c.From > len(text) {
			t.Errorf("from %d of %d bytes", c.From, len(text))
		}
	})
}

// BenchmarkAt is a keystroke in a statement of a screen.
func BenchmarkAt(b *testing.B) {
	text := strings.Repeat("SELECT eventName, count(*) FROM trail WHERE eventName = 'x' AND eventTime > current_timestamp GROUP BY 1\nUNION ALL\n", 20) + "SELECT date"
	b.ReportAllocs()
	for b.Loop() {
		if len(At(text, len(text), lake{}).Candidates) == 0 {
			b.Fatal("nothing")
		}
	}
}
