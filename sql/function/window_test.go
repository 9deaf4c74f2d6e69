package function

import (
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/vector"
)

// TestWindowFunctions runs over one partition of five rows, ordered by 1 2 2 3 4; the
// frame is the row itself, the one before and the one after.
func TestWindowFunctions(t *testing.T) {
	p := Partition{Ctx: testContext, N: 5,
		PeerStart: []int32{0, 1, 1, 3, 4}, PeerEnd: []int32{1, 3, 3, 4, 5},
		FrameStart: []int32{0, 0, 1, 2, 3}, FrameEnd: []int32{2, 3, 4, 5, 5}}
	x := "bigint: - 10 - 20 30"
	for _, c := range []struct {
		call, args  string
		ignoreNulls bool
		want        string
	}{
		{"row_number", "", false, "1 2 3 4 5"},
		{"rank", "", false, "1 2 2 4 5"},
		{"dense_rank", "", false, "1 2 2 3 4"},
		{"percent_rank", "", false, "0.0 0.25 0.25 0.75 1.0"},
		{"cume_dist", "", false, "0.2 0.6 0.6 0.8 1.0"},
		{"ntile", "bigint: 2 2 2 2 2", false, "1 1 1 2 2"},
		{"ntile", "bigint: 0 0 0 0 0", false, "Buckets must be greater than 0"},
		{"lag", x, false, "null null 10 null 20"},
		{"lag", x, true, "null null 10 10 20"},
		{"lead", x, false, "10 null 20 30 null"},
		{"lead", x, true, "10 20 20 30 null"},
		{"lead", x + "; bigint: 2 2 2 2 2; bigint: 7 7 7 7 7", false, "null 20 30 7 7"},
		{"lead", x + "; bigint: -1 -1 -1 -1 -1", false, "Offset must be at least 0"},
		{"first_value", x, false, "null null 10 null 20"},
		{"first_value", x, true, "10 10 10 20 20"},
		{"last_value", x, true, "10 10 20 30 30"},
		{"nth_value", x + "; bigint: 2 2 2 2 2", false, "10 10 null 20 30"},
		{"nth_value", x + "; bigint: 2 2 2 2 2", true, "null null 20 30 30"},
	} {
		p := p
		p.IgnoreNulls = c.ignoreNulls
		var signature []Arg
		for part := range strings.SplitSeq(c.args, ";") {
			if typ, texts, ok := strings.Cut(part, ":"); ok {
				v := column(t, strings.TrimSpace(typ), texts)
				p.Args, signature = append(p.Args, v), append(signature, Arg{Type: v.Type()})
			}
		}
		fn, err := ResolveWindow(c.call, signature)
		if err != nil {
			t.Fatal(err)
		}
		kernel, err := fn.Overload.New(Binding{Ctx: testContext, Params: fn.Params, Result: fn.Result})
		if err != nil {
			t.Fatal(err)
		}
		v, err := kernel(&p)
		var got string
		if err != nil {
			got = err.Error()
		} else {
			rows := make([]string, v.Len())
			for i := range rows {
				rows[i] = string(vector.AppendText(nil, v, i))
			}
			got = strings.Join(rows, " ")
		}
		if got != c.want {
			t.Errorf("%s(%s) ignoring NULLs %v is %s, want %s", c.call, c.args, c.ignoreNulls, got, c.want)
		}
	}
}
