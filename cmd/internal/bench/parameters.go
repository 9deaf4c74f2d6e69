package main

import (
	"context"
	"fmt"
	"strings"
)

// parameters are the values that the statements ask for, chosen from the data by
// statements of one row and one column.
var parameters = []struct{ name, query string }{
	// A day in the midst of all.
	{"day", `SELECT CAST(date_add('day', date_diff('day', min(eventtime), max(eventtime)) / 2, date_trunc('day', min(eventtime))) AS date) FROM trail`},
	// The day after the first 20 of 30.
	{"split", `SELECT CAST(date_add('day', date_diff('day', min(eventtime), max(eventtime)) * 2 / 3 + 1, date_trunc('day', min(eventtime))) AS date) FROM trail`},
	// Some event.
	{"eventid", `SELECT min(eventid) FROM trail`},
	// A key with a few thousand events in a million.
	{"accesskey", `SELECT useridentity.accesskeyid FROM trail WHERE useridentity.accesskeyid IS NOT NULL
GROUP BY 1 ORDER BY count(*) DESC, 1 OFFSET 10 LIMIT 1`},
}

// fill returns the suite with its parameters.
func (l *lake) fill(ctx context.Context, suite []statement) ([]statement, error) {
	var pairs []string
	for _, p := range parameters {
		_, a, err := l.run(ctx, p.query, true)
		if err != nil {
			return nil, fmt.Errorf("choose %s: %w", p.name, err)
		}
		if len(a.Rows) != 1 || len(a.Rows[0]) != 1 || a.Rows[0][0] == nil {
			return nil, fmt.Errorf("choose %s: the data have none", p.name)
		}
		pairs = append(pairs, "{{"+p.name+"}}", *a.Rows[0][0])
	}
	r := strings.NewReplacer(pairs...)
	out := make([]statement, len(suite))
	for i, s := range suite {
		out[i] = s.replaced(r)
	}
	return out, nil
}
