package sqltest

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// zoneGolden holds what java.time and Trino 435 answer around changes of the clocks, as a table of tabs:
//
//	# EXPRESSION                                  one line for each column but the first two
//	ZONE <tab> SECONDS SINCE 1970 <tab> VALUE …   values as varchar, a zone's own name at their end as @
//
// Of the expressions, x is the instant in the zone, which is the session's too, y one some
// months later, l what the clocks show at x and 45 minutes more, and z the zone's name. The
// instants of each zone are those around some of its transitions as java.time has them, all
// that put the clocks by more than two hours, and some others.
//
// Values are those of java.time where that has a method for it: a clock's time in a zone
// (atZone, atStartOfDay), plus, truncatedTo. The others are Trino's, which computes most by Joda-Time: both agree on them.
const zoneGolden = "testdata/zones.tsv.gz"

// TestZones compares functions and operators of times over many zones and instants: in gaps,
// in overlaps, and across them.
func TestZones(t *testing.T) {
	exprs, zones, rows := readZones(t)
	for _, zone := range zones {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			var seconds []string
			for _, row := range rows[zone] {
				seconds = append(seconds, fmt.Sprintf("(BIGINT '%s', VARCHAR '%s')", row[0], zone))
			}
			var columns strings.Builder
			for _, e := range exprs {
				fmt.Fprintf(&columns, ", CAST(%s AS varchar)", e)
			}
			text := "SELECT n" + columns.String() + ` FROM (
				SELECT n, x, z, l, from_unixtime(n + 7000000, z) AS y FROM (
					SELECT n, z, from_unixtime(n, z) AS x, CAST(from_unixtime(n, z) AS timestamp) + INTERVAL '45' MINUTE AS l
					FROM (VALUES ` + strings.Join(seconds, ", ") + `) AS instants (n, z)))`
			session, err := types.ZoneOf(zone)
			if err != nil {
				t.Fatal(err)
			}
			location := time.FixedZone(zone, session.Offset(0))
			if strings.Contains(zone, "/") {
				if location, err = types.LoadLocation(zone); err != nil {
					t.Fatal(err)
				}
			}
			r, err := engine.New(noTables{}, func() time.Time { return Now }).Run(t.Context(),
				engine.Query{Text: text, Options: engine.Options{Threads: 1, Zone: location}})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			for at := 0; ; {
				b, err := r.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				for row := range b.N {
					for i, want := range rows[zone][at][1:] {
						got := Quoted(string(vector.AppendText(nil, b.Columns[i+1], row)), b.Columns[i+1].Nulls().Has(row))
						if prefix, own := strings.CutSuffix(want, "@"); own {
							want = prefix + zone
						}
						if got != want {
							t.Errorf("%s, x = from_unixtime(%s, '%s')\n got %s\nwant %s", exprs[i], rows[zone][at][0], zone, got, want)
						}
					}
					at++
				}
			}
		})
	}
}

func readZones(t *testing.T) (exprs, zones []string, rows map[string][][]string) {
	t.Helper()
	f, err := os.Open(zoneGolden)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	rows = map[string][][]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if expr, ok := strings.CutPrefix(line, "# "); ok {
			exprs = append(exprs, expr)
			continue
		}
		zone, rest, _ := strings.Cut(line, "\t")
		if rows[zone] == nil {
			zones = append(zones, zone)
		}
		rows[zone] = append(rows[zone], strings.Split(rest, "\t"))
	}
	return exprs, zones, rows
}
