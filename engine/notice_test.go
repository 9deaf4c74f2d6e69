package engine

import (
	"context"
	"testing"
	"time"

	"github.com/ctlake/ctlake/engine/exec"
	"github.com/ctlake/ctlake/sql/analyzer"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/types"
)

// events is a table of so many events, none of which can be read: only what is known without reading counts here.
type events struct{ rows int64 }

func (e events) Snapshot(context.Context, string) (analyzer.Catalog, error) { return e, nil }
func (e events) TableNames() []string                                       { return []string{"trail"} }
func (e events) Table(name analyzer.TableName) (plan.Table, error)          { return e, nil }

func (events) Name() string { return "trail" }
func (events) TableColumns() []plan.TableColumn {
	return []plan.TableColumn{
		{Name: "eventtime", Type: types.TimestampOf(3)}, {Name: "eventname", Type: types.TVarchar},
		{Name: "calendarday", Type: types.TBigint, Hidden: true},
	}
}
func (e events) Units() []exec.Unit                                  { return []exec.Unit{e} }
func (events) Bound() (b exec.Bound, ok bool)                        { return b, false }
func (e events) Rows() int64                                         { return e.rows }
func (events) Statistics(exec.Column) (s domain.Statistics, ok bool) { return s, false }
func (events) Splits(context.Context) ([]exec.Split, error)          { return nil, nil }

func TestNoticeOfTheTimeRange(t *testing.T) {
	const notice = "there is no time range for trail: up to 5000000 events are read; a condition such as eventTime >= '2024-05-01' reads less"
	now := func() time.Time { return time.Date(2024, 5, 8, 12, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		text string
		rows int64
		want string
	}{
		{"SELECT eventName FROM trail WHERE eventName = 'CreateUser'", 5_000_000, notice},
		{"SELECT eventName FROM trail WHERE eventName = 'CreateUser'", 4_999_999, ""},
		{"SELECT a.eventName FROM trail a JOIN trail b ON a.eventName = b.eventName", 5_000_000, notice}, // once
		{"SELECT eventName FROM trail ORDER BY eventTime LIMIT 10", 5_000_000, notice},
		{"SELECT eventName FROM trail WHERE eventTime IS NOT NULL", 5_000_000, notice},
		{"SELECT eventName FROM trail WHERE eventTime > '2024-05-01'", 5_000_000, ""},
		{"SELECT eventName FROM trail WHERE eventTime < now() - interval '7' day", 5_000_000, ""},
		{"SELECT eventName FROM trail WHERE calendarday = 20240501", 5_000_000, ""},
		{"SELECT eventName FROM trail LIMIT 10", 5_000_000, ""},
		{"SELECT count(*) FROM trail", 5_000_000, ""},
		{"SELECT 1", 5_000_000, ""},
	} {
		r, err := New(events{c.rows}, now).Run(context.Background(), Query{Text: c.text})
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		got := ""
		for _, w := range r.Warnings() {
			got += w.Msg
		}
		if got != c.want {
			t.Errorf("%s: notice %q, want %q", c.text, got, c.want)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWarningsHaveTheirPlaces(t *testing.T) {
	r, err := New(events{1}, nil).Run(context.Background(), Query{Text: "SELECT eventName FROM trail WHERE eventName = NULL"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if w := r.Warnings(); len(w) != 1 || w[0].Pos.String() != "1:45" || w[0].Msg != "a comparison with NULL is never true: use IS NULL or IS NOT NULL" {
		t.Errorf("got %+v", w)
	}
}
